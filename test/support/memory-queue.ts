/**
 * A SpoolQueue in memory that keeps the contract of ports.ts: due order, `delivering` until settled, queued again after a
 * restart, a notice added with the failure it follows (but no repeats known). For tests of what works a queue off; it survives no crash, and must not be used where durability is the point.
 */
import { type Delivery, type DeliveryState, type NewDelivery, type SpoolQueue, SpoolUnavailable } from '../../src/transaction/ports.ts'

export interface Entry {
  delivery: Delivery
  state: DeliveryState
  due: number
  detail: string
}

export interface MemoryQueue {
  /** The queue as one run of the program sees it. `close`, as at the program's end, makes every later call of it fail. */
  open(trouble?: (call: string) => Error | null): SpoolQueue & { close(): void }
  add(delivery: Partial<Delivery> & { id: number }, raw?: Uint8Array): void
  entries(): readonly Entry[]
}

export const aDelivery = (some: Partial<Delivery> = {}): Delivery => ({
  id: 1,
  message: 'M1',
  recipient: 'incoming+key@incoming.example.com',
  mailbox: 'incoming',
  route: 'reply',
  key: 'key',
  claims: {},
  processor: 'app',
  idempotencyId: '0123456789abcdef0123456789abcdef',
  attempts: 0,
  since: 0,
  received: 0,
  sender: 'alice@example.org',
  client: { address: '192.0.2.1', name: null, helo: 'client.example.org', ident: null },
  protocol: 'ESMTP',
  subject: 'A subject',
  messageId: '<1@example.org>',
  size: 0,
  authentication: null,
  notify: null,
  about: null,
  ...some,
})

export function memoryQueue(): MemoryQueue {
  const all = new Map<number, Entry>()
  const bodies = new Map<string, Uint8Array>()

  const claim = (processor: string, limit: number, at: number): Delivery[] => {
    const due = [...all.values()].filter(entry => entry.delivery.processor === processor && entry.state === 'queued' && entry.due <= at)
    const first = due.sort((a, b) => a.due - b.due || a.delivery.id - b.delivery.id).slice(0, limit)
    for (const entry of first) entry.state = 'delivering'
    return first.map(entry => entry.delivery)
  }

  const follow = ({ message }: Delivery, { recipient, processor, about, state }: NewDelivery): void => {
    const id = Math.max(...all.keys()) + 1
    const since = Date.now()
    all.set(id, { delivery: aDelivery({ id, message, recipient, processor, since, about: about ?? null }), state, due: since, detail: '' })
  }

  return {
    add(some, raw = new Uint8Array()) {
      const delivery = aDelivery({ message: `M${some.id}`, size: raw.length, ...some })
      bodies.set(delivery.message, raw)
      all.set(delivery.id, { delivery, state: 'queued', due: delivery.since, detail: '' })
    },
    entries: () => [...all.values()],
    open(trouble = () => null) {
      for (const entry of all.values()) if (entry.state === 'delivering') entry.state = 'queued'
      let open = true
      const enter = async (call: string): Promise<void> => {
        await null
        if (!open) throw new SpoolUnavailable('closed', false)
        const error = trouble(call)
        if (error !== null) throw error
      }
      return {
        async claim(processor, limit, at) {
          await enter('claim')
          return claim(processor, limit, at)
        },
        async settle(id, settlement) {
          await enter('settle')
          const entry = all.get(id)
          if (entry?.state !== 'delivering') throw new Error(`delivery ${id} is ${entry?.state ?? 'not here'}, not delivering`)
          entry.state = settlement.state
          entry.detail = settlement.detail
          entry.delivery = { ...entry.delivery, attempts: entry.delivery.attempts + 1 }
          if (settlement.state === 'queued') entry.due = settlement.due
          if (settlement.state === 'failed' && settlement.follow !== undefined) follow(entry.delivery, settlement.follow)
        },
        async nextDue(processor) {
          await enter('nextDue')
          const due = [...all.values()].filter(({ state, delivery }) => state === 'queued' && delivery.processor === processor)
          return due.length === 0 ? null : Math.min(...due.map(entry => entry.due))
        },
        async raw(message) {
          await enter('raw')
          const body = bodies.get(message)
          if (body === undefined) throw new Error(`no message ${message}`)
          return (async function* () {
            for (let from = 0; from < body.length; from += 65_536) yield body.subarray(from, from + 65_536)
          })()
        },
        close() {
          open = false
        },
      }
    },
  }
}
