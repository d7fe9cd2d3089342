/** The list of deliveries, newest first, a page at a time; how long it is, and the numbers in it. */
import type { MessageFilter, MessageRow } from '../../../transaction/desk.ts'
import type { DeliveryState } from '../../../transaction/ports.ts'
import { type Conditions, conditions, pageOf, type Reading, type Row } from './rows.ts'

const columns = `m.id, d.id AS delivery, d.state, d.mailbox, d.route, d.recipient, m.sender, m.subject, m.size, d.received, d.about`

const states = new Set<string>(['queued', 'delivering', 'delivered', 'held', 'discarded', 'failed'] satisfies DeliveryState[])
const hasText = ({ text }: MessageFilter): boolean => text !== undefined && text !== ''

/** `about` is a notice's alone. */
function toMessageRow({ about, ...row }: Row): MessageRow {
  const it = row as unknown as MessageRow
  return about === null ? it : { ...it, about: JSON.parse(about as string) }
}

/** Recipients are compared without ASCII case; `text` is looked for without case in any script. */
function search(filter: MessageFilter, what: 'page' | 'all'): Conditions {
  const which = conditions()
  // In the text of the statement: only so does SQLite see that a partial index serves it.
  if (filter.state !== undefined) which.add(states.has(filter.state) ? `d.state = '${filter.state}'` : 'FALSE')
  if (filter.mailbox !== undefined) which.add('d.mailbox = ?', filter.mailbox)
  if (filter.route !== undefined) which.add('d.route = ?', filter.route)
  // For a page, newest first: the index of what is due would have all of a backlog sorted.
  if (filter.processor !== undefined) which.add(`${what === 'page' ? '+' : ''}d.processor = ?`, filter.processor)
  if (filter.recipient !== undefined) which.add('d.recipient = ? COLLATE NOCASE', filter.recipient)
  if (filter.since !== undefined) which.add('d.received >= ?', filter.since)
  if (filter.until !== undefined) which.add('d.received < ?', filter.until)
  if (filter.before !== undefined) which.add('d.id < ?', filter.before)
  if (!hasText(filter)) return which
  const part = filter.text!.toLowerCase()
  which.add(
    '(contains(m.subject, ?) OR contains(m.sender, ?) OR contains(d.recipient, ?) OR contains(m.message_id, ?) OR contains(m.id, ?))',
    ...Array<string>(5).fill(part),
  )
  return which
}

const withMessage = 'deliveries d CROSS JOIN messages m ON m.seq = d.message'
/** Without the messages where only deliveries are asked of. */
const tables = (filter: MessageFilter): string => (hasText(filter) ? withMessage : 'deliveries d')

export function list(reading: Reading, filter: MessageFilter): MessageRow[] {
  const which = search(filter, 'page')
  const sql = `SELECT ${columns} FROM ${withMessage} ${which.where()} ORDER BY d.id DESC LIMIT ?`
  return reading.all(sql, [...which.parameters, pageOf(filter.limit)]).map(toMessageRow)
}

export function count(reading: Reading, filter: MessageFilter): number {
  const which = search(filter, 'all')
  return reading.all(`SELECT count(*) AS n FROM ${tables(filter)} ${which.where()}`, which.parameters)[0]!.n as number
}

/** In the order of the list, one more than the page. */
export function ids(reading: Reading, filter: MessageFilter): number[] {
  const which = search(filter, 'page')
  which.add('d.about IS NULL')
  const sql = `SELECT d.id FROM ${tables(filter)} ${which.where()} ORDER BY d.id DESC LIMIT ?`
  return reading.all(sql, [...which.parameters, pageOf(filter.limit) + 1]).map(row => row.id as number)
}
