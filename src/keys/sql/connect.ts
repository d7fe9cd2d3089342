/**
 * How PostgreSQL is reached: TLS as sslmode says, and the settings every session gets at its start: it only reads, ends long
 * statements by itself, and writes times in one form. Nothing comes from the environment. A session that may write is not used: a pooler between us may have dropped the settings.
 */
import { isIP } from 'node:net'
import { type ConnectionOptions, checkServerIdentity } from 'node:tls'
import pg from 'pg'
import type { Place } from './place.ts'

export interface Access {
  readonly url: string
  readonly password?: string | undefined
  /** PEM. */
  readonly ca?: string | undefined
}

export interface PoolOptions {
  readonly connections: number
  /** Milliseconds for a connection, and for a statement. */
  readonly timeout: number
}

/** A pool that connects when it is asked. Its sessions only read. */
export function openPool(place: Place, { password = '', ca }: Access, { connections, timeout }: PoolOptions): pg.Pool {
  const { host, port, user, database } = place
  const statement = Math.max(1, Math.round(timeout))
  return new pg.Pool({
    host,
    port,
    user,
    database,
    // As a function: a text that is empty would be looked for in the environment and in ~/.pgpass.
    password: () => password,
    ssl: tlsOptions(place, ca),
    max: connections,
    connectionTimeoutMillis: timeout,
    query_timeout: timeout,
    statement_timeout: statement,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: 'postern',
    options: '-c default_transaction_read_only=on -c standard_conforming_strings=on -c DateStyle=ISO -c TimeZone=UTC',
    types: { getTypeParser: () => (text: string) => text },
    onConnect: proveReadOnly,
  })
}

async function proveReadOnly(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query("SELECT current_setting('transaction_read_only') AS setting")
  if (rows[0]?.setting !== 'on') throw new Error('the session may write: a pooler between us dropped the settings of its start')
}

function tlsOptions({ host, mode }: Place, ca: string | undefined): false | ConnectionOptions {
  if (mode === 'disable') return false
  const authority = ca === undefined ? {} : { ca }
  // As libpq does: “require” alone encrypts and checks nothing, with a ca it checks that.
  if (mode === 'require' && ca === undefined) return { rejectUnauthorized: false }
  const checkHost =
    mode === 'verify-full'
      ? (_: string, certificate: Parameters<typeof checkServerIdentity>[1]) => checkServerIdentity(host, certificate)
      : () => undefined
  return { ...authority, ...(isIP(host) === 0 ? { servername: host } : {}), rejectUnauthorized: true, checkServerIdentity: checkHost }
}
