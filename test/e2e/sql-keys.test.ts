/** Keys in a real PostgreSQL: what the session may not do, errors of the query, TLS, and a server killed under load. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type SqlKeysOptions, sqlKeys } from '../../src/keys/sql.ts'
import type { KeyVerifier } from '../../src/transaction/ports.ts'
import { type KeyLoad, queryOf, startKeyLoad } from '../support/key-load.ts'
import { removeFolder, temporaryFolder } from '../support/postern.ts'
import { type Postgres, startPostgres } from '../support/postgres.ts'
import { findProgram, skipWithout } from '../support/services.ts'

const missing = skipWithout('postgresql', 'openssl')
const query = 'SELECT ticket AS subject, expires FROM keys WHERE token = %{key}'

type Options = Partial<SqlKeysOptions> | (() => Partial<SqlKeysOptions>)

function certificate(folder: string): { key: string; certificate: string } {
  const [key, file] = [path.join(folder, 'key.pem'), path.join(folder, 'certificate.pem')]
  const names = 'subjectAltName=DNS:db.example.com,IP:127.0.0.1'
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=db.example.com', '-addext', names]
  execFileSync(findProgram('openssl')!, [...args, '-keyout', key, '-out', file], { stdio: 'ignore' })
  return { key: readFileSync(key, 'utf8'), certificate: readFileSync(file, 'utf8') }
}

describe.skipIf(missing !== null)(missing ?? 'keys in PostgreSQL', () => {
  let server: Postgres
  let tls: { key: string; certificate: string }
  let lines: string[]
  const open: KeyVerifier[] = []
  let load: KeyLoad | null = null

  beforeAll(async () => {
    const folder = await temporaryFolder('certificate')
    tls = certificate(folder)
    await removeFolder(folder)
    server = await startPostgres({ settings: { ssl: 'on' }, files: { 'server.key': tls.key, 'server.crt': tls.certificate } })
    await server.sql(`
      CREATE TABLE keys (token text PRIMARY KEY, ticket bigint, expires timestamptz);
      INSERT INTO keys VALUES ('good', 42, NULL);
      CREATE TABLE hits (at timestamptz);
      CREATE FUNCTION count_hit() RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO hits VALUES (now()); RETURN '42'; END $$;
      CREATE SEQUENCE numbers;
      CREATE ROLE reader LOGIN PASSWORD 'a password of the tests';`)
  })
  afterAll(() => server?.remove())
  beforeEach(() => {
    lines = []
  })
  afterEach(async () => {
    await load?.stop()
    load = null
    for (const verifier of open.splice(0)) await verifier.close?.()
  })

  function keys(options: Partial<SqlKeysOptions> = {}): KeyVerifier {
    const say = (_: object, text: string) => void lines.push(text)
    const log = { debug() {}, info: say, warn: say, error: say }
    const verifier = sqlKeys({ url: server.url(), password: server.password, query, timeout: 1_000, connections: 4, log, ...options })
    open.push(verifier)
    return verifier
  }
  const ask = async (verifier: KeyVerifier, key = 'good') => await verifier.verify(queryOf(key))
  const unavailable = (cause: RegExp) => ({ kind: 'unavailable', cause: expect.stringMatching(cause) })
  const good = { kind: 'valid', claims: { subject: '42' } }

  describe('only reads', () => {
    test.each([
      ['a function that writes', 'SELECT count_hit() AS subject WHERE %{key} IS NOT NULL', /INSERT in a read-only transaction.*25006/],
      ['a sequence', "SELECT nextval('numbers') AS subject WHERE %{key} IS NOT NULL", /nextval\(\) in a read-only transaction/],
      ['WITH … DELETE', 'WITH gone AS (DELETE FROM keys WHERE token = %{key} RETURNING ticket) SELECT ticket FROM gone', /data-modifying/],
      ['SELECT INTO', 'SELECT ticket INTO other FROM keys WHERE token = %{key}', /INTO/],
      ['a lock', 'SELECT ticket FROM keys WHERE token = %{key} FOR UPDATE', /read-only transaction/],
      [
        'leaving the read-only transaction',
        "SELECT set_config('transaction_read_only', 'off', true) AS subject WHERE %{key} IS NOT NULL",
        /read-write mode/,
      ],
    ])('%s', async (_, query, cause) => {
      const verifier = keys({ query })
      expect(await ask(verifier)).toEqual(unavailable(cause))
      expect(await ask(verifier)).toEqual(unavailable(cause))
      expect(await server.sql('SELECT count(*) FROM hits')).toBe('0')
      expect(await server.sql('SELECT count(*) FROM keys')).toBe('1')
    })
  })

  test('a session that may write is not used, whoever dropped our settings', async () => {
    // As a pooler does: what the client asks for at its start doesn't reach the server.
    const pooler = net.createServer(client => {
      const upstream = net.connect(server.port, '127.0.0.1')
      client.once('data', start => {
        upstream.write(Buffer.from(start.toString('latin1').replace('read_only=on', 'read_only=0 '), 'latin1'))
        client.pipe(upstream)
      })
      upstream.pipe(client)
      for (const socket of [client, upstream]) socket.on('error', () => {}).on('close', () => void [client.destroy(), upstream.destroy()])
    })
    await once(pooler.listen(0, '127.0.0.1'), 'listening')
    const { port } = pooler.address() as net.AddressInfo
    expect(await ask(keys({ url: `postgres://postgres@127.0.0.1:${port}/postgres` }))).toEqual(unavailable(/the session may write/))
    pooler.close()
  })

  describe('errors are unavailable, never unknown', () => {
    test.each([
      ['a table that isn’t there', { query: 'SELECT 1 FROM nowhere WHERE token = %{key}' }, /relation "nowhere" does not exist \(42P01\)/],
      ['a wrong query', { query: 'SELECT FROM WHERE %{key}' }, /syntax error/],
      ['a table that may not be read', () => ({ url: server.url('reader') }), /permission denied/],
      ['a wrong password', { password: 'wrong' }, /password authentication failed/],
      ['no password', { password: undefined }, /password/],
      ['a role that isn’t there', () => ({ url: server.url('nobody') }), /authentication failed/],
      ['a database that isn’t there', () => ({ url: server.url().replace(/postgres$/, 'none') }), /"none" does not exist/],
      ['two rows', { query: 'SELECT ticket FROM keys, (VALUES (1), (2)) AS two WHERE token = %{key}' }, /more than one row/],
      [
        'many millions of rows',
        { query: 'SELECT 1 FROM pg_class a, pg_class b, pg_class c WHERE %{key} IS NOT NULL' },
        /more than one row/,
      ],
      ['a time without its zone', { query: 'SELECT now()::timestamp AS expires WHERE %{key} IS NOT NULL' }, /AT TIME ZONE/],
      ['a key that its type doesn’t take', { query: 'SELECT 1 FROM keys WHERE ticket = %{key}::bigint' }, /bigint: "%\{key\}"/],
      ['a division by zero', { query: 'SELECT 1 / (length(%{key}) - 4) AS subject' }, /division by zero/],
    ] as [string, Options, RegExp][])('%s', async (_, options, cause) => {
      const opened = () => keys(typeof options === 'function' ? options() : options)
      expect(await ask(opened())).toEqual(unavailable(cause))
      const verifier = opened()
      for (let left = 5; left > 0; left--) expect(await ask(verifier)).toMatchObject({ kind: 'unavailable' })
    })

    test('an error for one key costs no connection and no other key', async () => {
      const verifier = keys({ query: 'SELECT 1 / (length(%{key}) - 3) AS subject', connections: 1 })
      const backend = () => server.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'postern'")
      expect(await ask(verifier, 'four')).toMatchObject({ kind: 'valid' })
      await expect.poll(backend).toMatch(/^\d+$/)
      const before = await backend()
      for (let left = 5; left > 0; left--) expect(await ask(verifier, 'bad')).toMatchObject({ kind: 'unavailable' })
      expect(await ask(verifier, 'four')).toMatchObject({ kind: 'valid' })
      expect(await backend()).toBe(before)
    })
  })

  test('a key that no text can hold is unknown without asking', async () => {
    const verifier = keys({ url: 'postgres://nobody@127.0.0.1:1/none' })
    for (const key of ['', 'a\0b', 'half \ud83d']) expect(await ask(verifier, key)).toEqual({ kind: 'unknown' })
  })

  test('a statement longer than the time-out is given up here and there', async () => {
    const verifier = keys({ query: "SELECT pg_sleep(CASE %{key} WHEN 'slow' THEN 60 ELSE 0.2 END)::text", timeout: 500 })
    expect(await ask(verifier)).toMatchObject({ kind: 'valid' })
    const began = performance.now()
    expect(await ask(verifier, 'slow')).toMatchObject({ kind: 'unavailable' })
    expect(performance.now() - began).toBeLessThan(900)
    await expect
      .poll(() => server.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'postern' AND state = 'active'"), {
        timeout: 3_000,
      })
      .toBe('0')
    expect(await ask(verifier)).toMatchObject({ kind: 'valid' })
  })

  test('a changed table costs no answer', async () => {
    const verifier = keys({ query: 'SELECT * FROM changing WHERE token = %{key}' })
    await server.sql("CREATE TABLE changing (token text, subject text); INSERT INTO changing VALUES ('good', '42')")
    await Promise.all(Array.from({ length: 8 }, () => ask(verifier)))
    await server.sql('ALTER TABLE changing ADD COLUMN revoked boolean DEFAULT true')
    expect(await Promise.all(Array.from({ length: 8 }, () => ask(verifier)))).toEqual(
      Array.from({ length: 8 }, () => ({ kind: 'revoked' })),
    )
  })

  test('no more connections than may be, and none after close', async () => {
    const verifier = keys({ query: 'SELECT pg_sleep(0.1)::text WHERE %{key} IS NOT NULL', connections: 3, timeout: 5_000 })
    const answers = Array.from({ length: 12 }, () => ask(verifier))
    const count = () => server.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'postern'")
    await sleep(150)
    expect(await count()).toBe('3')
    expect((await Promise.all(answers)).map(({ kind }) => kind)).toEqual(Array.from({ length: 12 }, () => 'valid'))
    await verifier.close?.()
    open.length = 0
    await expect.poll(count).toBe('0')
    expect(await ask(verifier)).toEqual({ kind: 'unavailable', cause: 'the server is stopping' })
  })

  test('close does not wait for a statement', async () => {
    const verifier = keys({ query: 'SELECT pg_sleep(60)::text WHERE %{key} IS NOT NULL', timeout: 30_000 })
    const answer = ask(verifier)
    const active = () => server.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'postern' AND state = 'active'")
    await expect.poll(active).toBe('1')
    open.length = 0
    const began = performance.now()
    await verifier.close?.()
    expect(await answer).toMatchObject({ kind: 'unavailable' })
    expect(performance.now() - began).toBeLessThan(1_000)
    await server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'postern'")
  })

  describe('TLS', () => {
    const mode = (mode: string) => ({ url: `${server.url()}?sslmode=${mode}` })
    test.each(['require', 'verify-ca', 'verify-full'])('%s with the right authority', async sslmode => {
      const verifier = keys({ ...mode(sslmode), ca: tls.certificate })
      expect(await ask(verifier)).toEqual(good)
      expect(await server.sql("SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'postern'")).toBe('t')
    })
    test('require alone checks nothing, verify-full trusts only whom the system trusts', async () => {
      expect(await ask(keys(mode('require')))).toEqual(good)
      expect(await ask(keys(mode('verify-full')))).toEqual(unavailable(/self-signed/))
    })
    test('the name counts only with verify-full', async () => {
      const url = (mode: string) => server.url().replace('127.0.0.1', 'localhost').concat(`?sslmode=${mode}`)
      expect(await ask(keys({ url: url('verify-ca'), ca: tls.certificate }))).toEqual(good)
      expect(await ask(keys({ url: url('verify-full'), ca: tls.certificate }))).toEqual(unavailable(/altnames/))
    })
  })

  describe('a server that goes away', () => {
    const answersAgain = (verifier: KeyVerifier) =>
      expect.poll(async () => (await ask(verifier)).kind, { timeout: 5_000, interval: 50 }).toBe('valid')

    test('killed, stopped and restarted under load', async () => {
      const verifier = keys()
      load = startKeyLoad(verifier, { good: 'good', bad: 'bad' }, 20)
      for (const end of [() => server.kill(), () => server.stop('fast'), () => server.stop('immediate')]) {
        await sleep(300)
        await end()
        await sleep(300)
        await server.start()
        await answersAgain(verifier)
      }
      await load.stop()
      const { good, bad } = load.counts()
      expect(Object.keys(good).sort()).toEqual(['unavailable', 'valid'])
      expect(Object.keys(bad).sort()).toEqual(['unavailable', 'unknown'])
      expect(good.valid).toBeGreaterThan(100)
      expect(lines.filter(line => line.startsWith('a key could not be checked')).length).toBeLessThanOrEqual(2)
    })

    test('gone while nobody asks: the next question is answered', async () => {
      const verifier = keys()
      await Promise.all(Array.from({ length: 8 }, () => ask(verifier)))
      await server.stop()
      await server.start()
      expect(await ask(verifier)).toEqual(good)
      expect(lines).toEqual([])
    })

    test('down: every answer comes at once', async () => {
      await server.stop()
      const verifier = keys()
      const began = performance.now()
      for (let left = 20; left > 0; left--) expect(await ask(verifier)).toMatchObject({ kind: 'unavailable' })
      expect(performance.now() - began).toBeLessThan(1_000)
      await server.start()
      await answersAgain(verifier)
      expect(lines).toEqual(['a key could not be checked: mail for such keys is deferred', 'the key store answers again'])
    })

    test('frozen: the first questions wait for their time-out, the others are answered at once', async () => {
      const verifier = keys()
      load = startKeyLoad(verifier, { good: 'good', bad: 'bad' }, 20)
      await sleep(300)
      server.freeze()
      await sleep(1_500)
      load.counts()
      expect(load.slowest()).toBeLessThan(1_400)
      await sleep(500)
      const { good, bad } = load.counts()
      expect(Object.keys({ ...good, ...bad })).toEqual(['unavailable'])
      expect((good.unavailable ?? 0) + (bad.unavailable ?? 0)).toBeGreaterThan(500)
      server.thaw()
      await answersAgain(verifier)
      await load.stop()
      expect(Object.keys(load.counts().good)).not.toContain('unknown')
    })
  })
})
