// `postern check`: what it prints, and how it ends.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { checkCommand } from '../../../src/cli/check.ts'
import { Failure } from '../../../src/cli/failure.ts'
import { good } from '../config/build.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function check(config: object, ...args: string[]): Promise<{ printed: string; failure: unknown }> {
  const file = join(folder, 'postern.yaml')
  await writeFile(file, stringify(config))
  let printed = ''
  const command = checkCommand({ file: () => file, print: text => (printed += text) })
  const failure = await command.parseAsync(args, { from: 'user' }).then(
    () => null,
    (error: unknown) => error,
  )
  return { printed, failure }
}

const route = { name: 'r', key: { file: 'keys.txt' }, processor: 'shelf' }
const plain = () => ({
  ...good(),
  notices: undefined,
  listeners: { smtp: { host: '127.0.0.1', port: 0 } },
  processors: { shelf: { inbox: {} } },
  mailboxes: [
    { name: 'all', address: '%{key}@example.com', routes: [route] },
    { name: 'replies', address: 'reply+%{key}@example.com', routes: [route] },
    { name: 'elsewhere', address: '%{key}@example.org', routes: [route] },
  ],
})

test('prints the effective configuration, with a note for addresses that overlap', async () => {
  const { printed, failure } = await check(plain())
  expect(failure).toBeNull()
  const notes = printed.split('\n').filter(line => line.startsWith('# Note: '))
  expect(notes).toEqual([
    '# Note: mail for reply+key@example.com goes to mailbox replies (reply+%{key}@example.com), which is more specific than mailbox all (%{key}@example.com)',
  ])
  expect(parse(printed)).toMatchObject({ limits: { 'message-size': '10MiB' }, postmaster: 'shelf' })
})

test('prints JSON', async () => {
  const { printed } = await check(plain(), '--json')
  expect(JSON.parse(printed)).toMatchObject({
    ok: true,
    notes: [expect.any(String)],
    problems: [],
    config: { hostname: 'incoming.example.com' },
  })
})

test('ends with 78 and all problems', async () => {
  const { printed, failure } = await check({ ...plain(), hostname: 5, limit: {} })
  expect(printed).toBe('')
  expect(failure).toBeInstanceOf(Failure)
  expect(failure).toMatchObject({ exit: 78, message: expect.stringMatching(/hostname: not accepted[\s\S]*did you mean limits\?/) })
  const json = await check({ ...plain(), hostname: 5 }, '--json')
  expect(JSON.parse(json.printed)).toMatchObject({ ok: false, problems: [{ path: 'hostname', line: 1 }] })
  expect(json.failure).toMatchObject({ exit: 78 })
})

test('says what it means that nothing is verified', async () => {
  const note = 'keys that name senders open for nobody'
  expect((await check({ ...plain(), authentication: { check: false } })).printed).toContain(note)
  expect((await check(plain())).printed).not.toContain(note)
})
