/**
 * Where the store is, from its URL: `redis://host:port/db`, `rediss://` for TLS, `redis+unix:///path/to/socket?db=1` for a
 * UNIX socket. Read here and not by the library, which takes much else and goes on with a database that isn't there.
 */
import type { ConnectionOptions } from 'node:tls'

/** What a client is told about where to connect to. */
export type Place = { readonly host: string; readonly port: number } | { readonly path: string }

export interface Address {
  readonly place: Place
  readonly db: number
  readonly tls: boolean
  readonly username: string
  readonly password: string
}

const defaultPort = 6379
const maxDb = 2 ** 31 - 1

/** What is wrong with `url`, as a sentence without its beginning; null for a good one. Never repeats a password. */
export function redisUrlProblem(url: string): string | null {
  const read = readUrl(url)
  return typeof read === 'string' ? read : null
}

/** Throws where the URL has a problem: the configuration has told of it before. */
export function parseRedisUrl(url: string): Address {
  const read = readUrl(url)
  if (typeof read === 'string') throw new Error(`the Redis URL ${read}`)
  return read
}

function readUrl(url: string): Address | string {
  if (!URL.canParse(url)) return 'is no URL: redis://host:6379/0 is one'
  const parsed = new URL(url)
  const unix = parsed.protocol === 'redis+unix:'
  if (!unix && parsed.protocol !== 'redis:' && parsed.protocol !== 'rediss:') return 'begins with redis://, rediss:// or redis+unix://'
  const place = unix ? unixPlace(parsed) : tcpPlace(parsed)
  if (typeof place === 'string') return place
  const db = dbOf(unix ? (parsed.searchParams.get('db') ?? '') : parsed.pathname.replace(/^\//, ''))
  if (db === null) return `ends with the number of a database: ${unix ? '?db=1' : '/1'}`
  const [username, password] = [decoded(parsed.username), decoded(parsed.password)]
  if (username === null || password === null) return 'has a wrong percent sign in its user name or password'
  return { place, db, tls: parsed.protocol === 'rediss:', username, password }
}

function tcpPlace({ hostname, port, search, hash }: URL): Place | string {
  if (hostname === '') return 'names no host'
  if (search !== '' || hash !== '') return 'has something behind the database that is not understood'
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? defaultPort : Number(port) }
}

function unixPlace({ hostname, pathname, searchParams, hash }: URL): Place | string {
  if (hostname !== '' || pathname.length < 2) return 'names a socket by its whole path, as in redis+unix:///run/redis/redis.sock'
  if (hash !== '' || [...searchParams.keys()].some(name => name !== 'db')) return 'has something besides ?db= that is not understood'
  const path = decoded(pathname)
  return path === null ? 'has a wrong percent sign in its path' : { path }
}

function dbOf(text: string): number | null {
  if (text === '') return 0
  const db = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  return db <= maxDb ? db : null
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

/** For the log and for causes. */
export const showPlace = (place: Place): string =>
  'path' in place ? place.path : place.host.includes(':') ? `[${place.host}]:${place.port}` : `${place.host}:${place.port}`

/** What tls.connect is told: the system's authorities where the site has none of its own. The name in the certificate is always checked. */
export const tlsOptions = (ca: string | undefined): ConnectionOptions => (ca === undefined ? {} : { ca })
