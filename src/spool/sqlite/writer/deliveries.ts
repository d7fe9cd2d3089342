/**
 * The rows of deliveries: how one is added, when it is a repeat, and which belong to a message. Those that came with their
 * message have ids from its `seq` on; one that follows later, a notice, is found by an index over the few that are about
 * something. The idempotency id is SHA-256 over the material and what stands for the body, cut to 16 octets.
 */
import { hash } from 'node:crypto'
import type { DeliveryState } from '../../../transaction/ports.ts'
import type { DeliveryTuple } from '../wire.ts'
import type { Store } from './store.ts'

interface Older {
  readonly id: number
  readonly state: DeliveryState
  readonly reason: string | null
  readonly processor: string
  readonly received: number
  readonly message: number
}

/** The message that a delivery is for, and the time that its window counts from. */
export interface Place {
  readonly id: string
  readonly seq: number
  readonly at: number
}

/** The deliveries of the message `m`. Those that are mail, and not notices about it: `AND about IS NULL`. */
export const deliveriesOfMessage = `(d.id >= m.seq AND d.id < m.seq + m.deliveries) OR (d.message = m.seq AND d.about IS NOT NULL)`

/** `body` is the hash of the body proper, hexadecimal; for what is known by its material alone it doesn't count. */
export const idempotencyOf = ([, , , , , , , , material, , alone]: DeliveryTuple, body: string): Uint8Array =>
  hash('sha256', `${material}\n${alone === 1 ? 'alone' : body}`, 'buffer').subarray(0, 16)

/** The application has had it, and said what is to become of it: it is not asked again. */
const answered = (reason: string | null): boolean => reason === 'application.held' || reason === 'application.discarded'

/** Whether an older delivery makes a new one a repeat: it was or will be handed over, or would only be put aside once more. */
function repeats({ state, reason }: Older, newer: string): boolean {
  if (state === 'queued' || state === 'delivering' || state === 'delivered') return true
  return state !== 'failed' && (state === newer || answered(reason))
}

/**
 * The older delivery that makes this one a repeat. Those for the same processor decide, where there are any; else those of other
 * messages: the route had another processor then.
 */
function olderOf(all: readonly Older[], { state, processor, seq }: { state: string; processor: string; seq: number }): Older | undefined {
  const same = all.filter(older => older.processor === processor)
  const deciding = (same.length > 0 ? same : all.filter(older => older.message !== seq)).filter(older => repeats(older, state))
  return deciding.find(older => older.state !== 'delivering') ?? deciding[0]
}

/** The repeat is answered 250: what is under way is ours from then on, even if the first client is told to come again. */
function answerFor(store: Store, older: Older, at: number): void {
  if (older.state === 'delivering') store.sql('UPDATE deliveries SET due = ? WHERE id = ?').run(at, older.id)
}

const known = 'SELECT id, state, reason, processor, received, message FROM deliveries WHERE idempotency = ?'

/** The id of the message that `delivery` repeats; undefined where it is new. */
export function repeated(store: Store, idempotency: Uint8Array, delivery: DeliveryTuple, { id, seq, at }: Place): string | undefined {
  const [, , , , , processor, state, , , window] = delivery
  const near = (received: number): boolean => Math.abs(at - received) <= window
  const rows = store.sql(known).all(idempotency) as unknown as Older[]
  const older =
    rows.length === 0
      ? undefined
      : olderOf(
          rows.filter(row => near(row.received)),
          { state, processor, seq },
        )
  if (older !== undefined) {
    answerFor(store, older, at)
    return older.message === seq ? id : (store.sql('SELECT id FROM messages WHERE seq = ?').get(older.message) as { id: string }).id
  }
  if (!store.draft.seen) return undefined
  const seen = store.sql('SELECT message, received FROM seen WHERE idempotency = ?').get(idempotency) as
    | { message: string; received: number }
    | undefined
  return seen !== undefined && near(seen.received) ? seen.message : undefined
}

const insert = `INSERT INTO deliveries (id, message, received, state, recipient, mailbox, route, key, claims, processor, reason,
  attempts, due, since, changed, detail, idempotency, about) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, '', ?, ?)`

export function addDelivery(
  store: Store,
  delivery: DeliveryTuple,
  { seq, at, idempotency }: Omit<Place, 'id'> & { idempotency: Uint8Array },
): number {
  const [recipient, mailbox, route, key, claims, processor, state, reason] = delivery
  const id = store.draft.nextId++
  const due = state === 'queued' ? at : null
  store
    .sql(insert)
    .run(id, seq, at, state, recipient, mailbox, route, key, claims, processor, reason, due, at, at, idempotency, delivery[11])
  store.draft.counts[state as DeliveryState] += 1
  return id
}

/** Adds a delivery to the message of `after`, unless it is a repeat. The id of the older delivery stands for the body. */
export function addFollow(store: Store, after: number, follow: DeliveryTuple, at: number): void {
  const sql = 'SELECT m.id, m.seq, d.idempotency FROM deliveries d JOIN messages m ON m.seq = d.message WHERE d.id = ?'
  const { id, seq, idempotency: older } = store.sql(sql).get(after) as { id: string; seq: number; idempotency: Uint8Array }
  const idempotency = idempotencyOf(follow, Buffer.from(older.buffer, older.byteOffset, older.length).toString('hex'))
  if (repeated(store, idempotency, follow, { id, seq, at }) !== undefined) return
  // By this it is found: what is about nothing is about null.
  follow[11] ??= 'null'
  addDelivery(store, follow, { seq, at, idempotency })
}
