/** The reader of bounces in its thread: every message of test/messages/bounces, and messages made to break its budget. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { maxOctets, openBounceReader } from '../../../src/content/bounce-reader.ts'

const folder = path.resolve(import.meta.dirname, '../../messages/bounces')
const names = readdirSync(folder).filter(name => name.endsWith('.eml'))
const message = (name: string): Buffer => readFileSync(path.join(folder, name))
const chunked = async function* (octets: Uint8Array, size = 1000) {
  for (let at = 0; at < octets.length; at += size) yield octets.subarray(at, at + size)
}
const logged: unknown[] = []
const log = { debug() {}, info() {}, error() {}, warn: (fields: object) => void logged.push((fields as { status: unknown }).status) }
const mebi = 1024 * 1024
const reader = openBounceReader({ timeout: 20_000, memory: 128 * mebi, log })
afterAll(() => reader.close())

test('there are messages', () => expect(names.length).toBeGreaterThanOrEqual(20))

test.each(names)('%s', async name => {
  const expected: unknown = JSON.parse(readFileSync(path.join(folder, name.replace(/eml$/, 'json')), 'utf8'))
  expect(await reader.read(chunked(message(name)))).toEqual(expected)
  // Files may be kept with either line end.
  expect(await reader.read(chunked(Buffer.from(message(name).toString('latin1').replaceAll('\r\n', '\n'), 'latin1'), 7))).toEqual(expected)
})

test('many at a time, each its own answer, and the octets given stay the giver’s', async () => {
  const octets = message('postfix.eml')
  const before = Buffer.from(octets)
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, i) => reader.read(chunked(i % 2 === 0 ? octets : message('none-plain-mail.eml')))),
  )
  expect(all.map(found => found !== null)).toEqual(all.map((_, i) => i % 2 === 0))
  expect(octets.equals(before)).toBe(true)
})

test('at most 1 MiB of a message is read', async () => {
  let given = 0
  const endless = async function* () {
    yield message('qmail.eml')
    for (;;) {
      given += 65_536
      yield Buffer.alloc(65_536, 'x\r\n')
    }
  }
  expect((await reader.read(endless()))?.recipients).toHaveLength(2)
  expect(given).toBeLessThanOrEqual(maxOctets)
})

test('a report that is cut off at 1 MiB is still one', async () => {
  const report = message('postfix.eml').toString('latin1').replace('The text.', 'x'.repeat(998).concat('\r\n').repeat(1100))
  expect(report.length).toBeGreaterThan(maxOctets)
  expect((await reader.read(chunked(Buffer.from(report, 'latin1'), 65_536)))?.originalMessageId).toBe('<ticket-1@in.example.com>')
})

test('what the spool throws comes through', async () => {
  const broken = async function* () {
    yield Buffer.from('A: 1\r\n')
    throw new Error('gone')
  }
  await expect(reader.read(broken())).rejects.toThrow('gone')
})

describe('the budget', () => {
  test('of time: no bounce, and a line in the log', async () => {
    const hasty = openBounceReader({ timeout: 1, memory: 128 * mebi, log })
    logged.length = 0
    expect(await hasty.read(chunked(message('postfix.eml')))).toBeNull()
    expect(logged).toEqual(['over-time'])
    await hasty.close()
  })

  test('of memory: no bounce, and the next is read', async () => {
    const poor = openBounceReader({ timeout: 20_000, memory: 24 * mebi, log })
    logged.length = 0
    expect(await poor.read(chunked(message('postfix.eml')))).not.toBeNull()
    const greedy = Buffer.from(`From: x@y.example\r\nTo: ${'a@b.example, '.repeat(38_000)}\r\n\r\nx`)
    expect(await poor.read(chunked(greedy, 65_536))).toBeNull()
    expect(logged).toEqual(['over-memory'])
    expect(await poor.read(chunked(message('postfix.eml')))).not.toBeNull()
    await poor.close()
  })

  test.each([
    ['200 parts', 200, false],
    ['over 200 parts', 250, true],
  ])('of parts: %s', async (_, count, refused) => {
    logged.length = 0
    const parts = '--b0ce\r\nContent-Type: text/plain\r\n\r\nx\r\n'.repeat(count - 5)
    const report = message('postfix.eml').toString('latin1').replace('--b0ce--', `${parts}--b0ce--`)
    expect((await reader.read(chunked(Buffer.from(report, 'latin1')))) === null).toBe(refused)
    expect(logged).toEqual(refused ? ['unreadable'] : [])
  })
})

test('once it is closed nothing is taken for no bounce', async () => {
  const closing = openBounceReader({ timeout: 5_000, memory: 64 * mebi, log })
  logged.length = 0
  const waiting = [closing.read(chunked(message('postfix.eml'))), closing.read(chunked(message('qmail.eml')))].map(read =>
    read.then(
      () => 'read',
      () => 'rejected',
    ),
  )
  // The first is with the thread by now, which has yet to start; its answer can't be heard before the loop turns again.
  await new Promise(resolve => setImmediate(resolve))
  await closing.close()
  expect(await Promise.all(waiting)).toEqual(['rejected', 'rejected'])
  await expect(closing.read(chunked(message('postfix.eml')))).rejects.toThrow('closed')
  expect(logged).toEqual([])
})
