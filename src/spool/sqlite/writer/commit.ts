/**
 * Writes the messages of a batch, each as a whole with its deliveries. Equal mail that is here already is a repeat and adds
 * nothing, nor does a notice about such mail: its sender was told when it came first.
 */
import type { CommitResult, DeliveryTuple, MessageTuple } from '../wire.ts'
import { addDelivery, idempotencyOf, repeated } from './deliveries.ts'
import type { Store } from './store.ts'

/** A body in memory, or null where it is on the disk already; with SHA-256 of the body proper. */
export interface BodyIn {
  readonly octets: Uint8Array | null
  readonly digest: string
}

/** One of `file` and `pack` is set. */
interface Place {
  readonly file?: number
  readonly pack?: number
  readonly position: number
}

/** Throws where the file of a body was removed by hand: then it must not be answered 250. */
function keepBody(store: Store, seq: number, { tuple, body }: { tuple: MessageTuple; body: BodyIn }): Place {
  if (body.octets !== null) return store.packs.add(seq, body.octets)
  const [size, position, file] = [tuple[9], tuple[11], tuple[12]]
  if (!store.files.reaches(file, position + size)) throw new Error(`the body of message ${tuple[0]} is not on the disk any more`)
  return { file, position }
}

const isMail = (delivery: DeliveryTuple): boolean => delivery[11] === null

const insertMessage = `INSERT INTO messages (seq, id, received, sender, subject, message_id, from_field, truncated, client, verdict, postmaster,
  deliveries, size, file, pack, position, rest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

function addMessage(store: Store, tuple: MessageTuple, kept: { seq: number; fresh: readonly DeliveryTuple[]; body: BodyIn }): void {
  const [id, received, sender, subject, messageId, from, truncated, client, rest, size] = tuple
  const { seq, fresh, body } = kept
  const states = fresh.filter(isMail).map(delivery => delivery[6])
  const aside = states.every(state => state === 'held' || state === 'discarded')
  const verdict = !aside ? 'accept' : states.includes('held') ? 'hold' : 'discard'
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
  const [id, at] = tuple
  const [file, own, deliveries] = [tuple[12], tuple[13], tuple[15]]
  const seq = store.draft.nextId
  const fresh: DeliveryTuple[] = []
  /** The id of the message that all mail in this one repeats. */
  let whole: string | undefined
  const add = (delivery: DeliveryTuple): number | string => {
    const idempotency = idempotencyOf(delivery, body.digest)
    const message = isMail(delivery) || whole === undefined ? repeated(store, idempotency, delivery, { id, seq, at }) : whole
    if (message !== undefined) return message
    fresh.push(delivery)
    return addDelivery(store, delivery, { seq, at, idempotency })
  }
  const result: (number | string)[] = []
  for (const [i, delivery] of deliveries.entries()) if (isMail(delivery)) result[i] = add(delivery)
  if (fresh.length === 0) whole = result.find(one => typeof one === 'string') as string | undefined
  for (const [i, delivery] of deliveries.entries()) if (!isMail(delivery)) result[i] = add(delivery)
  if (fresh.length > 0) addMessage(store, tuple, { seq, fresh, body })
  else if (own === 1) store.draft.after.push(() => store.files.remove(file))
  return result
}
