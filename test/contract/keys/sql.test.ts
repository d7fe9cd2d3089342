import { afterAll, test } from 'vitest'
import { sqlKeys } from '../../../src/keys/sql.ts'
import { freePort } from '../../support/ports.ts'
import { type Postgres, startPostgres } from '../../support/postgres.ts'
import { skipWithout } from '../../support/services.ts'
import { keyVerifierContract } from './suite.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const at = Date.parse('2027-01-01T00:00:00Z')
const limits = { timeout: 10_000, connections: 2, log }
const query = 'SELECT ticket AS subject, senders, expires, revoked FROM keys WHERE token = %{key} AND route = %{route}'
const missing = skipWithout('postgresql')

if (missing !== null) test.skipIf(true)(missing, () => {})
else {
  let server: Postgres | null = null
  afterAll(() => server?.remove())

  keyVerifierContract('keys in PostgreSQL', async () => {
    server = await startPostgres()
    await server.sql(`
      CREATE TABLE keys (token text PRIMARY KEY, route text DEFAULT 'reply', ticket bigint, senders text[], expires timestamptz, revoked boolean);
      INSERT INTO keys (token, ticket, senders) VALUES ('GoodKey_AbC', 42, '{ann@example.net,example.org}');
      INSERT INTO keys (token, ticket, expires) VALUES ('passing', 43, '2027-01-01T01:00:00+01:00');
      INSERT INTO keys (token, expires, revoked) VALUES ('gone', '2020-01-01', true);
      INSERT INTO keys (token, route) VALUES ('elsewhere', 'comment');`)
    return {
      verifier: sqlKeys({ url: server.url(), password: server.password, query, ...limits }),
      valid: { key: 'GoodKey_AbC', claims: { subject: '42', senders: ['ann@example.net', 'example.org'] } },
      expiring: { key: 'passing', at, claims: { subject: '43', expires: at } },
      unknown: ['nobody', 'GoodKey_Ab', "' OR true --", "GoodKey_AbC' --", '$1', '%{key}', '%', 'elsewhere'],
      revoked: 'gone',
      unavailable: sqlKeys({ url: `postgres://postgres@127.0.0.1:${await freePort()}/postgres`, query, ...limits }),
      foldsCase: false,
    }
  })
}
