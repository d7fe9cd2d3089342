/**
 * How keys in Redis connect: passwords, ACL users, TLS, databases, a server that loads its data or refuses a question. Each
 * way of not getting an answer is `unavailable`, never `unknown`, and is told once.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { type RedisKeysOptions, redisKeys } from '../../../src/keys/redis.ts'
import type { KeyCheck, KeyVerifier } from '../../../src/transaction/ports.ts'
import { freePort } from '../../support/ports.ts'
import { type RedisServerOptions, startRedis } from '../../support/redis.ts'
import { findProgram, skipWithout } from '../../support/services.ts'
import { queryFor } from './suite.ts'

const missing = skipWithout('redis', 'openssl')
const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

/** A server that has one good key in databases 0 and 3, and the set that is asked of by `inSet`. */
async function serverWith(options: RedisServerOptions = {}) {
  const server = await startRedis(options)
  endings.push(() => server.stop())
  const client = await server.client()
  await client.set('reply:good', '42')
  await client.sadd('replies', 'good')
  await client.select(3)
  await client.set('reply:good', 'of three')
  await client.select(0)
  return { server, client }
}

function verifierFor(options: Partial<RedisKeysOptions>) {
  const lines: { level: string; text: string; cause?: string }[] = []
  const note = (level: string) => (fields: object, text: string) => void lines.push({ level, text, ...fields })
  const log = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') }
  const verifier = redisKeys({ lookUp: { kind: 'key', template: 'reply:%{key}' }, timeout: 5_000, log, ...options })
  endings.push(() => verifier.close?.())
  return { verifier, lines }
}

const ask = async (verifier: KeyVerifier, key = 'good'): Promise<KeyCheck> => await verifier.verify(queryFor(key))

/** What it answers once it answers, within 20 seconds. */
async function settled(verifier: KeyVerifier, key = 'good'): Promise<KeyCheck> {
  const until = Date.now() + 20_000
  for (;;) {
    const check = await ask(verifier, key)
    if (check.kind !== 'unavailable' || Date.now() > until) return check
    await sleep(5)
  }
}

/**
 * Asks for a while, after the connection had its chance: always unavailable, for good and unknown keys, and this is the cause in
 * the end. On a machine that stalls the connection may have its chance later.
 */
async function neverAnswers(verifier: KeyVerifier, cause: string | RegExp): Promise<void> {
  for (let i = 0; i < 40; i++) {
    expect(await ask(verifier, i % 2 === 0 ? 'good' : 'nobody')).toMatchObject({ kind: 'unavailable' })
    await sleep(15)
  }
  const kinds = new Set<string>()
  const causeNow = async () => {
    const check = await ask(verifier)
    kinds.add(check.kind)
    return check.kind === 'unavailable' ? check.cause : ''
  }
  await expect.poll(causeNow).toMatch(cause)
  expect([...kinds]).toEqual(['unavailable'])
}

const good = { kind: 'valid', claims: { subject: '42' } }

