/**
 * What the relay's answer means for a notice: one table, reply to Outcome (RFC 5321 4.2.1). Pure. A notice that is refused for
 * good is given up; nobody is told of that. What is no word about this message (no connection, TLS, a login) is the operator's
 * or the network's affair, and tried again.
 */
import type { Outcome } from '../transaction/ports.ts'

export interface ReplyRow {
  /** The first and the last reply code that the row is about. */
  readonly from: number
  readonly to: number
  readonly kind: 'retry' | 'failed'
  readonly says: string
}

const row = (from: number, to: number, kind: ReplyRow['kind'], says: string): ReplyRow => ({ from, to, kind, says })

/** Replies to MAIL, RCPT, DATA and the data. The first row that holds a code speaks for it. docs/notices.md shows the same table. */
export const replyRows: readonly ReplyRow[] = [
  row(400, 499, 'retry', 'deferred by the relay'),
  row(530, 530, 'retry', 'the relay wants TLS or a login first: set notices.smtp.tls, username and password'),
  row(534, 538, 'retry', 'the relay wants another login: check notices.smtp.username and password'),
  row(500, 599, 'failed', 'refused by the relay, given up'),
]

/** Before the message comes up, nothing that is said is about it. */
const aboutMessage: ReadonlySet<string> = new Set(['MAIL FROM', 'RCPT TO', 'DATA'])

const causes: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connection refused: is the relay running, and at this address?'],
  ['ECONNECTION', 'the relay closed the connection'],
  ['ECONNRESET', 'the connection was reset'],
  ['ETIMEDOUT', 'the relay did not answer in time'],
  ['ESOCKET', 'the connection broke'],
  ['EDNS', 'the name of the relay could not be looked up'],
  ['ETLS', 'no TLS with the relay: it offers none, or its certificate is not good for it (notices.smtp.tls, ca)'],
  ['EAUTH', 'the relay did not take the login: check notices.smtp.username and password'],
  ['EPROTOCOL', 'the relay said what no mail server says here'],
])

/** `reply` is the relay's answer to the data. */
export const accepted = (reply: string): Outcome => ({ kind: 'delivered', detail: oneLine(reply) })

/** `error` is whatever sendParcel rejected with, NoSmtpUtf8 and abort apart. Never throws. */
export function outcomeOfError(error: unknown): Outcome {
  const { code, originalCode, command, response, responseCode, message } = fieldsOf(error)
  const said = response === '' ? '' : `: ${response}`
  if (responseCode !== null && aboutMessage.has(command)) {
    const found = replyRows.find(({ from, to }) => responseCode >= from && responseCode <= to)
    return { kind: found?.kind ?? 'retry', detail: oneLine(`${found?.says ?? 'not a reply that SMTP knows'} (${command})${said}`) }
  }
  const certificate = code === 'ESOCKET' && !causes.has(originalCode) && /certificat|altname|self-signed/i.test(message)
  const cause = causes.get(originalCode) ?? causes.get(certificate ? 'ETLS' : code) ?? 'the call failed'
  const more = said !== '' || message === '' ? said : `: ${message}`
  return { kind: 'retry', detail: oneLine(`not sent: ${cause}${more}`) }
}

function fieldsOf(error: unknown) {
  const fields = (typeof error === 'object' && error !== null ? error : { message: String(error) }) as Record<string, unknown>
  const text = (name: string): string => (typeof fields[name] === 'string' ? fields[name] : '')
  return {
    code: text('code'),
    originalCode: text('originalCode'),
    command: text('command'),
    response: text('response'),
    responseCode: typeof fields.responseCode === 'number' ? fields.responseCode : null,
    message: text('message'),
  }
}

/** At most 500 characters, safe to keep and show. */
const oneLine = (text: string): string =>
  text
    .slice(0, 1_000)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, 500)
