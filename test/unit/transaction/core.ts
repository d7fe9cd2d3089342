/** Runs transactions through the core alone: no listener, no socket. */

import { parseAddress } from '../../../src/mail/address.ts'
import type { Peer } from '../../../src/policy/verdict.ts'
import { beginTransaction } from '../../../src/transaction/at-mail.ts'
import { atRcpt } from '../../../src/transaction/at-rcpt.ts'
import type { EndOfData } from '../../../src/transaction/commit.ts'
import { openIntake } from '../../../src/transaction/intake.ts'
import type { Transaction } from '../../../src/transaction/transaction.ts'
import type { TestSite } from '../../support/site.ts'

export interface Mail {
  readonly sender?: string
  readonly recipients: readonly string[]
  readonly message: string
  readonly peer?: Peer
  readonly perRecipient?: boolean
  /** XFORWARD IDENT: the relay has the message in its queue. */
  readonly ident?: string
  /** Octets that come at once; all, unless told. */
  readonly chunk?: number
}

export function begin(
  site: TestSite,
  { sender = 'writer@example.org', peer = 'origin', perRecipient = false, ident }: Omit<Mail, 'recipients' | 'message'>,
): Transaction {
  return beginTransaction(
    site,
    { listener: 'smtp', peer, replyPerRecipient: perRecipient, normalizeLineEndings: peer === 'relay' },
    {
      reversePath: sender === '' ? null : parseAddress(sender)!,
      size: null,
      smtpUtf8: false,
      client: { address: '192.0.2.1', name: null, helo: 'client.example', ident: ident ?? null },
      protocol: 'ESMTP',
    },
  )
}

type Sent = EndOfData & { readonly transaction: Transaction }

/** From MAIL to the end of data. */
export const send = (site: TestSite, mail: Mail): Promise<Sent> => finish(site, begin(site, mail), mail)

/** From RCPT on. */
export async function finish(
  site: TestSite,
  transaction: Transaction,
  mail: Pick<Mail, 'recipients' | 'message' | 'chunk'>,
): Promise<Sent> {
  for (const recipient of mail.recipients) {
    await atRcpt(site, transaction, recipient === 'postmaster' ? 'postmaster' : parseAddress(recipient)!)
  }
  const intake = openIntake(site, transaction)
  const octets = Buffer.from(mail.message)
  const size = mail.chunk ?? Math.max(octets.length, 1)
  for (let at = 0; at < octets.length; at += size) await intake.write(octets.subarray(at, at + size))
  return { ...(await intake.end(false)), transaction }
}
