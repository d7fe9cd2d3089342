/**
 * Redis Sentinel: which server is the master now, and word of a change. All listed Sentinels are asked at once: one that
 * hangs costs nothing, and one that was away and tells an old story is outvoted. Only the listed ones are used, never
 * those they name.
 */
import type { ConnectionOptions } from 'node:tls'
import { Redis } from 'ioredis'
import type { Place } from './address.ts'
import { messageOf, openClient, severClient } from './client.ts'

export interface SentinelOptions {
  /** Its name in the Sentinels' configuration. */
  readonly master: string
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  readonly password?: string
}

export interface Asking {
  readonly tls: ConnectionOptions | null
  readonly within: number
  readonly signal: AbortSignal
}

/** The master that more than half of the Sentinels name; where they don't agree, the one that most of those that answer name. Rejects where none answers. */
export async function findMaster(sentinel: SentinelOptions, asking: Asking): Promise<Place> {
  const votes = new Map<string, { readonly place: Place; count: number }>()
  const { promise: agreed, resolve: agree } = Promise.withResolvers<Place>()
  const asked = sentinel.nodes.map(async node => {
    const place = await askOne(sentinel, node, asking)
    const vote = votes.get(JSON.stringify(place)) ?? { place, count: 0 }
    votes.set(JSON.stringify(place), vote)
    vote.count++
    if (vote.count * 2 > sentinel.nodes.length) agree(place)
  })
  const counted = Promise.allSettled(asked).then(results => {
    const [best] = [...votes.values()].sort((a, b) => b.count - a.count)
    if (best !== undefined) return best.place
    throw new Error(`no Sentinel names the master ${sentinel.master}: ${results.map(failureOf).join('; ')}`)
  })
  return await Promise.race([agreed, counted])
}

const failureOf = (result: PromiseSettledResult<void>): string => (result.status === 'rejected' ? messageOf(result.reason) : '')

async function askOne({ master, password }: SentinelOptions, node: Place, asking: Asking): Promise<Place> {
  let answer: unknown
  const prove = async (client: Redis) => {
    answer = await client.call('SENTINEL', 'get-master-addr-by-name', master)
  }
  severClient(await openClient({ place: node, ...asking, password, prove }))
  if (!Array.isArray(answer)) throw new Error(`the Sentinel knows no master ${master}`)
  return { host: String(answer[0]), port: Number(answer[1]) }
}

/**
 * Calls `changed` when a Sentinel says that another server is the master now: the old one may still answer, with keys as
 * they were. Quiet about Sentinels that are down: it goes on trying, and the others are heard. Gives what ends it.
 */
export function watchMaster(sentinel: SentinelOptions, tls: ConnectionOptions | null, changed: () => void): () => void {
  const clients = sentinel.nodes.map(node => subscribe(sentinel, { node, tls, changed }))
  return () => clients.forEach(severClient)
}

interface Subscription {
  readonly node: { readonly host: string; readonly port: number }
  readonly tls: ConnectionOptions | null
  readonly changed: () => void
}

function subscribe({ master, password }: SentinelOptions, { node, tls, changed }: Subscription): Redis {
  const client = new Redis({
    ...node,
    ...(tls === null ? {} : { tls }),
    retryStrategy: () => 1000,
    // Seconds of silence before the system asks whether the other side is still there.
    keepAlive: 10_000,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    autoResubscribe: false,
    disableClientInfo: true,
    protocol: 2,
  })
  client.on('error', () => {})
  client.on('message', (_channel, text) => {
    if (text.startsWith(`${master} `)) changed()
  })
  client.on('ready', () => {
    const signedIn = password === undefined ? Promise.resolve() : client.auth(password)
    signedIn.then(() => client.subscribe('+switch-master')).catch(() => client.disconnect(true))
  })
  return client
}
