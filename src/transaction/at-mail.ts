/**
 * MAIL opens a transaction: it gets its id, and the client that the session knows at this moment. Refused here: a declared
 * size over the limit (RFC 1870), and anything at all while the spool can't keep mail.
 */

import { formatAddress } from '../mail/address.ts'
import type { Client, Protocol, ReversePath } from '../mail/envelope.ts'
import { accept, defer, reject, type Verdict } from '../policy/verdict.ts'
import type { Site } from './site.ts'
import { decided, type SessionFacts, type Transaction } from './transaction.ts'

export interface MailCommand {
  readonly reversePath: ReversePath
  readonly size: number | null
  readonly smtpUtf8: boolean
  readonly requireTls?: boolean
  readonly client: Client
  readonly protocol: Protocol
}

export function beginTransaction(site: Site, session: SessionFacts, mail: MailCommand): Transaction {
  const started = site.clock()
  return {
    id: site.newId(started),
    started,
    session,
    client: mail.client,
    protocol: mail.protocol,
    reversePath: mail.reversePath,
    sender: mail.reversePath === null ? '' : formatAddress(mail.reversePath),
    smtpUtf8: mail.smtpUtf8,
    requireTls: mail.requireTls === true,
    declaredSize: mail.size,
    recipients: [],
    decisions: [],
    spf: null,
    refused: 0,
  }
}

export function atMail(site: Site, transaction: Transaction): Verdict {
  const verdict = decide(site, transaction)
  if (verdict.kind !== 'accept') decided(transaction, { stage: 'mail', verdict: verdict.kind, reason: verdict.reason })
  return verdict
}

function decide(site: Site, { declaredSize }: Transaction): Verdict {
  if ((declaredSize ?? 0) > site.limits.messageSize) return reject('message.too-large')
  return site.spoolStatus().writable ? accept : defer('spool.full')
}
