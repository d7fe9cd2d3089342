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
  const telling = mostTelling(transaction.decisions, reply?.code === 250)
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

const weight: Record<Decision['verdict'], number> = { accept: 0, tag: 0, discard: 1, hold: 2, reject: 3, defer: 4 }

/** `accepted`: a message was, so that it doesn't matter which other recipients were refused on the way. */
function mostTelling(decisions: readonly Decision[], accepted: boolean): Decision | undefined {
  let telling: Decision | undefined
  for (const decision of decisions) {
    if (accepted && decision.stage === 'rcpt') continue
    if (weight[decision.verdict] > (telling === undefined ? 0 : weight[telling.verdict])) telling = decision
  }
  return telling
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
