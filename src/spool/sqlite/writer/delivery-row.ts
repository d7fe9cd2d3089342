/** A delivery as the runner sees it, read with its message. */
import type { Delivery } from '../../../transaction/ports.ts'
import type { Store } from './store.ts'

type Row = Record<string, string | number | null | Uint8Array>

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
    machine: rest.machine ?? 'none',
    notify: rest.notify ?? null,
    about: row.about === null ? null : JSON.parse(row.about as string),
  }
}

/** As it is now, in the middle of the transaction. */
export const readDelivery = (store: Store, id: number): Delivery => toDelivery(store.sql(joined).get(id) as Row)
