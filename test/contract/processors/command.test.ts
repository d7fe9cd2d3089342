/** The command processor with real programs: sh, and a script of Node. What they get, what their end means, and that none hangs us. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type CommandOptions, command } from '../../../src/delivery/processors/command.ts'
import type { Outcome, Processor } from '../../../src/transaction/ports.ts'
import { someAuthentication } from '../../support/authentications.ts'
import { aDelivery } from '../../support/memory-queue.ts'
import { keptLog } from '../../support/quiet-log.ts'
import { processorContract, source } from './suite.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-command-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const opened: Processor[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close?.()
})

const trace = 'Return-Path: <alice@example.org>\r\n'
const message = Buffer.from('Subject: Hello\r\n\r\nText\r\n')
const never = (): AbortSignal => new AbortController().signal

function open(run: readonly string[], more: Partial<CommandOptions> = {}): Processor {
  const processor = command({ name: 'app', run, timeout: 5_000, concurrency: 4, temporary: folder, log: keptLog(), ...more })
  opened.push(processor)
  return processor
}
const sh = (script: string, more: Partial<CommandOptions> = {}): Processor => open(['/bin/sh', '-c', script, 'sh'], more)
const outcomeOf = (script: string, more: Partial<CommandOptions> = {}): Promise<Outcome> =>
  sh(script, more).deliver(aDelivery(), source(message), never())

let taken = 0
const takenFile = (): string => join(folder, `taken-${taken}`)
processorContract({
  name: 'command',
  async open(peer, timeout) {
    taken++
    const file = takenFile()
    const scripts = { accepts: `cat > /dev/null && echo x >> ${file}`, hangs: 'sleep 60', gone: 'exit 69' }
    const processor = sh(scripts[peer], { timeout })
    const count = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0)
    return { processor, taken: count, close: async () => void (await processor.close?.()) }
  },
})

describe('what a program gets', () => {
  test('the message with our trace fields, octet for octet', async () => {
    const octets = Buffer.concat([message, Buffer.from([0, 0xff, 0x0d, 0x0a]), Buffer.alloc(300_000, 'é')])
    const file = join(folder, 'got')
    expect(await sh(`cat > ${file}`).deliver(aDelivery(), source(octets), never())).toMatchObject({ kind: 'delivered' })
    expect(readFileSync(file).equals(Buffer.concat([Buffer.from(trace), octets]))).toBe(true)
  })

  test('by any of the ways to standard input', async () => {
    const file = join(folder, 'ways')
    expect(await outcomeOf(`cat /dev/stdin > ${file} && head -c 6 < /dev/stdin; cmp ${file} /proc/self/fd/0`)).toMatchObject({
      kind: 'delivered',
    })
  })

  test('the envelope, the claims and the writer in its environment, and nothing of ours', async () => {
    const file = join(folder, 'environment')
    process.env.POSTERN_TEST_SECRET = 'hunter2'
    const delivery = aDelivery({
      key: "k'; $(touch x) `y`\n\0z",
      claims: { subject: 'ticket 7', senders: ['a@example.org', 'example.com'], expires: 0 },
      authentication: someAuthentication(),
    })
    const outcome = await sh(`env -0 > ${file}`, { environment: { LEVEL: '3', LANG: 'de_DE.UTF-8' } }).deliver(
      delivery,
      source(message),
      never(),
    )
    delete process.env.POSTERN_TEST_SECRET
    expect(outcome.kind).toBe('delivered')
    const lines = readFileSync(file, 'utf8').split('\0').slice(0, -1)
    const got = Object.fromEntries(lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
    expect(got).toMatchObject({
      LEVEL: '3',
      LANG: 'de_DE.UTF-8',
      POSTERN_ID: 'M1',
      POSTERN_IDEMPOTENCY_ID: '0123456789abcdef0123456789abcdef',
      POSTERN_ATTEMPT: '1',
      POSTERN_SENDER: 'alice@example.org',
      POSTERN_RECIPIENT: 'incoming+key@incoming.example.com',
      POSTERN_KEY: "k'; $(touch x) `y`\nz",
      POSTERN_SUBJECT_CLAIM: 'ticket 7',
      POSTERN_SENDERS_CLAIM: 'a@example.org example.com',
      POSTERN_EXPIRES_CLAIM: '1970-01-01T00:00:00.000Z',
      POSTERN_AUTHENTICATED_FROM: 'jane@sender.example',
      POSTERN_CLIENT_NAME: '',
      POSTERN_DMARC: 'pass',
    })
    const others = Object.keys(got).filter(name => !name.startsWith('POSTERN_'))
    expect(others.sort()).toEqual(['HOME', 'LANG', 'LEVEL', 'PATH', 'PWD'].filter(name => name in got))
    expect(got).not.toHaveProperty('POSTERN_TEST_SECRET')
  })

  test('its arguments as they are, and its folder', async () => {
    const file = join(folder, 'arguments')
    const script = `printf '%s|' "$@" > ${file}; pwd >> ${file}`
    const processor = open(['/bin/sh', '-c', script, 'sh', '$HOME', 'a b', '', '*'], { directory: folder })
    expect((await processor.deliver(aDelivery(), source(message), never())).kind).toBe('delivered')
    expect(readFileSync(file, 'utf8')).toBe(`$HOME|a b||*|${folder}\n`)
  })

  test('a process group of its own', async () => {
    const file = join(folder, 'group')
    await outcomeOf(`ps -o pgid= -p $$ > ${file}; echo $$ >> ${file}`)
    const [group, pid] = readFileSync(file, 'utf8').trim().split(/\s+/)
    expect(group).toBe(pid)
  })
})

describe('what its end means', () => {
  const both = (output: string, errors: string) => `Standard output:\n${output}\nStandard error:\n${errors}`
  test.each<[string, Outcome]>([
    ['exit 75', { kind: 'retry', detail: 'exit status 75 (not now)' }],
    ['echo early; echo late >&2; exit 75', { kind: 'retry', detail: 'exit status 75 (not now): late', answer: both('early', 'late') }],
    ['echo a; echo; echo "Not for  you"; exit 77', expect.objectContaining({ kind: 'failed', refusal: 'Not for you' })],
    ['echo trace >&2; exit 67', { kind: 'failed', detail: 'exit status 67 (doesn’t know the recipient): trace', answer: 'trace' }],
    [
      'echo Traceback; echo there; exit 65',
      { kind: 'failed', detail: 'exit status 65 (can’t make anything of this message): there', answer: 'Traceback\nthere' },
    ],
    ['echo queued as 7', { kind: 'delivered', detail: 'exit status 0', answer: 'queued as 7' }],
    ['true', { kind: 'delivered', detail: 'exit status 0' }],
    ['exit 78', expect.objectContaining({ kind: 'retry' })],
    ['no-such-program', expect.objectContaining({ kind: 'retry', detail: expect.stringContaining('127') })],
    ['kill -9 $$', { kind: 'retry', detail: 'ended by SIGKILL' }],
    ['exit 1', { kind: 'retry', detail: 'exit status 1 (no reason known)' }],
  ])('%s', async (script, outcome) => expect(await outcomeOf(script)).toEqual(outcome))

  test('a program that is not there, not to be run, or none', async () => {
    const script = join(folder, 'not-executable')
    await writeFile(script, 'no program', { mode: 0o644 })
    const outcome = (run: string, more = {}) => open([run], more).deliver(aDelivery(), source(message), never())
    expect(await outcome('/no/such/program')).toMatchObject({ kind: 'retry', detail: expect.stringContaining('is not there (ENOENT)') })
    expect(await outcome(script)).toMatchObject({ kind: 'retry', detail: expect.stringContaining('(EACCES)') })
    expect(await outcome('/bin/true', { directory: '/no/such/folder' })).toMatchObject({ kind: 'retry' })
    expect(await outcome('/bin/true', { temporary: '/no/such/folder' })).toMatchObject({ kind: 'retry' })
  })
})

describe('none hangs us', () => {
  test('a program that reads nothing, or not all, is none the worse for it', async () => {
    const large = source(Buffer.alloc(5_000_000, 'a'))
    for (const script of ['exit 0', 'head -c 1 > /dev/null', 'exec <&-; sleep 0.1'])
      expect((await sh(script).deliver(aDelivery(), large, never())).kind).toBe('delivered')
  })

  test('one that leaves a daemon behind that holds the output open', async () => {
    const start = performance.now()
    expect(await outcomeOf('echo done; sleep 30 & exit 0', { timeout: 60_000 })).toMatchObject({ kind: 'delivered' })
    expect(performance.now() - start).toBeLessThan(15_000)
  })

  test('one that is too slow is ended with all that it started, and so is one that ignores that', async () => {
    const file = join(folder, 'slow')
    const script = `echo looking up; trap '' TERM; (trap '' TERM; sleep 60) & echo $! > ${file}; sleep 60`
    const processor = sh(script, { timeout: 1_500, concurrency: 1 })
    const start = performance.now()
    expect(await processor.deliver(aDelivery(), source(message), never())).toEqual({
      kind: 'retry',
      detail: 'the program had not ended within 1500 ms',
      answer: 'looking up',
    })
    // Before it is killed, which is 5 s later.
    expect(performance.now() - start).toBeLessThan(5_000)
    const child = Number(readFileSync(file, 'utf8'))
    expect(alive(child)).toBe(true)
    // Its place is not free before it is gone.
    expect((await processor.deliver(aDelivery(), source(message), never())).kind).toBe('retry')
    await until(() => !alive(child))
  })

  test('not more at once than was said', async () => {
    const file = join(folder, 'at-once')
    const processor = sh(`echo + >> ${file}; sleep 0.1; echo - >> ${file}`, { concurrency: 2 })
    const calls = Array.from({ length: 8 }, () => processor.deliver(aDelivery(), source(message), never()))
    expect((await Promise.all(calls)).every(({ kind }) => kind === 'delivered')).toBe(true)
    let [now, most] = [0, 0]
    for (const sign of readFileSync(file, 'utf8').trim().split('\n')) {
      now += sign === '+' ? 1 : -1
      most = Math.max(most, now)
    }
    expect(most).toBe(2)
  })

  test('endless output is kept in part', async () => {
    const log = keptLog()
    const outcome = await outcomeOf('echo first; head -c 3000000 /dev/zero | tr "\\0" x; printf "\\n\\033[31mlast\\n"; exit 75', { log })
    expect(outcome).toMatchObject({ kind: 'retry', detail: 'exit status 75 (not now): [31mlast' })
    const { output } = log.lines.at(-1)!.fields as { output: string }
    expect(output.length).toBeLessThan(8_400)
    expect(output).toMatch(/^first\nx+\n\[\d+ octets\]\nx+\n\[31mlast\n$/)
  })

  test('closing ends what still runs', async () => {
    const file = join(folder, 'closing')
    const processor = sh(`echo $$ > ${file}; trap '' TERM; sleep 60 & wait; sleep 60`)
    const call = processor.deliver(aDelivery(), source(message), never())
    await until(() => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'))
    await processor.close?.()
    expect(await call).toEqual({ kind: 'retry', detail: 'ended by SIGKILL' })
  })

  test('a thousand runs leave no descriptor, no process and no file behind', async () => {
    const processor = open(['/bin/true'], { concurrency: 8 })
    const deliver = () => processor.deliver(aDelivery(), source(message), never())
    await Promise.all(Array.from({ length: 8 }, deliver))
    const before = readdirSync('/proc/self/fd').length
    let delivered = 0
    const lane = async (): Promise<void> => {
      for (let i = 0; i < 125; i++) if ((await deliver()).kind === 'delivered') delivered++
    }
    await Promise.all(Array.from({ length: 8 }, lane))
    expect(delivered).toBe(1_000)
    await expect.poll(() => readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before + 2)
    expect((await readdir(folder)).filter(name => name.startsWith('postern-'))).toEqual([])
    const states = () => execFileSync('ps', ['-o', 'stat=', '--ppid', String(process.pid)], { encoding: 'utf8' })
    await expect.poll(states).not.toMatch(/^Z/m)
  }, 60_000)
})

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 20_000
  while (!holds()) {
    if (Date.now() > end) throw new Error('not in time')
    await sleep(20)
  }
}
