// From the kinds of key in a configuration to a verifier that answers: each kind is opened, and those in others as well.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { signedWithin } from '../../../src/config/keys.ts'
import { parseConfig } from '../../../src/config/load.ts'
import { keyChecks } from '../../../src/main/key-checks.ts'
import { openVerifier } from '../../../src/main/verifiers.ts'
import type { KeyCheck, KeyVerifier, Log } from '../../../src/transaction/ports.ts'
import { good, read } from '../config/build.ts'

const log: Log = { debug() {}, info() {}, warn() {}, error() {} }
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-'))
  await writeFile(join(folder, 'good'), 'one\ntwo\n')
  await writeFile(join(folder, 'revoked'), 'two\n')
})
afterAll(() => rm(folder, { recursive: true }))

const file = (name: string) => ({ file: join(folder, name) })

/** Through the loader, as the server does it. */
const keyOf = (key: unknown) => {
  const mailboxes = [{ name: 'm', address: '%{key}@example.com', routes: [{ name: 'r', key, processor: 'app' }] }]
  return parseConfig(stringify({ ...good(), mailboxes }), 'f', { read, checks: keyChecks }).mailboxes[0]!.routes[0]!.key!
}

const now = 0
const open = (key: unknown) => openVerifier(keyOf(key), { log, clock: () => now })
const ask = (verifier: KeyVerifier, key: string): KeyCheck | Promise<KeyCheck> =>
  verifier.verify({ mailbox: 'm', route: 'r', key, recipient: `${key}@example.com`, sender: '', client: null, at: now })

async function kindsFor(key: unknown, asked: readonly string[]): Promise<readonly string[]> {
  const verifier = await open(key)
  try {
    return await Promise.all(asked.map(async one => (await ask(verifier, one)).kind))
  } finally {
    await verifier.close?.()
  }
}

describe('without another server', () => {
  test.each([
    ['file', () => file('good'), ['valid', 'valid', 'unknown']],
    ['pattern', () => ({ pattern: 'o[a-z]+' }), ['valid', 'unknown', 'unknown']],
    ['any-of', () => ({ 'any-of': [{ pattern: 'three' }, file('good')] }), ['valid', 'valid', 'valid']],
    ['all-of with not', () => ({ 'all-of': [file('good'), { not: file('revoked') }] }), ['valid', 'revoked', 'unknown']],
    ['cached', () => ({ cached: { key: { 'any-of': [file('good')] } } }), ['valid', 'valid', 'unknown']],
  ])('%s', async (_name, key, expected) => {
    expect(await kindsFor(key(), ['one', 'two', 'three'])).toEqual(expected)
  })
  test('signed', async () => {
    expect(await kindsFor({ signed: { secrets: { 1: { file: 'sign-1' } } } }, ['one'])).toEqual(['unknown'])
  })
  test('a list that is not there makes no key unknown', async () => {
    expect(await kindsFor({ 'any-of': [{ pattern: 'one' }, file('none')] }, ['one', 'two'])).toEqual(['valid', 'unavailable'])
    expect(await kindsFor({ 'all-of': [{ pattern: 'one' }, { not: file('none') }] }, ['one', 'two'])).toEqual(['unavailable', 'unknown'])
  })
})

test('where one can’t be opened, those before it are closed again', async () => {
  const loaded: object[] = []
  const listening = { ...log, info: (fields: object) => void loaded.push(fields) }
  const list = join(folder, 'changing')
  await writeFile(list, 'one\n')
  const redis = { redis: { url: 'rediss://127.0.0.1:1', ca: 'PEM-none', set: 'keys' } }
  const doomed = keyOf({ cached: { key: { 'any-of': [{ file: list }, redis] } } })
  await expect(openVerifier(doomed, { log: listening, clock: () => 0 })).rejects.toThrow(/PEM-none/)
  // One that stays open sees the change; one that was left open would tell of it too.
  const control = await openVerifier(keyOf({ file: list }), { log: listening, clock: () => 0 })
  expect(loaded).toHaveLength(2)
  await writeFile(list, 'one\ntwo\n')
  await expect.poll(() => loaded.length).toBeGreaterThan(2)
  await new Promise(resolve => setTimeout(resolve, 1_200))
  expect(loaded).toHaveLength(3)
  await control.close?.()
})

test('http: the application is asked, with the time-out and the signature of the configuration', async () => {
  const signatures: unknown[] = []
  const application = createServer((request, response) => {
    signatures.push(request.headers['webhook-signature'])
    request.resume().on('end', () => response.setHeader('content-type', 'application/json').end('{"verdict":"unknown"}'))
  })
  await new Promise<void>(resolve => application.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(application.address() as AddressInfo).port}/keys`
  try {
    expect(await kindsFor({ http: { url, secret: { env: 'HOOK' } } }, ['one'])).toEqual(['unknown'])
    expect(signatures).toEqual([expect.stringMatching(/^v1,/)])
  } finally {
    application.close()
  }
})

test.each([
  ['redis', { redis: { url: 'redis://127.0.0.1:1', key: 'reply:%{key}', timeout: '100ms' } }],
  [
    'redis set behind Sentinels',
    { redis: { sentinel: { master: 'm', nodes: ['127.0.0.1:1', '[::1]:1'] }, set: 'keys', timeout: '100ms' } },
  ],
  ['redis hash', { redis: { url: 'redis://127.0.0.1:1', hash: 'keys', timeout: '100ms' } }],
  ['sql', { sql: { url: 'postgres://p@127.0.0.1:1/p', query: 'SELECT 1 WHERE %{key} = 1', timeout: '100ms' } }],
  ['http', { http: { url: 'http://127.0.0.1:1/', timeout: '100ms' } }],
])('%s: opens while its server is down, and then no key is unknown', async (_name, key) => {
  expect(await kindsFor(key, ['one'])).toEqual(['unavailable'])
})

test('signed keys are found within other kinds, but not where they are negated', () => {
  const signed = { signed: { secrets: { 7: { file: 'sign-7' } } } }
  const within = (key: unknown) => Object.keys(signedWithin(keyOf(key))?.secrets ?? {})
  expect(within(signed)).toEqual(['7'])
  expect(within({ cached: { key: { 'any-of': [{ pattern: 'x' }, { 'all-of': [{ pattern: 'y' }, signed] }] } } })).toEqual(['7'])
  expect(within({ 'all-of': [{ pattern: 'x' }, { not: signed }] })).toEqual([])
  expect(within({ pattern: 'x' })).toEqual([])
})
