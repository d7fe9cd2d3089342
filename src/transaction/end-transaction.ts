/** A transaction that is over leaves one trace row: what was answered last, and every decision on the way. */
import { formatReply, type Reply } from '../mail/reply.ts'
import type { Decision, TransactionRow } from './ports.ts'
import type { Site } from './site.ts'
import type { Transaction } from './transaction.ts'

export interface Ending {
  /** The last reply that mattered; null where the client left first. */
  readonly reply: Reply | null
  /** Whether the spool holds the message. */
  readonly kept: boolean
}

export function endTransaction(site: Site, transaction: Transaction, { reply, kept }: Ending): void {
  const telling = mostTelling(transaction.decisions)
  site.trace.record({
    id: transaction.id,
    at: transaction.started,
    listener: transaction.session.listener,
    client: transaction.client.address,
    helo: transaction.client.helo,
    sender: transaction.sender,
    recipients: recipientsOf(transaction),
    reply: reply === null ? '' : formatReply(reply),
    verdict: telling?.verdict ?? 'accept',
    reason: telling?.reason ?? null,
    decisions: transaction.decisions,
    message: kept ? transaction.id : null,
    count: 1,
  } satisfies TransactionRow)
}

const order: readonly Decision['verdict'][] = ['defer', 'reject', 'hold', 'discard']

function mostTelling(decisions: readonly Decision[]): Decision | undefined {
  for (const verdict of order) {
    const found = decisions.find(decision => decision.verdict === verdict)
    if (found !== undefined) return found
  }
  return undefined
}

const maxRecipients = 20

function recipientsOf({ recipients, decisions }: Transaction): readonly string[] {
  const all = recipients.map(recipient => recipient.address)
  for (const { stage, recipient, verdict } of decisions) {
    if (all.length >= maxRecipients) break
    if (stage === 'rcpt' && recipient !== undefined && verdict !== 'accept') all.push(recipient)
  }
  return all.slice(0, maxRecipients)
}
