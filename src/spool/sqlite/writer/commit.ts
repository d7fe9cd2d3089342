/**
 * Writes the messages of a batch. The idempotency id of a delivery is SHA-256 over its material and the hash of the body
 * proper (header left out: the material has the fields), cut to 16 octets. Equal mail that is here already is a repeat and
 * adds nothing; the rules stand at `counts`.
 */
import { hash } from 'node:crypto'
import type { DeliveryState } from '../../../transaction/ports.ts'
import type { CommitResult, DeliveryTuple, MessageTuple } from '../wire.ts'
import type { Store } from './store.ts'

/** A body in memory, or null where it is on the disk already; with SHA-256 of the body proper. */
export interface BodyIn {
  readonly octets: Uint8Array | null
  readonly digest: string
}

interface Older {
  readonly state: DeliveryState
  readonly received: number
  readonly message: number
}

const idempotencyOf = (material: string, digest: string): Uint8Array => hash('sha256', `${material}\n${digest}`, 'buffer').subarray(0, 16)

/** Whether an older delivery makes a new one a repeat: it was or will be handed over, or would only be put aside once more. */
const repeats = (older: DeliveryState, newer: string): boolean =>
  older === 'queued' || older === 'delivering' || older === 'delivered' || (older !== 'failed' && older === newer)

/** The id of the message that `delivery` repeats; undefined where it is new. `seq` is the message it belongs to itself. */
function repeated(store: Store, idempotency: Uint8Array, delivery: DeliveryTuple, at: { id: string; seq: number; received: number }) {
  const [, , , , , , state, , , window] = delivery
  const near = (received: number): boolean => Math.abs(at.received - received) <= window
  const rows = store.sql('SELECT state, received, message FROM deliveries WHERE idempotency = ?').all(idempotency) as unknown as Older[]
  for (const older of rows) {
    if (!near(older.received) || !repeats(older.state, state)) continue
    if (older.message === at.seq) return at.id
    return (store.sql('SELECT id FROM messages WHERE seq = ?').get(older.message) as { id: string }).id
  }
  if (!store.draft.seen) return undefined
  const seen = store.sql('SELECT message, received FROM seen WHERE idempotency = ?').get(idempotency) as
    | { message: string; received: number }
    | undefined
  return seen !== undefined && near(seen.received) ? seen.message : undefined
}

const insertDelivery = `INSERT INTO deliveries (id, message, received, state, recipient, mailbox, route, key, claims, processor, reason,
  attempts, due, since, changed, detail, idempotency) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, '', ?)`

function addDelivery(store: Store, delivery: DeliveryTuple, row: { seq: number; received: number; idempotency: Uint8Array }): number {
  const [recipient, mailbox, route, key, claims, processor, state, reason] = delivery
  const { seq, received, idempotency } = row
  const id = store.draft.nextId++
  const due = state === 'queued' ? received : null
  store
    .sql(insertDelivery)
    .run(id, seq, received, state, recipient, mailbox, route, key, claims, processor, reason, due, received, received, idempotency)
  store.draft.counts[state as DeliveryState] += 1
  return id
}

/** One of `file` and `pack` is set. */
interface Place {
  readonly file?: number
  readonly pack?: number
  readonly position: number
}

function keepBody(store: Store, seq: number, { tuple, body }: { tuple: MessageTuple; body: BodyIn }): Place {
  if (body.octets === null) return { file: tuple[12], position: tuple[11] }
  return store.packs.add(seq, body.octets)
}

const insertMessage = `INSERT INTO messages (seq, id, received, sender, subject, message_id, from_field, truncated, client, verdict, postmaster,
  deliveries, size, file, pack, position, rest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

function addMessage(store: Store, tuple: MessageTuple, kept: { seq: number; fresh: readonly DeliveryTuple[]; body: BodyIn }): void {
  const [id, received, sender, subject, messageId, from, truncated, client, rest, size] = tuple
  const { seq, fresh, body } = kept
  const states = fresh.map(delivery => delivery[6])
  const verdict = states.some(state => state === 'queued' || state === 'delivered')
    ? 'accept'
    : states.includes('held')
      ? 'hold'
      : 'discard'
  const postmaster = fresh.some(delivery => delivery[1] === 'postmaster') ? 1 : 0
  const place = keepBody(store, seq, { tuple, body })
  store
    .sql(insertMessage)
    .run(
      seq,
      id,
      received,
      sender,
      subject,
      messageId,
      from,
      truncated,
      client,
      verdict,
      postmaster,
      fresh.length,
      size,
      place.file ?? null,
      place.pack ?? null,
      place.position,
      rest,
    )
  store.draft.used += size
  if (postmaster === 1) store.draft.postmaster += size
  const { file } = place
  if (file === undefined) return
  store.draft.after.push(() => {
    store.files.retain(file)
    if (tuple[13] === 1) store.files.left(file)
  })
}

/** Writes one message; called inside a transaction. */
export function addToSpool(store: Store, tuple: MessageTuple, body: BodyIn): CommitResult {
  const [id, received] = tuple
  const [file, own, deliveries] = [tuple[12], tuple[13], tuple[15]]
  const seq = store.draft.nextId
  const fresh: DeliveryTuple[] = []
  const result = deliveries.map(delivery => {
    const idempotency = idempotencyOf(delivery[8], body.digest)
    const message = repeated(store, idempotency, delivery, { id, seq, received })
    if (message !== undefined) return message
    fresh.push(delivery)
    return addDelivery(store, delivery, { seq, received, idempotency })
  })
  if (fresh.length > 0) addMessage(store, tuple, { seq, fresh, body })
  else if (own === 1) store.draft.after.push(() => store.files.remove(file))
  return result
}
