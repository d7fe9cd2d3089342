/**
 * The queue of each processor: deliveries that are due are claimed, and what became of them is settled. All of it runs inside
 * the transaction of a batch. The state machine: queued → delivering → delivered | queued | held | discarded | failed; what
 * people do besides is in redeliver.ts. One that was committed as `delivering` is never claimed, but taken by its number.
 */
import type { Delivery, DeliveryState } from '../../../transaction/ports.ts'
import { toDeliveryTuple } from '../tuples.ts'
import type { Operation, OperationResult } from '../wire.ts'
import { addFollow } from './deliveries.ts'
import { readDelivery } from './delivery-row.ts'
import { redeliver, redeliverMany } from './redeliver.ts'
import { move, type Store } from './store.ts'

const due = `SELECT id FROM deliveries WHERE state = 'queued' AND processor = ? AND due <= ?`
const longest = `${due} ORDER BY due, id LIMIT 1`
const latest = `${due} ORDER BY due DESC, id DESC LIMIT 1`
const claimed = `UPDATE deliveries SET state = 'delivering', due = NULL, attempts = attempts + 1, changed = ? WHERE id = ?`

/** By turns the longest due and the latest due; the turn is kept over the calls. */
function claim(store: Store, { processor, limit, at }: Operation & { kind: 'claim' }): readonly Delivery[] {
  const taken: Delivery[] = []
  while (taken.length < limit) {
    const turn = store.turns.get(processor) ?? false
    const row = store.sql(turn ? latest : longest).get(processor, at) as { id: number } | undefined
    if (row === undefined) break
    store.turns.set(processor, !turn)
    taken.push(readDelivery(store, row.id))
    store.sql(claimed).run(at, row.id)
    move(store, 'queued', 'delivering')
  }
  return taken
}

/** `due` stays: it says that a repeat came (database.ts). */
function take(store: Store, id: number, at: number): readonly Delivery[] {
  const state = store.sql('SELECT state FROM deliveries WHERE id = ?').get(id) as { state: DeliveryState } | undefined
  if (state?.state !== 'delivering') return []
  const delivery = readDelivery(store, id)
  store.sql('UPDATE deliveries SET attempts = attempts + 1, changed = ? WHERE id = ?').run(at, id)
  return [delivery]
}

/** Nobody has claimed it since, as far as is known (`claimed` twice). */
const same = '(? IS NULL OR changed = ?)'
const settled = `UPDATE deliveries SET state = ?, due = ?, reason = coalesce(?, reason), detail = ?, answer = ?, changed = ?
  WHERE id = ? AND state = 'delivering' AND ${same}`
const dropped = `UPDATE deliveries SET state = iif(due IS NULL, 'discarded', 'queued'), due = iif(due IS NULL, NULL, ?),
  reason = iif(due IS NULL, ?, reason), detail = ?, answer = ?, changed = ?
  WHERE id = ? AND state = 'delivering' AND ${same} RETURNING state`

type Settle = Operation & { kind: 'settle' }

/** The state that it has now; null where it wasn't under way. */
function write(store: Store, { delivery: id, claimed, settlement, at }: Settle): DeliveryState | null {
  const { state, detail, answer = null } = settlement
  if (state === 'dropped') {
    const row = store.sql(dropped).get(settlement.due, settlement.reason, detail, answer, at, id, claimed, claimed)
    return (row as { state: DeliveryState } | undefined)?.state ?? null
  }
  const next = state === 'queued' ? settlement.due : null
  const reason = 'reason' in settlement ? (settlement.reason ?? null) : null
  return store.sql(settled).run(state, next, reason, detail, answer, at, id, claimed, claimed).changes === 1 ? state : null
}

/** A delivery that isn't under way any more (settled already, and the answer was lost) is left as it is. */
function settle(store: Store, operation: Settle): null {
  const { delivery: id, settlement, at } = operation
  const state = write(store, operation)
  if (state === null) return null
  move(store, 'delivering', state)
  if (settlement.state === 'failed' && settlement.follow !== undefined) addFollow(store, id, toDeliveryTuple(settlement.follow), at)
  return null
}

function nextDue(store: Store, processor: string): number | null {
  const row = store.sql(`SELECT min(due) AS due FROM deliveries WHERE state = 'queued' AND processor = ?`).get(processor)
  return (row as { due: number | null }).due
}

export function operate(store: Store, operation: Operation, purge: (store: Store, at: number) => number): OperationResult {
  switch (operation.kind) {
    case 'claim':
      return claim(store, operation)
    case 'take':
      return take(store, operation.delivery, operation.at)
    case 'settle':
      return settle(store, operation)
    case 'redeliver':
      return redeliver(store, operation)
    case 'redeliver-many':
      return redeliverMany(store, operation)
    case 'next-due':
      return nextDue(store, operation.processor)
    case 'purge':
      return purge(store, operation.at)
    case 'probe':
      store.sql(`INSERT INTO meta (name, value) VALUES ('probe', ?) ON CONFLICT DO UPDATE SET value = excluded.value`).run(operation.at)
      return null
  }
}
