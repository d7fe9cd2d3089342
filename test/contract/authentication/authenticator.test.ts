// The authenticator as the rest of the program uses it: threads, DNS over loopback, whole messages and messages in pieces.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openAuthenticator } from '../../../src/authentication/open.ts'
import { noSpf } from '../../../src/policy/authentication/evidence.ts'
import type { Authenticator, MessageOctets, MessageQuestion } from '../../../src/transaction/ports.ts'
import { type MapDns, mapDns } from '../../support/map-dns.ts'
import { keptLog } from '../../support/quiet-log.ts'
import { signedMessage } from '../../support/signed-mail.ts'

let dns: MapDns
let authenticator: Authenticator
/** For a DNS that doesn't answer: the others wait longer for one that does than this machine may stall. */
let hasty: Authenticator
const log = keptLog()
const limits = { timeout: 3_000, tries: 1, queries: 40, time: 30_000 }

beforeAll(async () => {
  dns = await mapDns()
  const opened = (timeout: number) =>
    openAuthenticator({ hostname: 'mx.test', workers: 1, dns: { servers: [dns.server], ...limits, timeout }, log, clock: Date.now })
  ;[authenticator, hasty] = await Promise.all([opened(limits.timeout), opened(300)])
})
afterAll(async () => {
  await authenticator.close()
  await hasty.close()
  await dns.stop()
})

const add = (records: ReadonlyMap<string, object>): void => {
  for (const [name, record] of records) dns.records.set(name, record)
}

const question = (octets: MessageOctets, more: Partial<MessageQuestion> = {}): MessageQuestion => ({
  client: '192.0.2.1',
  author: { kind: 'one', address: 'alice@example.com', domain: 'example.com' },
  subjects: 1,
  spf: noSpf,
  names: false,
  octets,
  ...more,
})

async function* inPieces(raw: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < raw.length; at += size) yield raw.subarray(at, at + size)
}

test('a signed message in memory, whose octets stay as they were', async () => {
  const { raw, records } = await signedMessage({ dmarc: 'v=DMARC1; p=reject' })
  add(records)
  const chunks = [raw.subarray(0, 100), raw.subarray(100)]
  const before = Buffer.from(raw)
  const found = await authenticator.message(question(chunks))
  expect(found).toMatchObject({ dkim: [{ result: 'pass', aligned: true }], dmarc: { result: 'pass', policy: 'reject' }, unchecked: 0 })
  expect(raw.equals(before)).toBe(true)
})

test.each([700, 64 * 1024, 300_000])('a message of 3 MB in pieces of %i', async size => {
  const { raw, records } = await signedMessage({ body: 'A line  of\ttext \r\n'.repeat(size === 700 ? 20_000 : 180_000) })
  add(records)
  const found = await authenticator.message(question(inPieces(raw, size)))
  expect(found.dkim).toMatchObject([{ result: 'pass', aligned: true }])
})

test('a long list of chunks goes in pieces too', async () => {
  const { raw, records } = await signedMessage({ body: 'x'.repeat(70).concat('\r\n').repeat(10_000) })
  add(records)
  expect((await authenticator.message(question([raw]))).dkim).toMatchObject([{ result: 'pass' }])
})

test('a body that is not signed is not read to its end', async () => {
  let read = 0
  async function* endless(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('From: alice@example.com\r\n\r\n')
    for (; read < 2000; read++) yield Buffer.alloc(64 * 1024, 'x')
  }
  const found = await authenticator.message(question(endless()))
  expect(found.dkim).toEqual([])
  await new Promise(resolve => setTimeout(resolve, 100))
  expect(read).toBeLessThan(100)
})

test('no more pieces are under way than the thread has taken', async () => {
  const { raw, records } = await signedMessage()
  add(records)
  const head = raw.subarray(0, raw.indexOf('\r\n\r\n') + 4)
  let ahead = 0
  // The key is looked up before the body is hashed, the body waits for nobody: what is read at once is bounded by the window.
  async function* body(): AsyncGenerator<Uint8Array> {
    yield head
    for (let i = 0; i < 400; i++) {
      ahead++
      yield Buffer.alloc(64 * 1024, 'x')
    }
  }
  const answer = authenticator.message(question(body()))
  await new Promise(resolve => setImmediate(resolve))
  // All 400 without a bound; the window is 8, and the thread may have taken some by now.
  expect(ahead).toBeLessThan(100)
  expect((await answer).dkim).toMatchObject([{ result: 'fail' }])
})

