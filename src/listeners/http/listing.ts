/**
 * The two lists and their paging, the same for the API and the page. A page is bounded (1 to 500 rows, 50 by default);
 * `next` is the value of `before` that gives the page after it, null where there is none.
 */
import { type Reason, reasons } from '../../policy/reasons.ts'
import type { MessageRow, SpoolDesk } from '../../transaction/desk.ts'
import type { Decision, DeliveryState, TransactionRow } from '../../transaction/ports.ts'
import { integer, moment, oneOf, textUpTo, type Values } from './query.ts'

export const maxRows = 500
const defaultRows = 50

export const states: readonly DeliveryState[] = ['queued', 'delivering', 'delivered', 'held', 'discarded', 'failed']
export const verdicts: readonly Decision['verdict'][] = ['accept', 'reject', 'defer', 'hold', 'discard', 'tag']
export const reasonTokens = Object.keys(reasons) as readonly Reason[]

/** Fewer rows on a page than in the API: they are escaped one by one, in the thread that answers SMTP. */
export const pageLimit = { limit: integer(1, 100) }

/** What says which deliveries are meant; `since` and `until` are of the time of receipt. */
export const filterParameters = {
  state: oneOf(states),
  mailbox: textUpTo(100),
  route: textUpTo(100),
  processor: textUpTo(100),
  recipient: textUpTo(512),
  text: textUpTo(200),
  since: moment,
  until: moment,
}

export const messageParameters = {
  limit: integer(1, maxRows),
  ...filterParameters,
  before: integer(0, Number.MAX_SAFE_INTEGER),
}

export const transactionParameters = {
  limit: integer(1, maxRows),
  id: textUpTo(100),
  reason: oneOf(reasonTokens),
  verdict: oneOf(verdicts),
  client: textUpTo(100),
  recipient: textUpTo(512),
  before: integer(0, Number.MAX_SAFE_INTEGER),
}

export interface MessagePage {
  readonly messages: readonly MessageRow[]
  readonly next: number | null
}

export interface TransactionPage {
  readonly transactions: readonly TransactionRow[]
  readonly next: number | null
}

export async function listMessages(desk: SpoolDesk, filter: Values<typeof messageParameters>): Promise<MessagePage> {
  const limit = filter.limit ?? defaultRows
  const asked = Math.min(limit + 1, maxRows)
  const rows = await desk.list({ ...filter, limit: asked })
  const messages = rows.slice(0, limit)
  return { messages, next: rows.length < asked ? null : messages.at(-1)!.delivery }
}

/**
 * Transactions are paged by time, so rows of one millisecond must not be parted: those that go on beyond the page wait for
 * the next one. Where one millisecond fills a whole page, the page is all of it (up to 500), and longer than asked for.
 */
export async function listTransactions(desk: SpoolDesk, filter: Values<typeof transactionParameters>): Promise<TransactionPage> {
  const limit = filter.limit ?? defaultRows
  const asked = Math.min(limit + 1, maxRows)
  const rows = await desk.transactions({ ...filter, limit: asked })
  if (rows.length < asked) return { transactions: rows.slice(0, limit), next: null }
  const oldest = rows.at(-1)!.at
  const whole = rows.filter(row => row.at !== oldest)
  const transactions = whole.length > 0 ? whole : (await desk.transactions({ ...filter, limit: maxRows })).filter(row => row.at === oldest)
  return { transactions, next: transactions.at(-1)!.at }
}
