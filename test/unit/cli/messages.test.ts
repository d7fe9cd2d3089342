// `postern messages` against a real HTTP listener before a desk in memory.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import { expect, onTestFinished, test } from 'vitest'
import { Failure } from '../../../src/cli/failure.ts'
import type { Commands } from '../../../src/cli/messages/commands.ts'
import { remoteDesk } from '../../../src/cli/messages/remote.ts'
import { messagesCommand } from '../../../src/cli/messages.ts'
import type { DeliveryState } from '../../../src/transaction/ports.ts'
import { openSite, type Site, token } from '../../contract/http/harness.ts'
import { someDelivery, someMessage } from '../../support/fake-desk.ts'

interface Run {
  readonly out: string
  readonly err: string
  readonly status: number
}

function runner(site: Site, more: Partial<Commands> = {}) {
  return async (...args: readonly string[]): Promise<Run> => {
    let out = ''
    let err = ''
    let status = 0
    const writeErr = (text: string): void => {
      err += text
    }
    const commands: Commands = {
      open: async () => (await remoteDesk({ at: { host: '127.0.0.1', port: site.port }, token }))!,
      print: text => {
        out += `${text}\n`
      },
      warn: text => {
        err += `${text}\n`
      },
      terminal: false,
      confirm: async () => Promise.reject(new Error('nobody is to be asked')),
      interrupted: () => false,
      now: Date.now,
      ...more,
    }
    const command = messagesCommand(commands, code => {
      status = code
    })
    for (const one of [command, ...command.commands]) one.exitOverride().configureOutput({ writeErr })
    await command.parseAsync(args, { from: 'user' }).catch((error: unknown) => {
      if (error instanceof Failure) {
        err += error.message
        status = error.exit
      } else if (error instanceof CommanderError) status = 64
      else throw error
    })
    return { out, err, status }
  }
}

async function siteWith(count: number, state: DeliveryState = 'failed'): Promise<Site> {
  const site = await openSite()
  for (let id = 1; id <= count; id++)
    site.desk.messages.push(someMessage({ id: `m${id}`, subject: `Subject ${id}`, deliveries: [someDelivery({ id, state })] }))
  return site
}

const counted = (site: Site, state: DeliveryState) => site.desk.count({ state })

test('list prints rows, over many pages, and JSON as the API has it', async () => {
  const site = await siteWith(620)
  const run = runner(site)
  const short = await run('list')
  expect([short.status, short.out.split('\n').length, short.err]).toEqual([0, 52, 'The first 50; --limit shows more.\n'])
  expect(short.out).toMatch(
    /^STATE +RECEIVED .*\nfailed +2026-01-02 03:04:05 +incoming\/reply +incoming\+abc@\S+ +jane@\S+ +m620 +Subject 620\n/,
  )
  const { messages } = JSON.parse((await run('list', '--limit', '600', '--json')).out)
  expect([messages.length, messages[599].id]).toEqual([600, 'm21'])
  expect(JSON.parse((await run('list', '--text', 'subject 7', '--limit', '1', '--json')).out).messages).toEqual(
    (await site.desk.list({ text: 'subject 7' })).slice(0, 1),
  )
  expect(await run('list', '--state', 'held')).toEqual({ out: '', err: 'No message fits.\n', status: 1 })
  expect((await run('list', '--since', '2h ago', '--json')).status).toBe(1)
})

test('what strangers wrote can’t move the cursor, and a notice is marked', async () => {
  const site = await openSite()
  const about = { recipient: 'incoming+abc@x.example', reason: 'application.failed' } as const
  site.desk.messages.push(
    someMessage({ id: 'm1', subject: 'a\u001b[2J\u009b2J\r\nb\u202e', deliveries: [someDelivery(), someDelivery({ id: 2, about })] }),
  )
  const { out } = await runner(site)('list')
  expect(out).not.toMatch(/[\u001b\r\u202e]/)
  expect(out.split('\n')).toHaveLength(4)
  expect(out).toMatch(/\(notice\) +m1 +about incoming\+abc@x\.example: application\.failed/)
  for (const args of [['list'], ['show', 'm1']] as const) {
    const { out: text } = await runner(site)(...args, '--json')
    expect(text).not.toMatch(/[\u001b\u009b\u202e]/)
    expect(JSON.stringify(JSON.parse(text))).toContain('b\u202e')
  }
  expect((await runner(site)('show', 'm1')).out).not.toMatch(/[\u001b\r\u202e]/)
})

