/**
 * One recipient asked about without a message: what Postfix wants to know before it takes anything into its queue. The same
 * decision as at RCPT, as a transaction of its own. Never throws and never rejects: an unexpected error is a "later".
 */
import { type Address, formatAddress } from '../mail/address.ts'
import { type Reply, withText } from '../mail/reply.ts'
import { defer, type Verdict } from '../policy/verdict.ts'
import { beginTransaction, type MailCommand } from './at-mail.ts'
import { atRcpt } from './at-rcpt.ts'
import { endTransaction } from './end-transaction.ts'
import type { Site } from './site.ts'
import { decided, type SessionFacts, type Transaction } from './transaction.ts'

export interface Question {
  readonly session: SessionFacts
  readonly mail: MailCommand
  readonly recipient: Address
}

export interface Opinion {
  readonly transaction: Transaction
  readonly verdict: Verdict
}

/** A promise only where a key store needs one. */
export function ask(site: Site, { session, mail, recipient }: Question): Opinion | Promise<Opinion> {
  const transaction = beginTransaction(site, session, mail)
  try {
    const verdict = atRcpt(site, transaction, recipient)
    if (!(verdict instanceof Promise)) return { transaction, verdict }
    return verdict.then(
      later => ({ transaction, verdict: later }),
      error => failed(site, { transaction, recipient, error }),
    )
  } catch (error) {
    return failed(site, { transaction, recipient, error })
  }
}

interface Failure {
  readonly transaction: Transaction
  readonly recipient: Address
  readonly error: unknown
}

function failed(site: Site, { transaction, recipient, error }: Failure): Opinion {
  site.log.error({ id: transaction.id, err: error }, 'unexpected error at a question about a recipient')
  decided(transaction, { stage: 'rcpt', recipient: formatAddress(recipient), verdict: 'defer', reason: 'internal.error' })
  return { transaction, verdict: defer('internal.error') }
}

/** A refusal as it is to be said, with the id under which it can be explained; the transaction is over and leaves its trace. */
export function refuse(site: Site, transaction: Transaction, reply: Reply): Reply {
  const said = withText(reply, transaction.id)
  try {
    endTransaction(site, transaction, { reply: said, kept: false })
  } catch (error) {
    site.log.error({ id: transaction.id, err: error }, 'a transaction left no trace')
  }
  return said
}
