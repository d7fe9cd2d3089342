/** The list of deliveries, newest first, a page at a time. */
import type { MessageFilter, MessageRow } from '../../../transaction/desk.ts'
import { conditions, pageOf, type Reading, type Row } from './rows.ts'

const columns = `m.id, d.id AS delivery, d.state, d.mailbox, d.route, d.recipient, m.sender, m.subject, m.size, d.received, d.about`

/** `about` is a notice's alone. */
function toMessageRow({ about, ...row }: Row): MessageRow {
  const it = row as unknown as MessageRow
  return about === null ? it : { ...it, about: JSON.parse(about as string) }
}

/** Recipients are compared without ASCII case; `text` is looked for without case in any script. */
export function list(reading: Reading, filter: MessageFilter): MessageRow[] {
  const which = conditions()
  if (filter.state !== undefined) which.add('d.state = ?', filter.state)
  if (filter.mailbox !== undefined) which.add('d.mailbox = ?', filter.mailbox)
  if (filter.route !== undefined) which.add('d.route = ?', filter.route)
  if (filter.recipient !== undefined) which.add('d.recipient = ? COLLATE NOCASE', filter.recipient)
  if (filter.before !== undefined) which.add('d.id < ?', filter.before)
  if (filter.text !== undefined && filter.text !== '') {
    const part = filter.text.toLowerCase()
    which.add(
      '(contains(m.subject, ?) OR contains(m.sender, ?) OR contains(d.recipient, ?) OR contains(m.message_id, ?) OR contains(m.id, ?))',
      ...Array<string>(5).fill(part),
    )
  }
  const sql = `SELECT ${columns} FROM deliveries d CROSS JOIN messages m ON m.seq = d.message ${which.where()} ORDER BY d.id DESC LIMIT ?`
  return reading.all(sql, [...which.parameters, pageOf(filter.limit)]).map(toMessageRow)
}
