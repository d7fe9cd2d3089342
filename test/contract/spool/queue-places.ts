/** The queues that keep the contract of queues, each with a way to fill it. */
import { openSpool } from '../../../src/spool/sqlite/spool.ts'
import type { NewDelivery, NewMessage } from '../../../src/transaction/ports.ts'
import { memoryQueue } from '../../support/memory-queue.ts'
import { accept, delivery, message, octets, start } from './messages.ts'
import { removeFolder, spoolOptions, temporaryFolder } from './place.ts'
import type { QueuePlace } from './queue.ts'

export async function sqlitePlace(): Promise<QueuePlace> {
  const directory = await temporaryFolder()
  let now = start
  let last = 0
  const open = () => openSpool(spoolOptions(directory, { clock: () => now }))
  let spool = await open()
  const kept = new Map<number, { one: NewMessage; body: Buffer }>()
  const keep = async (one: NewMessage, body: Buffer): Promise<number | null> => {
    const [added] = (await accept(spool, one, body)).deliveries
    if (added!.kind === 'repeat') return null
    kept.set(added!.id, { one, body })
    last = added!.id
    return last
  }
  return {
    queue: () => spool,
    last: () => last,
    async add({ due = start, state = 'queued', processor = 'app' } = {}) {
      return (await keep(message({ received: due, deliveries: [delivery({ state, processor })] }), octets(20)))!
    },
    async resend(id) {
      const { one, body } = kept.get(id)!
      const again = message({ received: one.received, deliveries: [{ ...one.deliveries[0]!, state: 'queued' }] })
      return (await keep(again, body)) === null ? 'repeat' : 'new'
    },
    async look(id) {
      const { state, reason, detail, attempts } = (await spool.view(kept.get(id)!.one.id))!.deliveries[0]!
      return { state, reason, detail, attempts }
    },
    async redeliver(id, how, at) {
      now = at
      return (await spool.redeliver(kept.get(id)!.one.id, how, id)) === 1
    },
    async reopen(at) {
      now = at
      await spool.close()
      spool = await open()
    },
    async remove() {
      await spool.close()
      await removeFolder(directory)
    },
  }
}

/** Numbers deliveries as a fresh spool does where each message has one. */
export function memoryPlace(): QueuePlace {
  const memory = memoryQueue()
  let queue = memory.open()
  let last = 0
  const keep = (processor: string, more: { since: number; idempotencyId?: string; state?: NewDelivery['state'] }): number => {
    const id = ++last
    const { state, ...rest } = { idempotencyId: `${id}`, ...more }
    memory.add({ id, processor, received: rest.since, ...rest }, undefined, state)
    return id
  }
  const find = (id: number) => memory.entries().find(entry => entry.delivery.id === id)!
  return {
    queue: () => queue,
    last: () => last,
    add: async ({ due = start, state = 'queued', processor = 'app' } = {}) => keep(processor, { since: due, state }),
    async resend(id) {
      const kind = memory.resend(id)
      const { processor, received: since, idempotencyId } = find(id).delivery
      if (kind === 'new') keep(processor, { since, idempotencyId })
      return kind
    },
    async look(id) {
      const { state, reason, detail, delivery } = find(id)
      return { state, reason, detail, attempts: delivery.attempts }
    },
    redeliver: async (id, how, at) => memory.redeliver(id, how, at),
    async reopen(at) {
      queue.close()
      queue = memory.open(undefined, at)
    },
    async remove() {
      queue.close()
    },
  }
}
