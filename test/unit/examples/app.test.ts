import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApplication } from '../../../examples/app/application.ts'
import { mailOf } from '../../../examples/app/mail.ts'
import { page } from '../../../examples/app/page.ts'
import { readReply } from '../../../examples/app/redis.ts'
import { openSecrets } from '../../../examples/app/secrets.ts'
import { memoryStore } from '../../../examples/app/store.ts'
import { outcomeOf } from '../../../src/delivery/outcome.ts'
import { signedKeys } from '../../../src/keys/signed.ts'
import { eventCases } from '../../support/event-cases.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'postern-app-'))
const secrets = openSecrets(folder)
const server = createApplication({ secrets, store: memoryStore(), domain: 'incoming.example.test' })
const at = { url: '' }

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  at.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
  rmSync(folder, { recursive: true })
})

const event = (id: string, subject = 'Hello') => ({
  type: 'message.received',
  data: { id, idempotencyId: id, recipient: 'r', envelope: { sender: 's' }, subject, received: '2026-01-01', claims: {}, raw: null },
})

function signed(body: string, timestamp = Math.floor(Date.now() / 1000)): Record<string, string> {
  const key = Buffer.from(secrets.webhook.slice(6), 'base64')
  const signature = createHmac('sha256', key).update(`msg_1.${timestamp}.${body}`).digest('base64')
  return { 'webhook-id': 'msg_1', 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${signature}` }
}

const call = (value: unknown, headers?: Record<string, string>, signal?: AbortSignal) => {
  const body = JSON.stringify(value)
  return fetch(`${at.url}/inbound`, { method: 'POST', body, headers: headers ?? signed(body), signal: signal ?? null })
}
const post = (where: string, form: Record<string, string>) =>
  fetch(at.url + where, { method: 'POST', body: new URLSearchParams(form), headers: { accept: 'application/json' } })
const got = async () =>
  (await (await fetch(`${at.url}/mails`)).json()) as { mails: { id: string; idempotencyId: string }[]; calls: string[] }
const count = async (id: string) => (await got()).mails.filter(mail => mail.id === id).length

describe('a call', () => {
  test('that is signed is taken, and a repeat changes nothing', async () => {
    expect(await (await call(event('a'))).json()).toEqual({ fresh: true, verdict: 'accept' })
    expect(await (await call(event('a'))).json()).toEqual({ fresh: false, verdict: 'accept' })
    expect(await count('a')).toBe(1)
  })

  test.each([
    ['without a signature', {}],
    ['with the signature of another body', signed('{}')],
    ['from six minutes ago', signed(JSON.stringify(event('b')), Math.floor(Date.now() / 1000) - 360)],
  ])('%s is refused', async (_, headers) => {
    expect((await call(event('b'), headers)).status).toBe(401)
    expect(await count('b')).toBe(0)
  })

  test('is answered badly as often as it was asked for', async () => {
    await post('/answer', { answer: '500', calls: '2' })
    expect([(await call(event('c'))).status, (await call(event('c'))).status]).toEqual([500, 500])
    expect(await count('c')).toBe(0)
    expect((await call(event('c'))).status).toBe(200)
    expect((await got()).calls.slice(0, 3)).toEqual(['200', '500', '500'])
  })

  test('is left without an answer, though the mail was kept', async () => {
    await post('/answer', { answer: 'time-out', calls: '1' })
    const patience = new AbortController()
    const broken = expect(call(event('d'), undefined, patience.signal)).rejects.toThrow('no longer')
    await expect.poll(() => count('d')).toBe(1)
    patience.abort(new Error('no longer'))
    await broken
    expect(await (await call(event('d'))).json()).toEqual({ fresh: false, verdict: 'accept' })
  })
})

test.each([
  ['hold', 200],
  ['discard', 200],
  ['refuse', 422],
])('the verdict %s, and the same for a repeat', async (verdict, status) => {
  await post('/answer', { answer: verdict, calls: '1' })
  for (const fresh of [true, false]) {
    const response = await call(event(`v-${verdict}`))
    expect(response.status).toBe(status)
    const body = await response.text()
    expect(JSON.parse(body)).toMatchObject({ verdict, fresh })
    const outcome = outcomeOf({ status, body, retryAfter: null }, 0)
    if (verdict === 'refuse') expect(outcome).toMatchObject({ kind: 'failed', refusal: 'This ticket is closed' })
    else expect(outcome).toMatchObject({ kind: 'delivered', verdict })
  }
})

test.each(Object.keys(eventCases))('the golden event %s is taken', async name => {
  const golden = JSON.parse(readFileSync(new URL(`../../messages/events/${name}.json`, import.meta.url), 'utf8'))
  golden.data.idempotencyId = `golden-${name}`
  expect((await call(golden)).status).toBe(200)
  const mail = (await got()).mails.find(({ idempotencyId }) => idempotencyId === `golden-${name}`)
  const { reply, text } = golden.data.content ?? {}
  expect(mail).toMatchObject({ text: reply?.text ?? text ?? null, raw: golden.data.raw?.content ?? null, verdict: 'accept' })
})

test('an event without an idempotency id is none', async () => expect((await call({ data: {} })).status).toBe(400))

test('a setting that makes no sense is an error', async () => {
  for (const form of [{ answer: '201' }, { answer: '500', calls: '0' }, { answer: '500', calls: 'x' }, {}])
    expect((await post('/answer', form as Record<string, string>)).status).toBe(400)
})

test('an address that it mints has a key that Postern takes', async () => {
  const { address } = (await (await post('/addresses', { kind: 'signed', subject: 'ticket-1' })).json()) as { address: string }
  const key = /^incoming\+(.+)@incoming\.example\.test$/.exec(address)?.[1]
  const query = { mailbox: 'incoming', route: 'reply', key: key!, recipient: address, sender: '', client: null, at: Date.now() }
  const verifier = signedKeys({ secrets: new Map([[1, secrets.signing]]) })
  expect(verifier.verify(query)).toMatchObject({ kind: 'valid', claims: { subject: 'ticket-1' } })
  expect((await post('/addresses', { kind: 'signed', subject: 'x'.repeat(33) })).status).toBe(400)
  expect((await post('/addresses', { kind: 'other', subject: 'x' })).status).toBe(400)
})

test('secrets are made once, for their owner alone', () => {
  expect(openSecrets(folder)).toEqual(secrets)
  for (const name of ['signing', 'webhook', 'token']) {
    expect(statSync(path.join(folder, name)).mode & 0o777).toBe(0o600)
    expect(readFileSync(path.join(folder, name), 'utf8').trim().length).toBeGreaterThanOrEqual(32)
  }
})

test('what a stranger wrote stands escaped on the page', () => {
  const evil = `<script>"'&`
  const { data } = event('e', evil)
  const raw = { content: Buffer.from(evil).toString('base64') }
  const mail = mailOf({ data: { ...data, mailbox: 'incoming', raw, content: { text: evil } } }, 'accept')
  const html = page({ mails: [mail], minted: evil, answer: '200', left: null })
  expect(html).not.toContain('<script>')
  expect(html.split('&lt;script&gt;&quot;&#39;&amp;').length - 1).toBe(4)
})

describe('replies of Redis', () => {
  const read = (text: string) => readReply(Buffer.from(text), 0)

  test.each([
    ['+OK\r\n', 'OK'],
    [':42\r\n', 42],
    ['$5\r\nh\r\nlo\r\n', 'h\r\nlo'],
    ['$-1\r\n', null],
    ['*2\r\n$1\r\na\r\n:1\r\n', ['a', 1]],
  ])('%j, and nothing before it is whole', (text, value) => {
    expect(read(text)).toEqual({ value, end: text.length })
    for (let length = 0; length < text.length; length++) expect(read(text.slice(0, length))).toBeNull()
  })

  test('an error is told, and what is no reply of Redis', () => {
    expect(read('-ERR no\r\n')).toMatchObject({ error: 'ERR no' })
    expect(read('HTTP/1.1 400 Bad Request\r\n')).toMatchObject({ error: 'not the protocol of Redis' })
  })

  test('no octets make it throw', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), octets => void readReply(Buffer.from(octets), 0)))
  })
})
