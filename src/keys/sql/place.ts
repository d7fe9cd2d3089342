/** Where a database is: the URL of the configuration taken apart. Pure; the library that connects stays out of it. */

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
