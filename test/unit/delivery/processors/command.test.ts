// The pure parts of the command processor: the table of exit statuses, what is kept of output and the variables.
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { capture, keptOctets } from '../../../../src/delivery/processors/command/capture.ts'
import { deliveryVariables, usualVariables } from '../../../../src/delivery/processors/command/environment.ts'
import { exitRows, outcomeOfEnd, outcomeOfError } from '../../../../src/delivery/processors/command/exit-status.ts'
import { run } from '../../../../src/delivery/processors/command/run.ts'
import { command } from '../../../../src/delivery/processors/command.ts'
import { aDelivery } from '../../../support/memory-queue.ts'
import { keptLog } from '../../../support/quiet-log.ts'

const page = readFileSync(new URL('../../../../docs/command.md', import.meta.url), 'utf8')
const end = { status: null, signal: null, output: '', errors: '' }

test('the page has the table of exit statuses', () => {
  for (const { status, name, kind, says } of exitRows) expect(page).toContain(`| ${status} | ${name} | ${kind} | ${says} |`)
  expect(page.match(/^\| \d+ \|/gm)).toHaveLength(exitRows.length)
})

test('the page has the variables', () => {
  const names = Object.keys(deliveryVariables(aDelivery()))
  expect([...page.matchAll(/^\| `(POSTERN_[A-Z_]+)` \|/gm)].map(([, name]) => name)).toEqual(names)
})

test('what is not said of the mail itself is never failed', () => {
  const failed = Array.from({ length: 256 }, (_, status) => status).filter(
    status => outcomeOfEnd({ ...end, status, output: 'No.' }).kind === 'failed',
  )
  expect(failed).toEqual([65, 67, 77])
  const delivered = Array.from({ length: 256 }, (_, status) => status).filter(
    status => outcomeOfEnd({ ...end, status }).kind === 'delivered',
  )
  expect(delivered).toEqual([0])
  expect(outcomeOfEnd({ ...end, signal: 'SIGTERM' })).toEqual({ kind: 'retry', detail: 'ended by SIGTERM' })
})

test('the words for the sender are one line of at most 200 characters', () => {
  const refusal = (output: string) => outcomeOfEnd({ ...end, status: 77, output })
  expect(refusal(`a\nb\r\n${'x'.repeat(300)}\n\n`)).toMatchObject({ refusal: 'x'.repeat(200) })
  expect(refusal('No\u2028\u0007 more\n \n')).toMatchObject({ refusal: 'No more' })
  expect(refusal(' \n')).not.toHaveProperty('refusal')
  expect(outcomeOfEnd({ ...end, status: 65, output: 'No.' })).not.toHaveProperty('refusal')
})

test.each([undefined, null, 'text', new Error('odd'), { code: 7 }, { code: 'ENOENT' }])('%o is a retry', error => {
  expect(outcomeOfError(error).kind).toBe('retry')
})

describe('output', () => {
  test.each([0, 1, keptOctets, keptOctets + 1, 2 * keptOctets, 2 * keptOctets + 1, 100_000])('of %i octets', octets => {
    for (const step of [1, 7, 4_096, 5_000, 100_000]) {
      const all = Buffer.from(Array.from({ length: octets }, (_, i) => 97 + (i % 26)))
      const { add, text } = capture()
      for (let from = 0; from < octets; from += step) add(all.subarray(from, from + step))
      const left = octets - 2 * keptOctets
      const expected = `${all.subarray(0, keptOctets)}\n[${left} octets]\n${all.subarray(-keptOctets)}`
      expect(text() === (left > 0 ? expected : all.toString()), `in steps of ${step}`).toBe(true)
    }
  })
})

test('variables have no NUL, and bad times are empty', () => {
  const delivery = aDelivery({ subject: 'a\0b', key: 'x'.repeat(20_000), claims: { expires: Number.NaN }, received: 9e15 })
  const variables = deliveryVariables(delivery)
  expect(variables).toMatchObject({ POSTERN_SUBJECT: 'ab', POSTERN_EXPIRES_CLAIM: '', POSTERN_RECEIVED: '' })
  expect(variables.POSTERN_KEY).toHaveLength(10_000)
  expect(usualVariables({ SECRET: 'x' }, { A: 'b' })).toEqual({ PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/', LANG: 'C.UTF-8', A: 'b' })
})

test.each([
  [{ run: ['true'] }, 'absolute path'],
  [{ run: [] }, 'absolute path'],
  [{ timeout: 0 }, 'time-out'],
  [{ concurrency: 0.5 }, 'concurrency'],
])('options %o are refused', (more, expected) => {
  expect(() => command({ name: 'a', run: ['/bin/true'], timeout: 1, concurrency: 1, log: keptLog(), ...more })).toThrow(expected)
})

test('a program that has ended is not stopped: what it left behind is its own affair', async () => {
  const input = openSync('/dev/null', 'r')
  const program = { path: '/bin/sh', args: ['-c', 'sleep 20 >/dev/null 2>&1 & echo $!'], directory: undefined }
  const one = run({ ...program, environment: { PATH: '/usr/bin:/bin' } }, input)
  closeSync(input)
  const left = Number((await one.end).output)
  one.stop()
  await wait(100)
  const state = readFileSync(`/proc/${left}/stat`, 'utf8').split(' ')[2]
  process.kill(left, 'SIGKILL')
  // Asleep; Z is one that was ended and that nobody has looked after yet.
  expect(state).toBe('S')
})
