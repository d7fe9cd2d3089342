/**
 * The queue of each processor: deliveries that are due are claimed, settled, and queued again by hand. All of it runs inside
 * the transaction of a batch. The state machine: queued → delivering → delivered | queued | failed; held and discarded →
 * queued by release; delivered and failed → queued by replay.
 */
import type { Redelivery } from '../../../transaction/desk.ts'
import type { Delivery, DeliveryState, Settlement } from '../../../transaction/ports.ts'
import { toDeliveryTuple } from '../tuples.ts'
import type { Operation, OperationResult } from '../wire.ts'
import { addFollow, deliveriesOfMessage } from './deliveries.ts'
import { move, type Store } from './store.ts'

type Row = Record<string, string | number | null | Uint8Array>

const due = `SELECT id FROM deliveries WHERE state = 'queued' AND processor = ? AND due <= ? ORDER BY due, id LIMIT ?`
const claimed = `UPDATE deliveries SET state = 'delivering', due = NULL, attempts = attempts + 1, changed = ? WHERE id = ?`
const joined = `SELECT d.*, m.id AS message_text, m.received AS arrived, m.sender, m.subject, m.message_id, m.size, m.rest
  FROM deliveries d JOIN messages m ON m.seq = d.message WHERE d.id = ?`

const hex = (octets: Uint8Array): string => Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('hex')

function toDelivery(row: Row): Delivery {
  const rest = JSON.parse(row.rest as string)
  return {
    id: row.id as number,
    message: row.message_text as string,
    recipient: row.recipient as string,
    mailbox: row.mailbox as string,
    route: row.route as string,
    key: row.key as string,
    claims: JSON.parse(row.claims as string),
    processor: row.processor as string,
    idempotencyId: hex(row.idempotency as Uint8Array),
    attempts: row.attempts as number,
    since: row.since as number,
    received: row.arrived as number,
    sender: row.sender as string,
    client: rest.client,
    protocol: rest.protocol,
    subject: row.subject as string,
    messageId: row.message_id as string,
    size: row.size as number,
    authentication: rest.authentication ?? null,
    notify: rest.notify ?? null,
    about: row.about === null ? null : JSON.parse(row.about as string),
  }
}

function claim(store: Store, processor: string, limit: number, at: number): readonly Delivery[] {
  const ids = store.sql(due).all(processor, at, limit) as { id: number }[]
  return ids.map(({ id }) => {
    const delivery = toDelivery(store.sql(joined).get(id) as Row)
    store.sql(claimed).run(at, id)
    move(store, 'queued', 'delivering')
    return delivery
  })
}

/** A delivery that isn't under way any more (settled already, and the answer was lost) is left as it is. */
function settle(store: Store, id: number, settlement: Settlement, at: number): null {
  const next = settlement.state === 'queued' ? settlement.due : null
  const { changes } = store
    .sql(`UPDATE deliveries SET state = ?, due = ?, detail = ?, changed = ? WHERE id = ? AND state = 'delivering'`)
    .run(settlement.state, next, settlement.detail, at, id)
  if (changes !== 1) return null
  move(store, 'delivering', settlement.state)
  if (settlement.state === 'failed' && settlement.follow !== undefined) addFollow(store, id, toDeliveryTuple(settlement.follow), at)
  return null
}

const from: Record<Redelivery, readonly DeliveryState[]> = { replay: ['delivered', 'failed'], release: ['held', 'discarded'] }

/** Of a whole message only its mail: nobody is told again because an operator replays it. */
function redeliver(store: Store, operation: Operation & { kind: 'redeliver' }): number {
  const { message, how, delivery, at } = operation
  const rows = store
    .sql(`SELECT d.id, d.state, d.about FROM messages m JOIN deliveries d ON ${deliveriesOfMessage} WHERE m.id = ?`)
    .all(message) as { id: number; state: DeliveryState; about: string | null }[]
  const chosen = rows.filter(row => from[how].includes(row.state) && (delivery === null ? row.about === null : row.id === delivery))
  for (const { id, state } of chosen) {
    store.sql(`UPDATE deliveries SET state = 'queued', due = ?, since = ?, attempts = 0, changed = ? WHERE id = ?`).run(at, at, at, id)
    move(store, state, 'queued')
  }
  return chosen.length
}

function nextDue(store: Store, processor: string): number | null {
  const row = store.sql(`SELECT min(due) AS due FROM deliveries WHERE state = 'queued' AND processor = ?`).get(processor)
  return (row as { due: number | null }).due
}

export function operate(store: Store, operation: Operation, purge: (store: Store, at: number) => number): OperationResult {
  switch (operation.kind) {
    case 'claim':
      return claim(store, operation.processor, operation.limit, operation.at)
    case 'settle':
      return settle(store, operation.delivery, operation.settlement, operation.at)
    case 'redeliver':
      return redeliver(store, operation)
    case 'next-due':
      return nextDue(store, operation.processor)
    case 'purge':
      return purge(store, operation.at)
    case 'probe':
      store.sql(`INSERT INTO meta (name, value) VALUES ('probe', ?) ON CONFLICT DO UPDATE SET value = excluded.value`).run(operation.at)
      return null
  }
}
