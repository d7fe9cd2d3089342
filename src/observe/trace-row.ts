/**
 * A transaction as fields of a log line, and bounded for the store. What peers said (HELO, addresses) is cut to a length that
 * no honest one has; that it can't break a line is JSON's business. Log fields are strings, which pino writes fastest.
 */
import type { Decision, TransactionRow } from '../transaction/ports.ts'

/** RFC 5321 4.5.3.1.3 has 256 octets for a path; up to 512 are accepted here. */
export const MOST_ADDRESS = 512
const MOST_NAME = 255
/** Recipients in a log line and in a row: the log says how many there were. */
const LOGGED_RECIPIENTS = 5
const KEPT_RECIPIENTS = 100
const KEPT_DECISIONS = 200

const texts: Record<Decision['verdict'], string> = {
  accept: 'accepted',
  tag: 'accepted',
  reject: 'rejected',
  defer: 'deferred',
  hold: 'held',
  discard: 'discarded',
}
export const textFor = (verdict: Decision['verdict']): string => texts[verdict]

/** `most` characters of it; what was cut off shows as an ellipsis. */
export const boundedText = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 1)}…`)

/** The fields of a log line for one transaction. */
export function logFields(row: TransactionRow): object {
  const { recipients } = row
  return {
    id: row.id,
    listener: row.listener,
    client: row.client,
    sender: row.sender === null ? null : boundedText(row.sender, MOST_ADDRESS),
    recipients: recipients.length === 1 ? boundedText(recipients[0]!, MOST_ADDRESS) : listOf(recipients),
    verdict: row.verdict,
    reason: row.reason,
    reply: boundedText(row.reply, MOST_ADDRESS),
  }
}

/** 'a@x, b@x, c@x, d@x, e@x and 95 more' */
function listOf(recipients: readonly string[]): string {
  const shown = recipients.slice(0, LOGGED_RECIPIENTS).map(recipient => boundedText(recipient, MOST_ADDRESS))
  const more = recipients.length - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}

/** The row as it is given to the store. */
export function boundedRow(row: TransactionRow): TransactionRow {
  return {
    ...row,
    helo: row.helo === null ? null : boundedText(row.helo, MOST_NAME),
    sender: row.sender === null ? null : boundedText(row.sender, MOST_ADDRESS),
    recipients: row.recipients.slice(0, KEPT_RECIPIENTS).map(recipient => boundedText(recipient, MOST_ADDRESS)),
    reply: boundedText(row.reply, MOST_ADDRESS),
    decisions: row.decisions.slice(0, KEPT_DECISIONS),
  }
}
