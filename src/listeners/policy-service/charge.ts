/**
 * What a refused recipient costs the true client, who is Postfix's client: the same budgets as at our own SMTP port. A
 * client in debt is not slowed down here, since that would hold a process of Postfix for each; over twice the budget of
 * unknown recipients it is disconnected. Good recipients are never refused for a debt.
 */
import { trustedPeers } from '../../lib/trusted.ts'
import type { Reply } from '../../mail/reply.ts'
import { type Reason, reasons } from '../../policy/reasons.ts'
import type { Verdict } from '../../policy/verdict.ts'
import type { Guard } from '../../transaction/guard.ts'
import { decided, type Transaction } from '../../transaction/transaction.ts'

/** What a harvester tries. */
const unknown: ReadonlySet<Reason> = new Set(['recipient.unknown', 'key.unknown'])

/** This machine is Postfix itself, or a relay of its own. */
const isLoopback = trustedPeers(['127.0.0.0/8', '::1'])

/** The reply that ends the client's session with Postfix, or null where it may go on. A client without an address is not charged. */
export function charge(guard: Guard, transaction: Transaction, verdict: Verdict): Reply | null {
  const { address } = transaction.client
  if (address === null || isLoopback(address) || verdict.kind !== 'reject') return null
  if (unknown.has(verdict.reason)) {
    return guard.unknownRecipient(address).close ? ended(transaction, 'connection.harvesting') : null
  }
  if (verdict.reason !== 'recipient.syntax') return null
  return guard.error(address).close ? ended(transaction, 'connection.errors') : null
}

function ended(transaction: Transaction, reason: 'connection.harvesting' | 'connection.errors'): Reply {
  const { reply } = reasons[reason]
  decided(transaction, { stage: 'connect', verdict: 'defer', reason, detail: reply.text })
  return reply
}
