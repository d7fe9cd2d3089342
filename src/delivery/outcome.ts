/**
 * What an application's HTTP answer means for the delivery: one table, status to Outcome (RFC 9110 15). Pure.
 * Nothing but an explicit verdict in the answer's body may end in `failed`: a status alone is as often a proxy's or an
 * operator's mistake (a deploy's 404, a wrong secret's 401, a proxy's 413), and nobody loses mail to that.
 */
import type { Outcome } from '../transaction/ports.ts'
import { parseRetryAfter } from './retry-after.ts'
import { noWords, type Said, saidIn, sentence } from './verdict-body.ts'

export interface Answer {
  readonly status: number
  readonly retryAfter: string | null
  /** The whole body, as text. */
  readonly body: string
}

export interface StatusRow {
  /** The first and the last status that the row is about. */
  readonly from: number
  readonly to: number
  readonly kind: 'delivered' | 'retry'
  readonly says: string
}

const row = (from: number, to: number, kind: StatusRow['kind'], says: string): StatusRow => ({ from, to, kind, says })
/** The first row that holds a status speaks for it. docs/webhook.md shows the same table, and a test compares them. */
export const statusRows: readonly StatusRow[] = [
  row(200, 299, 'delivered', 'accepted'),
  row(300, 399, 'retry', 'a redirect, and redirects are not followed: configure the final URL'),
  row(401, 401, 'retry', 'credentials or signature not accepted: check the secret on both sides'),
  row(403, 403, 'retry', 'forbidden: check the secret and the access rules in front of the application'),
  row(404, 404, 'retry', 'nothing at this URL: check the URL, or wait for the deploy to end'),
  row(405, 405, 'retry', 'the URL takes no POST: check the URL'),
  row(408, 408, 'retry', 'the application waited too long for the request'),
  row(410, 410, 'retry', 'GONE FOR GOOD, says the application: change the URL, then resume the processor'),
  row(413, 413, 'retry', 'too large for the application or a proxy in front of it: raise its limit'),
  row(425, 425, 'retry', 'too early'),
  row(429, 429, 'retry', 'too many requests'),
  row(400, 499, 'retry', 'refused without a verdict: see the application’s log'),
  row(500, 599, 'retry', 'the application failed: see its log'),
]

/** One line of at most 500 characters, safe to keep, log and show. */
export const oneLine = (text: string): string => sentence(text, 500)

/** `at` is the time now, for a Retry-After that names a date. Never throws. */
export function outcomeOf(answer: Answer, at: number): Outcome {
  const { status } = answer
  const said = saidIn(answer)
  const found = statusRows.find(({ from, to }) => status >= from && status <= to)
  const plain = `${status} ${found?.says ?? 'not a status that HTTP knows'}`
  if (said?.kind === 'verdict') return outcomeOfVerdict(said, status)
  const detail = said === null ? plain : oneLine(`${plain} (its verdict is none that Postern knows: ${said.word})`)
  if (found?.kind === 'delivered') return { kind: 'delivered', detail }
  const after = parseRetryAfter(answer.retryAfter, at)
  return { kind: 'retry', ...(after === null ? {} : { after }), detail, ...(status === 410 ? { gone: true } : {}) }
}

const verdictDetails = { accept: 'accepted', hold: 'to be held', discard: 'to be discarded' } as const

/** By its verdict, whatever the status. `text` is for the sender where it is a refusal, else for the operator. */
export function outcomeOfVerdict({ word, text }: Extract<Said, { kind: 'verdict' }>, status: number): Outcome {
  if (word === 'refuse')
    return { kind: 'failed', detail: `refused by the application: ${text ?? 'no text given'}`, refusal: text ?? noWords }
  const detail = `${status} ${verdictDetails[word]}, says the application`
  return { kind: 'delivered', detail: text === null ? detail : `${detail}: ${text}`, verdict: word }
}

const causes: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connection refused: the application is not running, or not at this address'],
  ['ECONNRESET', 'the connection was reset'],
  ['EPIPE', 'the connection was closed while the message was sent'],
  ['ENOTFOUND', 'the host name of the URL is not known'],
  ['EAI_AGAIN', 'the host name of the URL could not be looked up now'],
  ['ETIMEDOUT', 'no connection in time'],
  ['UND_ERR_CONNECT_TIMEOUT', 'no connection in time'],
  ['UND_ERR_SOCKET', 'the connection was closed before the answer was complete'],
  ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'the answer is over 64 KiB: is this the right URL?'],
])

/** No whole answer came: always to be tried again. `error` is whatever was thrown. Never throws. */
export function outcomeOfError(error: unknown): Outcome {
  const { code, message } = (typeof error === 'object' && error !== null ? error : {}) as { code?: unknown; message?: unknown }
  const token = typeof code === 'string' ? code : ''
  const known = causes.get(token) ?? (typeof message === 'string' ? message : 'unknown error')
  return { kind: 'retry', detail: oneLine(token === '' ? `the call failed: ${known}` : `the call failed: ${known} (${token})`) }
}
