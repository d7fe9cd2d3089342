/**
 * One lasting connection to the Redis server that a configuration names: by its URL, or as the master that Sentinels name, with
 * TLS, a password, a database. It knows nothing of what is asked.
 */
import type { Redis } from 'ioredis'
import { type Address, parseRedisUrl, showPlace, tlsOptions } from './address.ts'
import { openClient } from './client.ts'
import { findMaster, type SentinelOptions, watchMaster } from './sentinel.ts'
import type { StateLog } from './state-log.ts'
import { keepStore, type Store } from './store.ts'

export interface RedisOptions {
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
}

export interface Use {
  /** Milliseconds for one question. */
  readonly timeout: number
  notices(server: string): StateLog
  /** Throws where a new connection can't be used. */
  prove(client: Redis): Promise<unknown>
  /** Whether an error of this code leaves the connection good: it is about the question, or will be over soon. */
  keeps(code: string): boolean
}

/** Connects in the background: a server that is down is told by the answers. Throws for options that can't be understood. */
export function connectRedis(options: RedisOptions, { timeout, notices, prove, keeps }: Use): Store {
  const address = addressOf(options)
  const tls = address.tls ? tlsOptions(options.ca) : null
  const opening = { address, tls, prove, within: Math.max(timeout, 1000) }
  const store = keepStore({
    timeout,
    keeps,
    notices: notices(nameOf(options, address)),
    open: signal => open(options, { ...opening, signal }),
  })
  const unwatch = options.sentinel && watchMaster(options.sentinel, tls, () => store.renew('another server is the master now'))
  return {
    get down() {
      return store.down
    },
    tried: () => store.tried(),
    ask: question => store.ask(question),
    renew: why => store.renew(why),
    close() {
      unwatch?.()
      return store.close()
    },
  }
}

function addressOf({ url, sentinel, ca }: RedisOptions): Address {
  if (url === undefined && sentinel === undefined) throw new Error('Redis needs a url or a sentinel')
  if (sentinel?.nodes.length === 0) throw new Error('Redis needs one Sentinel at least')
  const address = parseRedisUrl(url ?? 'redis://sentinel/0')
  if (ca !== undefined && !address.tls) throw new Error('a ca is for TLS: the Redis URL begins with rediss:// then')
  return address
}

const nameOf = ({ sentinel }: RedisOptions, { place, db }: Address): string =>
  `${sentinel === undefined ? showPlace(place) : sentinel.master} (redis, database ${db})`

interface Opening {
  readonly address: Address
  readonly tls: ReturnType<typeof tlsOptions> | null
  readonly within: number
  readonly signal: AbortSignal
  prove(client: Redis): Promise<unknown>
}

async function open(options: RedisOptions, { address, tls, within, signal, prove }: Opening): Promise<Redis> {
  const { sentinel } = options
  const place = sentinel === undefined ? address.place : await findMaster(sentinel, { tls, within, signal })
  const username = options.username ?? (address.username || undefined)
  const password = options.password ?? (address.password || undefined)
  const proveAll = async (client: Redis) => {
    if (address.db !== 0) await client.select(address.db)
    if (sentinel !== undefined) await beMaster(client)
    await prove(client)
  }
  return await openClient({ place, tls, username, password, within, signal, prove: proveAll })
}

async function beMaster(client: Redis): Promise<void> {
  const [role] = await client.role()
  if (role !== 'master') throw new Error(`the server is a ${role} and no longer the master`)
}
