/** Messages and trace rows as the flat tuples of wire.ts. What is only shown, never searched, becomes one JSON string. */
import type { NewDelivery, NewMessage, TransactionRow } from '../../transaction/ports.ts'
import type { DeliveryTuple, MessageTuple, TraceTuple } from './wire.ts'

const toDeliveryTuple = (d: NewDelivery): DeliveryTuple => [
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
]

export function toTuple(message: NewMessage, size: number, upload: number): MessageTuple {
  const { client, protocol, listener, decisions } = message
  return [
    message.id,
    message.received,
    message.sender,
    message.subject,
    message.messageId,
    message.from,
    message.truncated ? 1 : 0,
    client.address,
    JSON.stringify({ client, protocol, listener, decisions }),
    size,
    message.bodyStart,
    upload,
    0,
    message.deliveries.map(toDeliveryTuple),
  ]
}

export function toTraceTuple(row: TransactionRow): TraceTuple {
  const { listener, helo, sender, reply, decisions, message, count } = row
  const rest = JSON.stringify({ listener, helo, sender, reply, decisions, message, count })
  return [row.id, row.at, row.client, row.verdict, row.reason, JSON.stringify(row.recipients), rest]
}
