/** Messages and trace rows as the flat tuples of wire.ts. What is only shown, never searched, becomes one JSON string. */
import type { NewDelivery, NewMessage, TransactionRow } from '../../transaction/ports.ts'
import type { KeptBody } from './body-file.ts'
import type { DeliveryTuple, MessageTuple, TraceTuple } from './wire.ts'

export const toDeliveryTuple = (d: NewDelivery): DeliveryTuple => [
  d.recipient,
  d.mailbox,
  d.route,
  d.key,
  JSON.stringify(d.claims),
  d.processor,
  d.state,
  d.reason,
  d.idempotency.material,
  d.idempotency.window,
  d.idempotency.alone === true ? 1 : 0,
  d.about === undefined ? null : JSON.stringify(d.about),
]

/** Every message carries it: what says nothing is left out. */
function restOf({ client, protocol, listener, decisions, authentication, machine, notify }: NewMessage): string {
  const told = { machine: machine === 'none' ? undefined : machine, notify: notify ?? undefined }
  return JSON.stringify({ client, protocol, listener, decisions, authentication, ...told })
}

export function toTuple(message: NewMessage, size: number, kept: KeptBody | null): MessageTuple {
  return [
    message.id,
    message.received,
    message.sender,
    message.subject,
    message.messageId,
    message.from,
    message.truncated ? 1 : 0,
    message.client.address,
    restOf(message),
    size,
    message.bodyStart,
    kept?.position ?? 0,
    kept?.file ?? 0,
    kept?.own === true ? 1 : 0,
    kept?.digest ?? '',
    message.deliveries.map(toDeliveryTuple),
  ]
}

export function toTraceTuple(row: TransactionRow): TraceTuple {
  const { listener, helo, sender, reply, decisions, message, count } = row
  const rest = JSON.stringify({ listener, helo, sender, reply, decisions, message, count })
  return [row.id, row.at, row.client, row.verdict, row.reason, JSON.stringify(row.recipients), rest]
}
