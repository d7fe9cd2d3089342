/**
 * What the tests of processors that push into Redis need: their options with sensible values, deliveries with ids of their own,
 * and a stream read back.
 */
import type { Redis } from 'ioredis'
import type { RedisStreamOptions } from '../../src/delivery/processors/redis-stream.ts'
import type { SidekiqOptions } from '../../src/delivery/processors/sidekiq.ts'
import type { Delivery } from '../../src/transaction/ports.ts'
import { aDelivery } from './memory-queue.ts'
import { keptLog } from './quiet-log.ts'

const common = { name: 'app', timeout: 5_000, concurrency: 16, mark: 60_000 }

export const streamOptions = (some: Partial<RedisStreamOptions>): RedisStreamOptions => ({
  ...common,
  log: keptLog(),
  stream: 'postern:mail',
  maxLength: 100_000,
  raw: 1024 * 1024,
  larger: 'link',
  event: { content: true, attachments: 1000, larger: 'link' },
  ...some,
})

export const sidekiqOptions = (some: Partial<SidekiqOptions>): SidekiqOptions => ({
  ...common,
  log: keptLog(),
  queue: 'default',
  class: 'EmailReceiverWorker',
  retry: false,
  ...some,
})

export const idOf = (number: number): string => number.toString(16).padStart(32, '0')
export const numbered = (number: number, some: Partial<Delivery> = {}): Delivery =>
  aDelivery({ id: number, idempotencyId: idOf(number), message: `M${number}`, ...some })

export interface Entry {
  readonly entry: string
  readonly fields: ReadonlyMap<string, Buffer>
}

export async function entriesOf(client: Redis, stream = 'postern:mail'): Promise<readonly Entry[]> {
  const found = await client.xrangeBuffer(stream, '-', '+')
  return found.map(([entry, flat]) => ({ entry: String(entry), fields: pairs(flat as Buffer[]) }))
}

function pairs(flat: readonly Buffer[]): ReadonlyMap<string, Buffer> {
  const fields = new Map<string, Buffer>()
  for (let at = 0; at < flat.length; at += 2) fields.set(String(flat[at]), flat[at + 1]!)
  return fields
}
