/** Bursts straight over LMTP, and how fast they are in Redis. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { startRedis } from '../../test/support/redis.ts'
import { startDelivering } from '../subjects/delivering.ts'
import { forMailRoom, startMailRoom, type Target } from '../subjects/mail-room.ts'
import type { Scratch } from './scratch.ts'
import { send } from './source.ts'

/** Without the header that smtp-source adds: 2 KB in all. */
const octets = 1_648

/** Resolves to when there are so many; more is a double. */
async function untilThere(expected: number, length: () => Promise<number>): Promise<number> {
  for (const end = performance.now() + 180_000; performance.now() < end; await sleep(5)) {
    const there = await length()
    if (there > expected) throw new Error(`${there} entries for ${expected} messages`)
    if (there === expected) return performance.now()
  }
  throw new Error(`only ${await length()} of ${expected} messages arrived`)
}

export interface Fed {
  readonly name: string
  /** `url`: that of the Redis. */
  processor(url: string): object
  length(client: Redis): Promise<number>
}

export const fed: readonly Fed[] = [
  { name: 'stream', processor: url => ({ 'redis-stream': { url, stream: 'mail' } }), length: client => client.xlen('mail') },
  {
    name: 'stream, raw',
    processor: url => ({ 'redis-stream': { url, stream: 'mail', event: { content: false } } }),
    length: client => client.xlen('mail'),
  },
  { name: 'Sidekiq', processor: url => ({ sidekiq: { url } }), length: client => client.llen('queue:default') },
]

/** Messages a second of a second burst into a Redis of its own. */
export async function ourPushes(scratch: Scratch, { processor, length }: Fed, burst: number): Promise<number> {
  const redis = await startRedis()
  const postern = await startDelivering({ folder: scratch.place(), environment: {} }, processor(redis.url))
  const load = { sessions: 20, octets: octets }
  const door = {
    port: postern.lmtpPort,
    protocol: 'lmtp',
    recipient: postern.recipient,
    processes: postern.processes,
    stop: postern.stop,
  } as const
  try {
    const client = await redis.client()
    await send(door, { ...load, messages: burst })
    await untilThere(burst, () => length(client))
    const began = performance.now()
    await send(door, { ...load, messages: burst })
    return (burst / ((await untilThere(2 * burst, () => length(client))) - began)) * 1_000
  } finally {
    await postern.stop()
    await redis.stop()
  }
}

/** The same by mail_room to Sidekiq: its first burst, see deliver.ts. */
export async function theirPushes(scratch: Scratch, burst: number): Promise<number> {
  const redis = await startRedis()
  const target: Target = { sidekiq: redis.url }
  const room = await startMailRoom({ folder: scratch.place(), environment: {} }, target)
  try {
    const client = await redis.client()
    const there = () => client.llen('queue:default')
    const door = { port: room.lmtpPort, protocol: 'lmtp', recipient: forMailRoom, processes: () => [], stop: room.stop } as const
    const began = performance.now()
    await send(door, { sessions: 20, octets: octets, messages: burst })
    return (burst / ((await untilThere(burst, there)) - began)) * 1_000
  } finally {
    await room.stop()
    await redis.stop()
  }
}
