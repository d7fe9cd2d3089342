/**
 * What a person does to deliveries: `retry`, `replay` and `release` queue them again, `discard` puts them aside. Runs inside
 * the transaction of a batch. The idempotency id stays: an application that has had the mail knows it again. What is under
 * way is never touched.
 */
import type { Redelivery } from '../../../transaction/desk.ts'
import type { DeliveryState } from '../../../transaction/ports.ts'
import type { Operation } from '../wire.ts'
import { deliveriesOfMessage } from './deliveries.ts'
import { move, type Store } from './store.ts'

interface Row {
  readonly id: number
  readonly state: DeliveryState
  readonly about: string | null
}

/** Which states each is for; of queued ones `retry` takes those that wait. */
const from: Record<Redelivery, readonly DeliveryState[]> = {
  retry: ['failed', 'queued'],
  replay: ['delivered', 'failed'],
  release: ['held', 'discarded'],
  discard: ['queued', 'held', 'failed'],
}

// Due since it came: what is queued again in many slices must not lie above the mail that comes between them, which is called by turns
// with what waits longest (queue.ts).
const now = 'min(?, received)'
const hurry = `UPDATE deliveries SET due = ${now}, changed = ? WHERE id = ? AND due > ?`
// What the application had said of it is said anew; why we had put it aside stays, for people.
const requeue = `UPDATE deliveries SET state = 'queued', due = ${now}, since = ?, attempts = 0, changed = ?,
  reason = iif(reason LIKE 'application.%', NULL, reason) WHERE id = ?`
const putAside = `UPDATE deliveries SET state = 'discarded', due = NULL, detail = 'discarded by hand', answer = NULL, changed = ? WHERE id = ?`

/** Gives whether the delivery was changed. */
function change(store: Store, { id, state }: Row, how: Redelivery, at: number): boolean {
  if (!from[how].includes(state)) return false
  if (how === 'retry' && state === 'queued') return store.sql(hurry).run(at, at, id, at).changes === 1
  if (how === 'discard') store.sql(putAside).run(at, id)
  else store.sql(requeue).run(at, at, at, id)
  move(store, state, how === 'discard' ? 'discarded' : 'queued')
  return true
}

/** Of a whole message only its mail: nobody is told again because an operator replays it. Gives how many were changed. */
export function redeliver(store: Store, operation: Operation & { kind: 'redeliver' }): number {
  const { message, how, delivery, at } = operation
  const rows = store
    .sql(`SELECT d.id, d.state, d.about FROM messages m JOIN deliveries d ON ${deliveriesOfMessage} WHERE m.id = ?`)
    .all(message) as unknown as Row[]
  const chosen = rows.filter(row => (delivery === null ? row.about === null : row.id === delivery))
  return chosen.filter(row => change(store, row, how, at)).length
}

/** The same for deliveries that were found by their numbers; what became of them meanwhile is looked at again. */
export function redeliverMany(store: Store, { ids, how, at }: Operation & { kind: 'redeliver-many' }): number {
  const find = store.sql('SELECT id, state, about FROM deliveries WHERE id = ?')
  let changed = 0
  for (const id of ids) {
    const row = find.get(id) as unknown as Row | undefined
    if (row !== undefined && change(store, row, how, at)) changed++
  }
  return changed
}
