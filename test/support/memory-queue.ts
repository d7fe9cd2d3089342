/**
 * A SpoolQueue in memory that keeps the contract of ports.ts: claims by turns, `delivering` until settled, queued again after a
 * restart, a notice added with the failure it follows (but notices have no repeats here). For tests of what works a queue off,
 * and the model that spools are compared with; it survives no crash, and must not be used where durability is the point.
 */
import type { Redelivery } from '../../src/transaction/desk.ts'
import {
  type Delivery,
  type DeliveryState,
  type NewDelivery,
  type Settlement,
  type SpoolQueue,
  SpoolUnavailable,
} from '../../src/transaction/ports.ts'

export interface Entry {
  delivery: Delivery
  state: DeliveryState
  due: number
  reason: string | null
  detail: string
  answer: string | null
  /** Under way, and a repeat of it was answered 250. */
  ours: boolean
}

export interface MemoryQueue {
  /**
   * The queue as one run of the program sees it. `close`, as at the program's end, makes every later call of it fail. `at`: when
   * that run begins; what was under way is due then, or, where it isn't said, when it was due before.
   */
  open(trouble?: (call: string) => Error | null, at?: number): SpoolQueue & { close(): void }
  /** `delivering`: as committed for `Handoff.ask`. */
  add(delivery: Partial<Delivery> & { id: number }, raw?: Uint8Array, state?: NewDelivery['state']): void
  /** The mail with this one's idempotency id comes again, to be queued. A new one must be added by the caller. */
  resend(id: number): 'repeat' | 'new'
  /** Gives whether the delivery was changed. */
  redeliver(id: number, how: Redelivery, at: number): boolean
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
  machine: 'none',
  notify: null,
  about: null,
  ...some,
})

const from: Record<Redelivery, readonly DeliveryState[]> = {
  retry: ['failed', 'queued'],
  replay: ['delivered', 'failed'],
  release: ['held', 'discarded'],
  discard: ['queued', 'held', 'failed'],
}

function redeliver(entry: Entry, how: Redelivery, at: number): boolean {
  if (!from[how].includes(entry.state)) return false
  if (how === 'retry' && entry.state === 'queued') {
    const waits = entry.due > at
    if (waits) entry.due = Math.min(at, entry.delivery.received)
    return waits
  }
  entry.state = how === 'discard' ? 'discarded' : 'queued'
  if (how === 'discard') {
    entry.detail = 'discarded by hand'
    return true
  }
  entry.due = Math.min(at, entry.delivery.received)
  entry.delivery = { ...entry.delivery, attempts: 0, since: at }
  if (entry.reason?.startsWith('application.')) entry.reason = null
  return true
}

function settle(entry: Entry, settlement: Settlement): void {
  const { state, detail } = settlement
  const ours = state === 'dropped' && entry.ours
  entry.state = state !== 'dropped' ? state : ours ? 'queued' : 'discarded'
  entry.detail = detail
  entry.answer = settlement.answer ?? null
  entry.ours = false
  if ('due' in settlement) entry.due = settlement.due
  if (!ours && 'reason' in settlement) entry.reason = settlement.reason ?? entry.reason
}

/** By turns the longest due and the latest due. */
function makeClaim(all: ReadonlyMap<number, Entry>): (processor: string, limit: number, at: number) => Delivery[] {
  const turns = new Map<string, boolean>()
  return (processor, limit, at) => {
    const claimed: Delivery[] = []
    while (claimed.length < limit) {
      const due = [...all.values()].filter(
        ({ delivery, state, due }) => delivery.processor === processor && state === 'queued' && due <= at,
      )
      const latest = turns.get(processor) ?? false
      const entry = due.sort((a, b) => a.due - b.due || a.delivery.id - b.delivery.id).at(latest ? -1 : 0)
      if (entry === undefined) break
      turns.set(processor, !latest)
      claimed.push(begin(entry))
    }
    return claimed
  }
}

