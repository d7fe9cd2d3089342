/** One message with its deliveries, and where its octets are. */
import type { MessageView } from '../../../transaction/desk.ts'
import type { BodyAt } from '../reader-link.ts'
import { deliveriesOfMessage } from '../writer/deliveries.ts'
import { type Reading, type Row, toDeliveryView } from './rows.ts'

const find = (reading: Reading, id: string): Row | undefined =>
  reading.all('SELECT * FROM messages WHERE id = ? ORDER BY seq DESC LIMIT 1', [id])[0]

const deliveriesOf = (reading: Reading, message: Row): Row[] =>
  reading.all(`SELECT d.* FROM messages m JOIN deliveries d ON ${deliveriesOfMessage} WHERE m.seq = ? ORDER BY d.id`, [
    message.seq as number,
  ])

export function view(reading: Reading, id: string): MessageView | null {
  const message = find(reading, id)
  if (message === undefined) return null
  const rest = JSON.parse(message.rest as string)
  return {
    id,
    received: message.received as number,
    sender: message.sender as string,
    from: message.from_field as string,
    subject: message.subject as string,
    messageId: message.message_id as string,
    size: message.size as number,
    truncated: message.truncated === 1,
    client: rest.client,
    protocol: rest.protocol,
    listener: rest.listener,
    decisions: rest.decisions,
    authentication: rest.authentication ?? null,
    deliveries: deliveriesOf(reading, message).map(toDeliveryView),
  }
}

export function body(reading: Reading, id: string): BodyAt | null {
  const message = find(reading, id)
  if (message === undefined) return null
  if (message.file !== null) return { file: message.file as number, position: message.position as number, size: message.size as number }
  const parameters = [message.position, message.size, message.pack] as number[]
  const row = reading.all('SELECT substr(octets, ? + 1, ?) AS octets FROM packs WHERE id = ?', parameters)[0]
  if (row === undefined) throw new Error(`message ${id} has no body`)
  // Of no octets at all SQLite says NULL.
  return { octets: (row.octets as Uint8Array | null) ?? new Uint8Array(0) }
}