test('octets that break off are a temporary failure', async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('DKIM-Signature: v=1')
    throw new Error('disk')
  }
  const found = await authenticator.message(question(broken()))
  expect(found).toMatchObject({ dkim: [], dmarc: { result: 'temperror' }, arc: { result: 'none', temporary: true } })
})

test('a DNS that is silent: temporary, and within the time of a query', async () => {
  const { raw } = await signedMessage({ from: 'alice@silent.example' })
  dns.silent.add('sel._domainkey.silent.example').add('_dmarc.silent.example')
  const started = performance.now()
  const author = { kind: 'one', address: 'alice@silent.example', domain: 'silent.example' } as const
  const found = await hasty.message(question([raw], { author }))
  expect(found).toMatchObject({ dkim: [{ result: 'temperror' }], dmarc: { result: 'temperror' } })
  // Not of all the queries of a message.
  expect(performance.now() - started).toBeLessThan(15_000)
})

test('mail that waits for a silent DNS keeps no other mail out', async () => {
  dns.silent.add('crowd.example')
  const spf = (sender: string) => authenticator.spf({ client: '192.0.2.1', helo: null, sender })
  let ended = 0
  const crowd = Array.from({ length: 300 }, () => spf('x@crowd.example').finally(() => ended++))
  expect(await spf('x@nobody.example')).toMatchObject({ result: 'none' })
  expect(ended).toBe(0)
  for (const { result } of await Promise.all(crowd)) expect(result).toBe('temperror')
})

test('however much SPF asked for, half of the queries are left for the message', async () => {
  const { raw, records } = await signedMessage({ from: 'alice@costly.example', dmarc: 'v=DMARC1; p=reject' })
  add(records)
  const author = { kind: 'one', address: 'alice@costly.example', domain: 'costly.example' } as const
  const found = await authenticator.message(question([raw], { author, spf: { ...noSpf, queries: 130 } }))
  expect(found).toMatchObject({ dkim: [{ result: 'pass' }], dmarc: { result: 'pass' } })
})

test('SPF: pass, fail, none without a record, and its queries counted', async () => {
  dns.records.set('spf.example', { TXT: ['v=spf1 ip4:192.0.2.0/24 -all'] })
  const ask = (client: string, sender = 'bob@spf.example') => authenticator.spf({ client, helo: 'host.example', sender })
  expect(await ask('192.0.2.7')).toMatchObject({ result: 'pass', identity: 'mailfrom', domain: 'spf.example', queries: 1 })
  expect(await ask('198.51.100.7')).toMatchObject({ result: 'fail', queries: 0 })
  expect(await ask('192.0.2.7', 'bob@nowhere.example')).toMatchObject({ result: 'none' })
  expect(await ask('192.0.2.7', '')).toMatchObject({ result: 'none', identity: 'helo', domain: 'host.example' })
})

test('SPF: a silent DNS is temporary; a record that asks for too much is permanent', async () => {
  dns.silent.add('late.example')
  expect(await hasty.spf({ client: '192.0.2.7', helo: null, sender: 'a@late.example' })).toMatchObject({ result: 'temperror' })
  const mx = Array.from({ length: 9 }, (_, i) => ({ exchange: `m${i}.mx.example`, priority: i }))
  dns.records.set('greedy.example', { TXT: ['v=spf1 mx mx:a.example mx:b.example mx:c.example -all'], MX: mx })
  for (const name of ['a.example', 'b.example', 'c.example']) {
    dns.records.set(name, { MX: mx.map(({ exchange, priority }) => ({ exchange: `${name[0]}${exchange}`, priority })) })
  }
  expect(await authenticator.spf({ client: '192.0.2.7', helo: null, sender: 'a@greedy.example' })).toMatchObject({
    result: 'permerror',
    queries: 20,
  })
})

test('after closing there are answers still: temporary ones', async () => {
  const other = await openAuthenticator({ hostname: 'mx', workers: 1, dns: { servers: [dns.server], ...limits }, log, clock: Date.now })
  await other.close()
  expect(await other.spf({ client: '192.0.2.7', helo: null, sender: 'a@Example.com' })).toMatchObject({
    result: 'temperror',
    domain: 'example.com',
  })
  expect((await other.message(question([Buffer.from('x')]))).dmarc.result).toBe('temperror')
})

test('a number of workers that is none', async () => {
  const options = { hostname: 'mx', workers: -1, dns: { servers: [dns.server], ...limits }, log, clock: Date.now }
  await expect(openAuthenticator(options)).rejects.toThrow('workers must be')
})

test('nothing failed on the way that nobody expected', () => {
  expect(log.lines.filter(({ text }) => text.includes('check failed') || text.includes('ended'))).toEqual([])
})
