/**
 * Transactions, newest first: the trace rows of those that left nothing, and the kept messages, each of which is its own
 * trace. Both are searched alike and merged by time.
 */
import { accepted } from '../../../mail/replies.ts'
import { formatReply, withText } from '../../../mail/reply.ts'
import type { TransactionFilter, TransactionRow } from '../../../transaction/ports.ts'
import { type Conditions, conditions, pageOf, type Reading, type Row } from './rows.ts'

const toTraceRow = (row: Row): TransactionRow => ({
  id: row.id as string,
  at: row.at as number,
  client: row.client as string | null,
  verdict: row.verdict as TransactionRow['verdict'],
  reason: row.reason as TransactionRow['reason'],
  recipients: JSON.parse(row.recipients as string),
  ...JSON.parse(row.rest as string),
})

function searchTrace(reading: Reading, filter: TransactionFilter, limit: number): TransactionRow[] {
  const which = conditions()
  common(which, filter, 'at')
  if (filter.reason !== undefined) which.add('reason = ?', filter.reason)
  if (filter.recipient !== undefined)
    which.add('EXISTS (SELECT 1 FROM json_each(recipients) WHERE json_each.value = ? COLLATE NOCASE)', filter.recipient)
  const sql = `SELECT * FROM trace ${which.where()} ORDER BY seq DESC LIMIT ?`
  return reading.all(sql, [...which.parameters, limit]).map(toTraceRow)
}

function common(which: Conditions, filter: TransactionFilter, time: string): void {
  if (filter.id !== undefined) which.add('id = ?', filter.id)
  if (filter.client !== undefined) which.add('client = ?', filter.client)
  if (filter.verdict !== undefined) which.add('verdict = ?', filter.verdict)
  if (filter.before !== undefined) which.add(`${time} < ?`, filter.before)
}

/** Notices are no recipients of the transaction. */
const ofMessage = 'SELECT 1 FROM deliveries d WHERE d.id >= m.seq AND d.id < m.seq + m.deliveries AND d.about IS NULL'

function toMessageRow(reading: Reading, row: Row): TransactionRow {
  const rest = JSON.parse(row.rest as string)
  const deliveries = reading.all('SELECT recipient, reason FROM deliveries WHERE id >= ? AND id < ? AND about IS NULL ORDER BY id', [
    row.seq as number,
    (row.seq as number) + (row.deliveries as number),
  ])
  return {
    id: row.id as string,
    at: row.received as number,
    listener: rest.listener,
    client: row.client as string | null,
    helo: rest.client.helo,
    sender: row.sender as string,
    recipients: deliveries.map(delivery => delivery.recipient as string),
    reply: formatReply(withText(accepted, row.id as string)),
    verdict: row.verdict as TransactionRow['verdict'],
    reason: (deliveries.find(delivery => delivery.reason !== null)?.reason ?? null) as TransactionRow['reason'],
    decisions: rest.decisions,
    message: row.id as string,
    count: 1,
  }
}

function searchMessages(reading: Reading, filter: TransactionFilter, limit: number): TransactionRow[] {
  const which = conditions()
  common(which, filter, 'received')
  if (filter.reason !== undefined) which.add(`EXISTS (${ofMessage} AND d.reason = ?)`, filter.reason)
  if (filter.recipient !== undefined) which.add(`EXISTS (${ofMessage} AND d.recipient = ? COLLATE NOCASE)`, filter.recipient)
  const sql = `SELECT * FROM messages m ${which.where()} ORDER BY seq DESC LIMIT ?`
  return reading.all(sql, [...which.parameters, limit]).map(row => toMessageRow(reading, row))
}

export function transactions(reading: Reading, filter: TransactionFilter): TransactionRow[] {
  const limit = pageOf(filter.limit)
  const kept = searchMessages(reading, filter, limit)
  const messages = new Set(kept.map(({ id }) => id))
  // What an application refused before the reply was kept first: its trace says what the client heard.
  const traced = searchTrace(reading, filter, limit).map(row => (messages.has(row.id) ? { ...row, message: row.id } : row))
  const told = new Set(traced.map(({ id }) => id))
  const both = [...traced, ...kept.filter(({ id }) => !told.has(id))]
  return both.sort((a, b) => b.at - a.at).slice(0, limit)
}
