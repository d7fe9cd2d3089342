/**
 * Keys kept in Redis by the application: a Redis key for each key, or one set or hash of all. One look-up a question, and
 * nothing is ever written. Whatever is not a plain answer (a server that is down, hangs, loads, refuses) is `unavailable`:
 * only a server that was asked and has no such key makes a key unknown.
 */
import type { Redis } from 'ioredis'
import type { KeyCheck, KeyQuery, KeyVerifier, Log } from '../transaction/ports.ts'
import { askable } from './askable.ts'
import { type Address, parseRedisUrl, showPlace, tlsOptions } from './redis/address.ts'
import { messageOf, openClient } from './redis/client.ts'
import { findMaster, type SentinelOptions, watchMaster } from './redis/sentinel.ts'
import { keepStore, type Store } from './redis/store.ts'
import { type LookUpKind, nameMaker } from './redis/template.ts'
import { judgeFound } from './redis/value.ts'

export { redisUrlProblem } from './redis/address.ts'
export { templateProblem } from './redis/template.ts'

export interface RedisKeysOptions {
  /**
   * `redis://host:port/db`, `rediss://host:port/db` for TLS, or `redis+unix:///path/to/socket?db=1`. With `sentinel` it
   * gives the database and TLS only, and may be left out.
   */
  readonly url?: string
  readonly username?: string
  readonly password?: string
  readonly sentinel?: SentinelOptions
  /** PEM text: the only authorities that may vouch for the server (and the Sentinels). */
  readonly ca?: string
  readonly lookUp: { readonly kind: LookUpKind; readonly template: string }
  /** Milliseconds for one question. */
  readonly timeout: number
  readonly log: Log
}

/** Connects in the background: a store that is down is told by the answers. Throws for options that can't be understood. */
export function redisKeys(options: RedisKeysOptions): KeyVerifier {
  const look = looker(options.lookUp)
  const address = addressOf(options)
  const tls = address.tls ? tlsOptions(options.ca) : null
  const store = keepStore({ ...options, name: nameOf(options, address), open: signal => open(options, { address, tls, look, signal }) })
  const unwatch = options.sentinel && watchMaster(options.sentinel, tls, () => store.renew('another server is the master now'))
  return {
    verify: query => verify(store, look, query),
    close() {
      unwatch?.()
      return store.close()
    },
  }
}

function addressOf({ url, sentinel, ca }: RedisKeysOptions): Address {
  if (url === undefined && sentinel === undefined) throw new Error('keys in Redis need a url or a sentinel')
  if (sentinel?.nodes.length === 0) throw new Error('keys in Redis need one Sentinel at least')
  const address = parseRedisUrl(url ?? 'redis://sentinel/0')
  if (ca !== undefined && !address.tls) throw new Error('a ca is for TLS: the Redis URL begins with rediss:// then')
  return address
}

const nameOf = ({ sentinel }: RedisKeysOptions, { place, db }: Address): string =>
  `${sentinel === undefined ? showPlace(place) : sentinel.master} (redis, database ${db})`

type Look = (client: Redis, query: Pick<KeyQuery, 'key' | 'mailbox' | 'route'>) => Promise<Buffer | number | null>

function looker({ kind, template }: RedisKeysOptions['lookUp']): Look {
  const name = nameMaker(template, kind)
  if (kind === 'key') return (client, query) => client.getBuffer(name(query)).then(valueOrNone)
  if (kind === 'set') return (client, query) => client.sismember(name(query), query.key).then(memberOrNot)
  return (client, query) => client.hgetBuffer(name(query), query.key).then(valueOrNone)
}

const valueOrNone = (found: unknown): Buffer | null => (found === null || Buffer.isBuffer(found) ? found : foreign())
const memberOrNot = (found: unknown): number => (found === 0 || found === 1 ? found : foreign())

/** Whatever it is that answers here, it doesn't answer this question: the connection is given up. */
function foreign(): never {
  throw new Error('what came is no answer to the question')
}

interface Opening {
  readonly address: Address
  readonly tls: ReturnType<typeof tlsOptions> | null
  readonly look: Look
  readonly signal: AbortSignal
}

async function open(options: RedisKeysOptions, { address, tls, look, signal }: Opening): Promise<Redis> {
  const { sentinel } = options
  const within = Math.max(options.timeout, 1000)
  const place = sentinel === undefined ? address.place : await findMaster(sentinel, { tls, within, signal })
  const username = options.username ?? (address.username || undefined)
  const password = options.password ?? (address.password || undefined)
  const prove = async (client: Redis) => {
    if (address.db !== 0) await client.select(address.db)
    if (sentinel !== undefined) await beMaster(client)
    await tryOut(client, look)
  }
  return await openClient({ place, tls, username, password, within, signal, prove })
}

async function beMaster(client: Redis): Promise<void> {
  const [role] = await client.role()
  if (role !== 'master') throw new Error(`the server is a ${role} and no longer the master`)
}

/** A question nobody asked: one that loads its data, or wants a password, says so. Which names this user may read shows later. */
async function tryOut(client: Redis, look: Look): Promise<void> {
  await look(client, { key: '', mailbox: '', route: '' }).catch((error: unknown) => {
    if (!/^(?:NOPERM|WRONGTYPE|MOVED) /.test(messageOf(error))) throw error
  })
}

const unknown: KeyCheck = Object.freeze({ kind: 'unknown' })
const unavailable = (cause: string): KeyCheck => ({ kind: 'unavailable', cause: `redis: ${cause}` })

function verify(store: Store, look: Look, query: KeyQuery): KeyCheck | Promise<KeyCheck> {
  if (!couldBeKept(query.key)) return unknown
  if (store.down !== null) return unavailable(store.down)
  return store
    .ask(client => look(client, query))
    .then(
      found => judgeFound(found, query.at),
      (error: unknown) => unavailable(messageOf(error)),
    )
}

/** No path is longer than 512 octets. */
const maxKeyOctets = 512
const couldBeKept = (key: string): boolean => askable(key) && !/[\x00-\x1f\x7f]/.test(key) && Buffer.byteLength(key) <= maxKeyOctets