test('show tells of a message, its deliveries and their last answer', async () => {
  const site = await siteWith(1)
  const shown = await runner(site)('show', 'm1')
  expect(shown.status).toBe(0)
  for (const part of ['Reverse-path   jane@sender.example', 'Delivery 1: failed', 'Last attempt 200 OK', 'not checked', 'rcpt     accept'])
    expect(shown.out).toContain(part)
  expect(JSON.parse((await runner(site)('show', 'm1', '--json')).out)).toEqual({ message: site.desk.messages[0], content: null })
  expect(await runner(site)('show', 'm2')).toMatchObject({ out: '', status: 1 })
})

test('show has the first and the last lines of what the application wrote, as they were indented', async () => {
  const site = await siteWith(1)
  expect((await runner(site)('show', 'm1')).out).not.toContain('  Answer')
  const [one] = site.desk.messages
  const shown = async (lines: readonly string[]) => {
    site.desk.messages[0] = { ...one!, deliveries: [{ ...one!.deliveries[0]!, answer: lines.join('\n') }] }
    return (await runner(site)('show', 'm1')).out.split('\n')
  }
  const lines = Array.from({ length: 200 }, (_, i) => `line ${i}`)
  const whole = await shown(['NoMethodError', '\tin \u001bapp.rb:7', ...lines.slice(0, 99)])
  const from = whole.indexOf('  Answer')
  expect(whole.slice(from, from + 3)).toEqual(['  Answer', '    NoMethodError', expect.stringMatching(/^ {6}in \S*app\.rb:7$/)])
  expect(whole).toContain('    line 98')
  const cut = await shown(lines)
  const note = cut.indexOf('    [100 lines]')
  const around = [-50, -1, 1, 50].map(by => cut[note + by])
  expect(around).toEqual(['line 0', 'line 49', 'line 150', 'line 199'].map(line => `    ${line}`))
})

test('messages named by their ids are changed without a question; what can’t be is said', async () => {
  const site = await siteWith(3)
  expect(await runner(site)('retry', 'm1', 'm3', 'm1')).toEqual({ out: '2 deliveries queued.\n', err: '', status: 0 })
  const mixed = await runner(site)('release', 'm2', 'm9', '--json')
  expect([mixed.status, JSON.parse(mixed.out)]).toMatchObject([
    1,
    { changed: 0, problems: [{ id: 'm2' }, { id: 'm9', problem: 'No message with this id' }] },
  ])
  expect((await runner(site)('discard', 'm2')).out).toBe('1 delivery discarded.\n')
  expect([await counted(site, 'queued'), await counted(site, 'discarded')]).toEqual([2, 1])
})

test('a bulk is confirmed with its number, then done slice by slice', async () => {
  const site = await siteWith(2_345)
  const questions: string[] = []
  const no = runner(site, { confirm: async question => questions.push(question) < 0 })
  expect(await no('retry', '--state', 'failed')).toMatchObject({ err: 'Nothing was changed.\n', status: 1 })
  expect(questions[0]).toMatch(/^retry 2345 deliveries \(failed\) at http:\/\/127\.0\.0\.1:\d+\?$/)
  expect(await counted(site, 'failed')).toBe(2_345)
  expect(await runner(site)('retry', '--all', '--yes')).toEqual({ out: '2,345 deliveries queued.\n', err: '', status: 0 })
  expect(await counted(site, 'queued')).toBe(2_345)
  expect(await runner(site)('retry', '--state', 'failed', '--yes')).toMatchObject({ out: '', status: 1 })
})

test('where all that fits is due already, that is said', async () => {
  const site = await siteWith(2, 'queued')
  site.desk.redeliverMany = async () => ({ looked: 2, changed: 0, next: null })
  expect(await runner(site)('retry', '--state', 'queued', '--yes')).toEqual({
    out: '0 deliveries queued.\n',
    err: expect.stringMatching(/^Looked at 2 rows, and none had to be changed/),
    status: 1,
  })
})

test('a limit holds, and without a terminal there is a line now and then', async () => {
  const site = await siteWith(3_000)
  let time = 0
  const now = () => (time += 3_000)
  const { err, out } = await runner(site, { now })('retry', '--state', 'failed', '--yes', '--limit', '2500')
  expect(out).toBe('2,500 deliveries queued.\n')
  expect(err).toMatch(/^\d+ of 2500\n/)
  expect(await counted(site, 'failed')).toBe(500)
})

test('an interruption ends between two slices and says how far it came', async () => {
  const site = await siteWith(5_000)
  let asked = 0
  const stopped = await runner(site, { interrupted: () => ++asked > 2 })('retry', '--state', 'failed', '--yes')
  expect(stopped).toEqual({
    out: '2,000 deliveries queued.\n',
    err: 'Stopped after 2,000 rows; the same command goes on with the rest.\n',
    status: 1,
  })
  expect(await counted(site, 'failed')).toBe(3_000)
})

