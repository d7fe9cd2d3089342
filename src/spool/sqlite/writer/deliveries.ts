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
  readonly state: DeliveryState
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

/** Whether an older delivery makes a new one a repeat: it was or will be handed over, or would only be put aside once more. */
const repeats = (older: DeliveryState, newer: string): boolean =>
  older === 'queued' || older === 'delivering' || older === 'delivered' || (older !== 'failed' && older === newer)

/** The id of the message that `delivery` repeats; undefined where it is new. */
export function repeated(store: Store, idempotency: Uint8Array, delivery: DeliveryTuple, { id, seq, at }: Place): string | undefined {
  const [, , , , , , state, , , window] = delivery
  const near = (received: number): boolean => Math.abs(at - received) <= window
  const rows = store.sql('SELECT state, received, message FROM deliveries WHERE idempotency = ?').all(idempotency) as unknown as Older[]
  for (const older of rows) {
    if (!near(older.received) || !repeats(older.state, state)) continue
    if (older.message === seq) return id
    return (store.sql('SELECT id FROM messages WHERE seq = ?').get(older.message) as { id: string }).id
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
