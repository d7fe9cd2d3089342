/** The Maildir processor: on a real file system, read by a real Dovecot, killed in the middle of its work. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type MaildirOptions, maildir } from '../../../src/delivery/processors/maildir.ts'
import { idOf, messageOf } from '../../support/maildir-writer.ts'
import { aDelivery } from '../../support/memory-queue.ts'
import { keptLog } from '../../support/quiet-log.ts'
import { processorContract, source } from './suite.ts'

let folder: string
let directory: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-maildir-'))
  directory = join(folder, 'Maildir')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const trace = 'Return-Path: <alice@example.org>\r\n'
const message = Buffer.from('Subject: Hello\r\n\r\nText\r\n')
const never = (): AbortSignal => new AbortController().signal
const open = (more: Partial<MaildirOptions> = {}) =>
  maildir({ name: 'app', directory, concurrency: 4, host: 'host.example', log: keptLog(), ...more })
const files = (name: 'tmp' | 'new' | 'cur'): string[] => readdirSync(join(directory, name))
const id = aDelivery().idempotencyId

processorContract({
  name: 'maildir',
  async open(peer, timeout) {
    const ids = new Map<string, string>()
    // A disk that hangs can't be had; a folder that is not there stands for all trouble.
    const processor = open(peer === 'accepts' ? { timeout } : { timeout, directory: join(folder, 'none', 'Maildir') })
    let calls = 0
    return {
      processor: {
        ...processor,
        deliver: (delivery, ...rest) => {
          const name = `${delivery.id} ${calls++}`
          ids.set(name, calls.toString(16).padStart(32, '0'))
          return processor.deliver({ ...delivery, idempotencyId: ids.get(name)! }, ...rest)
        },
      },
      taken: () => files('new').length,
      close: async () => {},
    }
  },
})

describe('a file', () => {
  test('has the message with our trace fields, under the name of its id, for its owner alone', async () => {
    expect(await open().deliver(aDelivery({ received: 1_767_323_045_678 }), source(message), never())).toEqual({
      kind: 'delivered',
      detail: 'written',
    })
    expect(files('new')).toEqual([`1767323045.postern-${id}.host.example`])
    expect([files('tmp'), files('cur')]).toEqual([[], []])
    const path = join(directory, 'new', files('new')[0]!)
    expect(readFileSync(path, 'latin1')).toBe(trace + message.toString('latin1'))
    expect([statSync(path).mode & 0o777, statSync(directory).mode & 0o777, statSync(join(directory, 'cur')).mode & 0o777]).toEqual([
      0o600, 0o700, 0o700,
    ])
  })

  test('is not written again by a second attempt, wherever a reader has put it', async () => {
    const again = (attempts: number) => open().deliver(aDelivery({ attempts }), source(message), never())
    await again(0)
    const was = { kind: 'delivered', detail: 'was there already' }
    expect(await again(0)).toEqual(was)
    expect(await again(1)).toEqual(was)
    const [name] = files('new')
    await rename(join(directory, 'new', name!), join(directory, 'cur', `${name}:2,S`))
    expect(await again(1)).toEqual(was)
    expect([files('new').length, files('cur').length, files('tmp').length]).toEqual([0, 1, 0])
    await rm(join(directory, 'cur', `${name}:2,S`))
    expect(await again(2), 'a reader has removed it: at least once').toEqual({ kind: 'delivered', detail: 'written' })
  })

  test('of another machine counts as well', async () => {
    await open({ host: 'a/b:c' }).deliver(aDelivery(), source(message), never())
    expect(files('new')).toEqual([`0.postern-${id}.a\\057b\\072c`])
    expect((await open().deliver(aDelivery({ attempts: 1 }), source(message), never())).detail).toBe('was there already')
  })

  test('that crashes left in tmp goes after 36 hours, and nothing else does', async () => {
    await open().deliver(aDelivery(), source(message), never())
    const hours = (count: number) => new Date(Date.now() - count * 3_600_000)
    for (const [name, age] of [
      ['old', 37],
      ['young', 35],
    ] as const) {
      await writeFile(join(directory, 'tmp', name), 'x')
      await utimes(join(directory, 'tmp', name), hours(age), hours(age))
    }
    await mkdir(join(directory, 'tmp', 'folder'))
    await symlink('/etc/passwd', join(directory, 'tmp', 'link'))
    await open().deliver(aDelivery({ idempotencyId: 'f'.repeat(32) }), source(message), never())
    expect(files('tmp').sort()).toEqual(['folder', 'link', 'young'])
  })
})

describe('trouble is a retry that says what it is', () => {
  const deliver = () => open().deliver(aDelivery(), source(message), never())
  test('the folder that is to hold it is not there', async () => {
    directory = join(folder, 'not', 'there')
    expect(await deliver()).toEqual({
      kind: 'retry',
      detail: 'the Maildir can’t take it: the folder that is to hold it is not there (ENOENT)',
    })
  })
  test('a file stands in its place', async () => {
    await writeFile(directory, '')
    expect(await deliver()).toMatchObject({ kind: 'retry', detail: expect.stringContaining('(ENOTDIR)') })
  })
  test.skipIf(process.getuid?.() === 0)('we may not write there', async () => {
    await mkdir(directory, { mode: 0o500 })
    expect(await deliver()).toMatchObject({ kind: 'retry', detail: expect.stringContaining('(EACCES)') })
    await chmod(directory, 0o700)
  })
  test('the disk is full', async () => {
    const full = source(message)
    const failing = { ...full, raw: () => Promise.reject(Object.assign(new Error('write'), { code: 'ENOSPC' })) }
    const outcome = await open().deliver(aDelivery(), failing, never())
    expect(outcome).toMatchObject({ kind: 'retry', detail: 'the Maildir can’t take it: there is no space left on its disk (ENOSPC)' })
    expect([files('tmp'), files('new')]).toEqual([[], []])
  })
  test('it was broken off before the file was whole', async () => {
    const controller = new AbortController()
    const slow = {
      ...source(message),
      raw: async () =>
        (async function* () {
          yield message
          controller.abort()
          await sleep(50)
          yield message
        })(),
    }
    expect((await open().deliver(aDelivery(), slow, controller.signal)).kind).toBe('retry')
    await sleep(150)
    await expect.poll(() => [files('tmp'), files('new')]).toEqual([[], []])
  })
})

test('200 messages, the writer killed again and again: each is there once and whole', async () => {
  const last = 200
  // Of one writer, so that none gets through with all of them while this process can't kill it.
  const most = 33
  let [done, kills, moved] = [0, 0, 0]
  const seen = new Map<string, number>()
  while (done < last) {
    const [first, attempts] = [String(done + 1), kills === 0 ? '0' : '1']
    const writer = join(import.meta.dirname, '../../support/maildir-writer.ts')
    const child = spawn(process.execPath, [writer, directory, first, String(Math.min(last, done + most)), attempts], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let killed = false
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (killed || text.split('\n').length < 20) return
      killed = true
      setTimeout(() => child.kill('SIGKILL'), Math.random() * 6)
    })
    await new Promise(resolve => child.once('close', resolve))
    const lines = text.split('\n').slice(0, -1)
    expect(lines.every(line => line.endsWith(' delivered'))).toBe(true)
    done += lines.length
    kills++
    // A reader looks at every other file meanwhile.
    for (const name of files('new'))
      if (moved++ % 2 === 0) await rename(join(directory, 'new', name), join(directory, 'cur', `${name}:2,S`))
  }
  for (const place of ['new', 'cur'] as const) {
    for (const name of files(place)) {
      const number = Number.parseInt(name.split('.')[1]!.replace('postern-', ''), 16)
      seen.set(idOf(number), (seen.get(idOf(number)) ?? 0) + 1)
      expect((await readFile(join(directory, place, name))).equals(messageOf(number)), `message ${number}`).toBe(true)
    }
  }
  expect(kills).toBeGreaterThan(5)
  expect(seen.size).toBe(last)
  expect([...seen.values()].every(count => count === 1)).toBe(true)
}, 60_000)
