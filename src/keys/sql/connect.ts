/**
 * How PostgreSQL is reached: the URL of the configuration taken apart, TLS as sslmode says, and the settings every session
 * gets at its start: it only reads, ends long statements by itself, and writes times in one form. Nothing comes from the
 * environment. A session that may write is not used: a pooler between us may have dropped the settings.
 */
import { isIP } from 'node:net'
import { type ConnectionOptions, checkServerIdentity } from 'node:tls'
import pg from 'pg'

export interface Access {
  readonly url: string
  readonly password?: string | undefined
  /** PEM. */
  readonly ca?: string | undefined
}

export interface Place {
  /** A name, an address, or the folder of a UNIX socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly mode: SslMode
}

const modes = ['disable', 'require', 'verify-ca', 'verify-full'] as const
type SslMode = (typeof modes)[number]

/** `postgres://user@host:port/database?sslmode=…`, or what is wrong with it. Never says what stands in it: there may be a password. */
export function parseSqlUrl(text: string): Place | string {
  const url = URL.parse(text)
  if (url === null || !/^postgres(?:ql)?:$/.test(url.protocol)) return 'the URL of a database is written postgres://user@host:port/database'
  if (url.password !== '' || url.searchParams.has('password')) return 'the URL of a database can’t hold a password: give it as password'
  // Not which: whoever puts a password in may have put it anywhere.
  if ([...url.searchParams.keys()].some(name => !['sslmode', 'host', 'user'].includes(name)))
    return 'behind the ? in the URL of a database there may be sslmode, host and user, nothing else'
  try {
    return placeIn(url)
  } catch {
    return 'the URL of a database holds a % that stands for nothing'
  }
}

function placeIn(url: URL): Place | string {
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1')
  const user = url.searchParams.get('user') ?? decodeURIComponent(url.username)
  const database = decodeURIComponent(url.pathname.slice(1))
  if (host === '' || user === '' || database === '') return 'the URL of a database names its host, user and database'
  // Without sslmode: nobody listens on the way to this machine itself, anybody may on the way to another.
  const local = host.startsWith('/') || /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host)
  const mode = url.searchParams.get('sslmode') ?? (local ? 'disable' : 'verify-full')
  if (!isMode(mode)) return `sslmode is one of ${modes.join(', ')}`
  return { host, port: url.port === '' ? 5432 : Number(url.port), user, database, mode }
}

const isMode = (text: string): text is SslMode => (modes as readonly string[]).includes(text)

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