test.each([
  [['list', '--state', 'lost'], '--state: one of'],
  [['list', '--since', 'yesterday'], '--since: a duration'],
  [['list', '--limit', '0'], '--limit: a whole number'],
  [['list', '--mailbox', ''], '--mailbox is empty'],
  [['retry'], 'Say which'],
  [['retry', 'm1', '--state', 'failed'], 'not both'],
  [['retry', 'm1', '--all'], 'not both'],
  [['release', '--state', 'failed'], 'release is for held, discarded'],
  [['export', 'm1'], '--directory'],
  [['export', '--directory', 'x', '--format', 'zip'], '--format: eml or mbox'],
  [['melt'], 'unknown command'],
])('%j is wrong usage, said before anybody is asked', async (args, message) => {
  const site = await openSite()
  const { status, err } = await runner(site, { open: async () => Promise.reject(new Error('asked')) })(...args)
  expect([status, err]).toEqual([64, expect.stringContaining(message)])
})

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'postern-export-'))
  onTestFinished(() => rm(made, { recursive: true }))
  return made
}

test('export writes every octet as received, once a message, and overwrites nothing', async () => {
  const site = await siteWith(2)
  const octets = Buffer.from(Array.from({ length: 50_000 }, (_, at) => at % 256))
  site.desk.bodies.set('m1', octets)
  site.desk.bodies.set('m2', 'Subject: two\r\n\r\nFrom here\r\n')
  const directory = await folder()
  await writeFile(join(directory, 'm2.eml'), 'mine')
  const first = await runner(site)('export', '--state', 'failed', '--directory', directory)
  expect(first).toMatchObject({ out: `1 message written to ${directory}.\n`, status: 1 })
  expect(first.err).toContain('m2: there is such a file already')
  expect((await readFile(join(directory, 'm1.eml'))).equals(octets)).toBe(true)
  expect([await readFile(join(directory, 'm2.eml'), 'utf8'), await readdir(directory)]).toEqual(['mine', ['m1.eml', 'm2.eml']])
  const inner = join(directory, 'deep/er')
  expect(await runner(site)('export', 'm2', '--directory', inner, '--json')).toMatchObject({
    out: '{"written":1,"problems":[]}\n',
    status: 0,
  })
  expect(await runner(site)('export', 'm9', '--directory', inner)).toMatchObject({ err: 'm9: no message with this id\n', status: 1 })
})

test('an mbox holds them all, and a body that breaks off leaves no half file', async () => {
  const site = await siteWith(2)
  site.desk.bodies.set('m1', 'Subject: one\r\n\r\nFrom here\r\n>From there\r\n')
  site.desk.bodies.set('m2', 'Subject: two\r\n\r\nno end')
  const directory = await folder()
  expect((await runner(site)('export', '--text', 'subject', '--directory', directory, '--format', 'mbox')).status).toBe(0)
  const line = 'From jane@sender.example Fri Jan  2 03:04:05 2026\n'
  expect(await readFile(join(directory, 'postern.mbox'), 'utf8')).toBe(
    `${line}Subject: two\n\nno end\n\n${line}Subject: one\n\n>From here\n>>From there\n\n`,
  )
  expect(await runner(site)('export', 'm1', '--directory', directory, '--format', 'mbox')).toMatchObject({
    err: expect.stringContaining('nothing is overwritten'),
    status: 1,
  })
  site.desk.bodies.set('m1', new Error('gone'))
  expect((await runner(site)('export', 'm1', '--directory', directory)).status).toBe(1)
  expect(await readdir(directory)).toEqual(['postern.mbox'])
})

test('who listens there and is not ours, or refuses, is said', async () => {
  const other = createServer((_request, response) => void response.writeHead(200).end('<h1>hello</h1>'))
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  await expect(remoteDesk({ at: { host: '127.0.0.1', port }, token: null })).rejects.toThrow('is no server of ours')
  const site = await openSite({ host: '127.1' })
  const desk = (await remoteDesk({ at: { host: '127.0.0.1', port: site.port }, token: 'wrong-token-of-some-length' }))!
  await expect(desk.count({})).rejects.toThrow('answers 401: A token is needed')
  expect(await remoteDesk({ at: { host: '127.0.0.1', port: 2 }, token: null })).toBeNull()
  expect(await remoteDesk({ at: { path: join(await folder(), 'none.sock') }, token: null })).toBeNull()
})

test('a UNIX socket is asked as a port is', async () => {
  const path = join(await folder(), 'http.sock')
  const site = await openSite({ path })
  site.desk.messages.push(someMessage({ id: 'm1' }))
  const desk = (await remoteDesk({ at: { path }, token: null }))!
  expect([desk.where, (await desk.view('m1'))?.id, await desk.view('m2')]).toEqual([path, 'm1', null])
})
