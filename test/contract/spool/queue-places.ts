/** The queues that keep the contract of queues, each with a way to fill it. */
import { openSpool } from '../../../src/spool/sqlite/spool.ts'
import type { NewMessage } from '../../../src/transaction/ports.ts'
import { memoryQueue } from '../../support/memory-queue.ts'
import { accept, delivery, message, newDelivery, octets, start } from './messages.ts'
import { removeFolder, spoolOptions, temporaryFolder } from './place.ts'
import type { QueuePlace } from './queue.ts'

export async function sqlitePlace(): Promise<QueuePlace> {
  const directory = await temporaryFolder()
  let now = start
  const open = () => openSpool(spoolOptions(directory, { clock: () => now }))
  let spool = await open()
  const kept = new Map<number, { one: NewMessage; body: Buffer }>()
  return {
    queue: () => spool,
    async add({ due = start, state = 'queued', processor = 'app' } = {}) {
      const [one, body] = [message({ received: due, deliveries: [delivery({ state, processor })] }), octets(20)]
      const id = newDelivery(await accept(spool, one, body))
      kept.set(id, { one, body })
      return id
    },
    async resend(id) {
      const { one, body } = kept.get(id)!
      const again = message({ received: one.received, deliveries: [{ ...one.deliveries[0]!, state: 'queued' }] })
      return (await accept(spool, again, body)).deliveries[0]!.kind
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
  const add: QueuePlace['add'] = async ({ due = start, state = 'queued', processor = 'app' } = {}) => {
    memory.add({ id: ++last, since: due, processor }, undefined, state)
    return last
  }
  return {
    queue: () => queue,
    add,
    async resend(id) {
      const kind = memory.resend(id)
      if (kind === 'new') await add()
      return kind
    },
    async look(id) {
      const { state, reason, detail, delivery } = memory.entries().find(entry => entry.delivery.id === id)!
      return { state, reason, detail, attempts: delivery.attempts }
    },
    redeliver: async (id, how, at) => memory.redeliver(id, how, at),
    async reopen() {
      queue.close()
      queue = memory.open()
    },
    async remove() {
      queue.close()
    },
  }
}