/** Counts the attempt; gives the delivery as it was before. */
function begin(entry: Entry): Delivery {
  const { delivery } = entry
  if (entry.state === 'queued') entry.ours = false
  entry.state = 'delivering'
  entry.delivery = { ...delivery, attempts: delivery.attempts + 1 }
  return delivery
}

/** Whether the same mail, to be queued, is a repeat because of this one. */
function isKnown({ state, reason }: Entry): boolean {
  if (state === 'held' || state === 'discarded') return reason === 'application.held' || reason === 'application.discarded'
  return state !== 'failed'
}

export function memoryQueue(): MemoryQueue {
  const all = new Map<number, Entry>()
  const bodies = new Map<string, Uint8Array>()

  const add = (delivery: Delivery, state: DeliveryState): void =>
    void all.set(delivery.id, { delivery, state, due: delivery.since, reason: null, detail: '', answer: null, ours: false })
  const follow = ({ message }: Delivery, { recipient, processor, about, state }: NewDelivery): void => {
    const id = Math.max(...all.keys()) + 1
    add(aDelivery({ id, message, recipient, processor, since: Date.now(), about: about ?? null }), state)
  }
  const entryOf = (id: number): Entry => {
    const entry = all.get(id)
    if (entry === undefined) throw new Error(`no delivery ${id}`)
    return entry
  }

  return {
    add(some, raw = new Uint8Array(), state = 'queued') {
      const delivery = aDelivery({ message: `M${some.id}`, size: raw.length, ...some })
      bodies.set(delivery.message, raw)
      add(delivery, state)
    },
    resend(id) {
      const { idempotencyId, processor } = entryOf(id).delivery
      const same = [...all.values()].filter(({ delivery: it }) => it.idempotencyId === idempotencyId && it.processor === processor)
      const deciding = same.filter(isKnown)
      const underWay = deciding.every(({ state }) => state === 'delivering') ? deciding[0] : undefined
      if (underWay !== undefined) underWay.ours = true
      return deciding.length === 0 ? 'new' : 'repeat'
    },
    redeliver: (id, how, at) => redeliver(entryOf(id), how, at),
    entries: () => [...all.values()],
    open(trouble = () => null, at) {
      for (const entry of all.values()) if (entry.state === 'delivering') Object.assign(entry, { state: 'queued', due: at ?? entry.due })
      const claim = makeClaim(all)
      let open = true
      // The act follows the look at `open` without a pause: what was closed in between changes nothing any more.
      const enter = async <T>(call: string, act: () => T): Promise<T> => {
        await null
        if (!open) throw new SpoolUnavailable('closed', false)
        const error = trouble(call)
        if (error !== null) throw error
        return act()
      }
      return {
        claim: (processor, limit, at) => enter('claim', () => claim(processor, limit, at)),
        take: id =>
          enter('take', () => {
            const entry = all.get(id)
            return entry?.state === 'delivering' ? begin(entry) : null
          }),
        settle: (id, settlement) =>
          enter('settle', () => {
            const entry = all.get(id)
            if (entry?.state !== 'delivering') throw new Error(`delivery ${id} is ${entry?.state ?? 'not here'}, not delivering`)
            settle(entry, settlement)
            if (settlement.state === 'failed' && settlement.follow !== undefined) follow(entry.delivery, settlement.follow)
          }),
        nextDue: processor =>
          enter('nextDue', () => {
            const due = [...all.values()].filter(({ state, delivery }) => state === 'queued' && delivery.processor === processor)
            return due.length === 0 ? null : Math.min(...due.map(entry => entry.due))
          }),
        raw: message =>
          enter('raw', () => {
            const body = bodies.get(message)
            if (body === undefined) throw new Error(`no message ${message}`)
            return (async function* () {
              for (let at = 0; at < body.length; at += 65_536) yield body.subarray(at, at + 65_536)
            })()
          }),
        close() {
          open = false
        },
      }
    },
  }
}
