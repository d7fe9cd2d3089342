/**
 * Removes what is past its retention, a slice at a time, so that no commit waits long. A message goes when the last of its
 * deliveries may go. Ids of deliveries that were handed over are remembered for the rest of their 7 days, so that a short
 * retention doesn't let a repeat in. The walk ends at the first message too young for any retention: no index is needed.
 */
import type { DeliveryState } from '../../../transaction/ports.ts'
import type { Retention } from '../options.ts'
import { longestWindow, mostTraceRows } from '../wire.ts'
import { releasePack } from './packs.ts'
import type { Store } from './store.ts'

const ofMessage = `SELECT id, state, changed, received, idempotency FROM deliveries
  WHERE (id >= ? AND id < ?) OR (message = ? AND about IS NOT NULL)`

/** Messages looked at, and rows of the trace or of `seen` removed, by one slice. */
const slice = 200

interface OldMessage {
  readonly seq: number
  readonly id: string
  readonly received: number
  readonly size: number
  readonly deliveries: number
  readonly postmaster: number
  readonly file: number | null
  readonly pack: number | null
}

interface OldDelivery {
  readonly id: number
  readonly state: DeliveryState
  readonly changed: number
  readonly received: number
  readonly idempotency: Uint8Array
}

const keptFor = (state: DeliveryState, retention: Retention): number =>
  state === 'queued' || state === 'delivering' ? Number.POSITIVE_INFINITY : retention[state]

function remember(store: Store, id: string, delivery: OldDelivery): void {
  store
    .sql('INSERT OR REPLACE INTO seen (idempotency, message, received) VALUES (?, ?, ?)')
    .run(delivery.idempotency, id, delivery.received)
  store.draft.seen = true
}

function removeMessage(store: Store, message: OldMessage, deliveries: readonly OldDelivery[], at: number): void {
  for (const delivery of deliveries) {
    if (delivery.state === 'delivered' && at - delivery.received < longestWindow) remember(store, message.id, delivery)
    store.sql('DELETE FROM deliveries WHERE id = ?').run(delivery.id)
    store.draft.counts[delivery.state] -= 1
  }
  store.sql('DELETE FROM messages WHERE seq = ?').run(message.seq)
  const { file, pack } = message
  if (pack !== null) releasePack(store, pack)
  if (file !== null) store.draft.after.push(() => store.files.release(file))
  store.draft.used -= message.size
  if (message.postmaster === 1) store.draft.postmaster -= message.size
}

function purgeTrace(store: Store, before: number): number {
  const { newest } = store.sql('SELECT max(seq) AS newest FROM trace').get() as { newest: number | null }
  if (newest === null) return 0
  const rows = store.sql('SELECT seq, at FROM trace ORDER BY seq LIMIT ?').all(slice) as { seq: number; at: number }[]
  const old = rows.findIndex(row => row.at >= before && row.seq > newest - mostTraceRows)
  const gone = old === -1 ? rows.length : old
  if (gone > 0) store.sql('DELETE FROM trace WHERE seq <= ?').run(rows[gone - 1]!.seq)
  return gone
}

function purgeSeen(store: Store, before: number): number {
  if (!store.draft.seen) return 0
  return Number(
    store.sql('DELETE FROM seen WHERE idempotency IN (SELECT idempotency FROM seen WHERE received < ? LIMIT ?)').run(before, slice).changes,
  )
}

/** One walk over the old messages, in slices: each call goes on where the last one stopped. */
export function makePurge(retention: Retention): (store: Store, at: number) => number {
  const shortest = Math.min(retention.delivered, retention.discarded, retention.held, retention.failed)
  let cursor = 0
  const messages = (store: Store, at: number): { removed: number; more: boolean } => {
    const rows = store
      .sql('SELECT seq, id, received, size, deliveries, postmaster, file, pack FROM messages WHERE seq > ? ORDER BY seq LIMIT ?')
      .all(cursor, slice) as unknown as OldMessage[]
    let removed = 0
    for (const message of rows) {
      const age = at - message.received
      if (age >= 0 && age < shortest) return { removed, more: false }
      cursor = message.seq
      // Taken in while the clock was ahead: no reason to keep what came after it.
      if (age < 0) continue
      const deliveries = store.sql(ofMessage).all(message.seq, message.seq + message.deliveries, message.seq) as unknown as OldDelivery[]
      if (!deliveries.every(delivery => at - delivery.changed >= keptFor(delivery.state, retention))) continue
      removeMessage(store, message, deliveries, at)
      removed += 1
    }
    return { removed, more: rows.length === slice }
  }
  /** The number of messages removed; negative (minus one, minus the number) where there is more to do. */
  return (store, at) => {
    const { removed, more } = messages(store, at)
    // The highest ids may go: they are not to be given again after a restart.
    if (removed > 0) saveNextId(store)
    const others = purgeTrace(store, at - retention.transactions) === slice || purgeSeen(store, at - longestWindow) === slice
    if (more || others) return -1 - removed
    cursor = 0
    return removed
  }
}

export function saveNextId(store: Store): void {
  store.sql(`INSERT INTO meta (name, value) VALUES ('next-id', ?) ON CONFLICT DO UPDATE SET value = excluded.value`).run(store.draft.nextId)
}