describe.skipIf(missing !== null)('connecting to Redis', () => {
  test('by a UNIX socket, in another database', async () => {
    const { server } = await serverWith()
    const { verifier } = verifierFor({ url: `redis+unix://${server.socket}?db=3` })
    expect(await settled(verifier)).toEqual({ kind: 'valid', claims: { subject: 'of three' } })
    expect(await ask(verifier, 'nobody')).toEqual({ kind: 'unknown' })
  })

  test('a database that isn’t there is never another one', async () => {
    const { server } = await serverWith()
    const { verifier, lines } = verifierFor({ url: `${server.url}/99` })
    await neverAnswers(verifier, 'DB index is out of range')
    expect(lines).toHaveLength(1)
  })

  test('a password: the right one, a wrong one, none, and one that nobody wants', async () => {
    const { server } = await serverWith({ password: 'open sesame' })
    expect(await settled(verifierFor({ url: server.url, password: 'open sesame' }).verifier)).toEqual(good)
    const inUrl = server.url.replace('//', '//:open%20sesame@')
    expect(await settled(verifierFor({ url: inUrl }).verifier)).toEqual(good)
    const wrong = verifierFor({ url: server.url, password: 'guess' })
    await neverAnswers(wrong.verifier, 'WRONGPASS')
    expect(wrong.lines).toEqual([expect.objectContaining({ level: 'error', cause: expect.stringContaining('WRONGPASS') })])
    expect(JSON.stringify(wrong.lines)).not.toContain('guess')
    await neverAnswers(verifierFor({ url: server.url }).verifier, 'NOAUTH')
    const { server: opened } = await serverWith()
    await neverAnswers(verifierFor({ url: opened.url, password: 'open' }).verifier, 'without any password')
  })

  test('an ACL user that may only look up, and only there', async () => {
    const { server, client } = await serverWith()
    await client.call('ACL', 'SETUSER', 'ann', 'on', '>pass', '-@all', '+get', '%R~reply:incoming:*')
    await client.set('reply:incoming:good', '42')
    const options = { url: server.url, username: 'ann', password: 'pass' }
    const { verifier } = verifierFor({ ...options, lookUp: { kind: 'key', template: 'reply:%{mailbox}:%{key}' } })
    expect(await settled(verifier)).toEqual(good)
    expect(await ask(verifier, 'nobody')).toEqual({ kind: 'unknown' })
    const outside = verifierFor(options)
    await neverAnswers(outside.verifier, 'NOPERM')
    expect(outside.lines.filter(line => line.cause?.includes('NOPERM'))).toHaveLength(1)
  })

  test('a name that holds something else is unavailable, told once, and costs no other key anything', async () => {
    const { server, client } = await serverWith()
    await client.sadd('reply:odd', 'x')
    const { verifier, lines } = verifierFor({ url: server.url })
    await settled(verifier)
    const before = lines.length
    for (let i = 0; i < 50; i++) {
      const [odd, other] = await Promise.all([ask(verifier, 'odd'), ask(verifier)])
      expect(odd).toMatchObject({ kind: 'unavailable', cause: expect.stringContaining('WRONGTYPE') })
      expect(other).toEqual(good)
    }
    expect(lines.slice(before)).toHaveLength(1)
    const set = verifierFor({ url: server.url, lookUp: { kind: 'set', template: 'reply:good' } })
    await neverAnswers(set.verifier, 'WRONGTYPE')
  })

  test('values that are no UTF-8, or longer than 64 KiB, are unavailable', async () => {
    const { server, client } = await serverWith()
    await client.set('reply:octets', Buffer.from([0xff, 0xfe]))
    await client.set('reply:fits', `{"subject":"42","more":"${'a'.repeat(65_536 - 26)}"}`)
    await client.set('reply:longer', `{"subject":"42","more":"${'a'.repeat(65_537 - 26)}"}`)
    const { verifier } = verifierFor({ url: server.url })
    expect(await settled(verifier)).toEqual(good)
    expect(await ask(verifier, 'octets')).toMatchObject({ kind: 'unavailable', cause: expect.stringContaining('UTF-8') })
    expect(await ask(verifier, 'fits')).toEqual(good)
    expect(await ask(verifier, 'longer')).toMatchObject({ kind: 'unavailable', cause: expect.stringContaining('65536') })
  })

  test('a key that Redis lets expire is unknown from then on', async () => {
    const { server, client } = await serverWith()
    await client.set('reply:brief', '1')
    const { verifier } = verifierFor({ url: server.url })
    expect((await settled(verifier, 'brief')).kind).toBe('valid')
    await client.pexpire('reply:brief', 300)
    await expect.poll(() => ask(verifier, 'brief')).toEqual({ kind: 'unknown' })
  })

  test('while the server loads its data no key is unknown', async () => {
    // A millisecond and more for each key, and a look at the clients every kibibyte.
    const settings = ['--key-load-delay', '1000', '--loading-process-events-interval-bytes', '1024']
    const { server, client } = await serverWith({ settings })
    await client.mset(Array.from({ length: 2_000 }, (_, i) => [`filler:${i}`, `${i}`.repeat(10)]).flat())
    await client.save()
    const { verifier, lines } = verifierFor({ url: server.url })
    expect(await settled(verifier)).toEqual(good)
    await server.kill()
    const back = server.start()
    const causes = new Set<string>()
    const until = Date.now() + 40_000
    for (let answered = false; !answered && Date.now() < until; await sleep(2)) {
      const check = await ask(verifier)
      if (check.kind === 'unavailable') causes.add(check.cause.replace(/^.*: (\w+).*$/, '$1'))
      else expect(check).toEqual(good)
      answered = check.kind === 'valid'
    }
    await back
    expect([...causes]).toContain('LOADING')
    expect(lines.at(-1)).toMatchObject({ level: 'info' })
  })

  test('a server that runs somebody’s endless script gives no answer, and is right again after it', async () => {
    const { server, client } = await serverWith({ settings: ['--busy-reply-threshold', '50'] })
    const { verifier, lines } = verifierFor({ url: server.url, timeout: 10_000 })
    expect(await settled(verifier)).toEqual(good)
    const other = await server.client()
    const script = client.eval('while true do end', 0).catch(() => {})
    await sleep(300)
    expect(await ask(verifier)).toMatchObject({ kind: 'unavailable', cause: expect.stringContaining('BUSY') })
    expect(verifier.verify(queryFor('good'))).toMatchObject({ kind: 'unavailable' })
    await other.call('SCRIPT', 'KILL')
    await script
    expect(await settled(verifier)).toEqual(good)
    expect(lines[0]).toMatchObject({ level: 'error', cause: expect.stringContaining('BUSY') })
    expect(lines.at(-1)).toMatchObject({ level: 'info' })
  })

  test('TLS: with its authority, without it, under another name, and spoken to in the clear', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'postern-ca-'))
    endings.push(() => rmSync(folder, { recursive: true }))
    const tls = certificateIn(folder)
    const { server } = await serverWith({ tls })
    const { verifier } = verifierFor({ url: server.url, ca: tls.ca })
    expect(await settled(verifier)).toEqual(good)
    await neverAnswers(verifierFor({ url: server.url }).verifier, /self-signed|unable to verify|issuer/)
    await neverAnswers(verifierFor({ url: server.url.replace('127.0.0.1', 'localhost'), ca: tls.ca }).verifier, 'altnames')
    await neverAnswers(verifierFor({ url: server.url.replace('rediss', 'redis') }).verifier, '')
  })

  test('a server that takes connections and never speaks is unavailable at once, not after a time-out each', async () => {
    const sockets = new Set<net.Socket>()
    const port = await freePort()
    const mute = net.createServer(socket => sockets.add(socket.on('error', () => {}))).listen(port, '127.0.0.1')
    endings.push(() => {
      for (const socket of sockets) socket.destroy()
      mute.close()
    })
    const { verifier, lines } = verifierFor({ url: `redis://127.0.0.1:${port}`, timeout: 1000 })
    // Not a promise of an answer: nothing is waited for.
    for (let i = 0; i < 1000; i++) expect(verifier.verify(queryFor('good'))).toMatchObject({ kind: 'unavailable' })
    await expect.poll(() => ask(verifier)).toMatchObject({ cause: expect.stringContaining('not ready within 1000 ms') })
    expect(lines).toHaveLength(1)
  })

  test.each([
    ['key', '*2\r\n$1\r\nx\r\n$-1\r\n'],
    ['key', ':0\r\n'],
    ['key', ':1\r\n'],
    ['hash', ':0\r\n'],
    ['set', '$1\r\n1\r\n'],
    ['set', '$-1\r\n'],
    ['set', ':7\r\n'],
  ] as const)('%s: %j is no answer', async (kind, answer) => {
    const first = { key: '$-1\r\n', hash: '$-1\r\n', set: ':0\r\n' }[kind]
    // A question nobody asked comes first; an answer to that one in order makes the server look well.
    const server = net.createServer(socket => {
      let asked = 0
      socket.on('error', () => {})
      socket.on('data', chunk => {
        for (const command of `${chunk}`.toLowerCase().split(/(?=\*\d+\r\n)/)) {
          if (!/\b(?:get|hget|sismember)\b/.test(command)) socket.write(command.includes('info') ? '$0\r\n\r\n' : '+OK\r\n')
          else socket.write(asked++ === 0 ? first : answer)
        }
      })
    })
    const port = await freePort()
    server.listen(port, '127.0.0.1')
    endings.push(() => server.close())
    const template = kind === 'key' ? 'reply:%{key}' : 'replies'
    const { verifier } = verifierFor({ url: `redis://127.0.0.1:${port}`, lookUp: { kind, template } })
    await expect.poll(() => ask(verifier)).toEqual({ kind: 'unavailable', cause: 'redis: what came is no answer to the question' })
    for (let i = 0; i < 20; i++) expect(await ask(verifier)).toMatchObject({ kind: 'unavailable' })
  })

  test('what was asked before close is answered, what is asked after is unavailable', async () => {
    const { server } = await serverWith()
    const { verifier } = verifierFor({ url: server.url })
    await settled(verifier)
    const asked = Array.from({ length: 100 }, () => ask(verifier))
    const closed = verifier.close?.()
    expect(await ask(verifier)).toMatchObject({ kind: 'unavailable' })
    for (const check of await Promise.all(asked)) expect(check).toEqual(good)
    await closed
    const client = await server.client()
    expect((await client.call('CLIENT', 'LIST', 'TYPE', 'normal')) as string).not.toContain('cmd=get')
  })

  test('over 10,000 questions in flight the next are unavailable, and those in flight are answered', async () => {
    const { server } = await serverWith()
    const { verifier } = verifierFor({ url: server.url, timeout: 30_000 })
    await settled(verifier)
    const checks = await Promise.all(Array.from({ length: 10_001 }, () => ask(verifier)))
    expect(checks.slice(0, 10_000).filter(check => check.kind !== 'valid')).toEqual([])
    expect(checks[10_000]).toMatchObject({ kind: 'unavailable', cause: expect.stringContaining('10000') })
    expect(await ask(verifier)).toEqual(good)
  })

  test('options that can’t be understood are told when it is made', () => {
    expect(() => verifierFor({})).toThrow('url or a sentinel')
    expect(() => verifierFor({ url: 'redis://a', ca: 'PEM' })).toThrow('rediss')
    expect(() => verifierFor({ url: 'redis://a', lookUp: { kind: 'key', template: 'all' } })).toThrow('%{key}')
    expect(() => verifierFor({ sentinel: { master: 'keys', nodes: [] } })).toThrow('Sentinel')
  })
})

/** An authority and a certificate for 127.0.0.1 that it signed. */
function certificateIn(folder: string): NonNullable<RedisServerOptions['tls']> {
  const file = (name: string) => path.join(folder, name)
  const openssl = (...args: string[]) => execFileSync(findProgram('openssl')!, args, { stdio: 'ignore' })
  const fresh = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl(...fresh, '-x509', '-days', '2', '-subj', '/CN=test authority', '-keyout', file('ca.key'), '-out', file('ca.pem'))
  openssl(...fresh, '-subj', '/CN=redis', '-keyout', file('key.pem'), '-out', file('request.pem'))
  writeFileSync(file('extensions'), 'subjectAltName=IP:127.0.0.1\n')
  const signing = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', file('extensions')]
  openssl('x509', '-req', '-in', file('request.pem'), ...signing, '-out', file('certificate.pem'))
  return { key: file('key.pem'), certificate: file('certificate.pem'), ca: readFileSync(file('ca.pem'), 'utf8') }
}
