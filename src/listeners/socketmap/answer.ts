/**
 * What the map `recipients` holds (socketmap_table(5)): OK for a recipient that RCPT would accept, NOTFOUND for one that it
 * would refuse, TEMP where that can't be said now. Postfix folds addresses to lower case before it asks, so a key whose case
 * matters is answered by its grammar here and decided by the policy service or at RCPT. Knows no client and no sender.
 */
import { type Address, formatAddress, parseAddress } from '../../mail/address.ts'
import type { Client } from '../../mail/envelope.ts'
import { refusal } from '../../policy/verdict.ts'
import { ask, type Opinion, refuse } from '../../transaction/ask.ts'
import type { MailCommand } from '../../transaction/at-mail.ts'
import type { Site } from '../../transaction/site.ts'
import type { SessionFacts } from '../../transaction/transaction.ts'
import { netstring } from './netstring.ts'

const session: SessionFacts = { listener: 'socketmap', peer: 'relay', replyPerRecipient: true, normalizeLineEndings: true, folded: true }
const nobody: Client = { address: null, name: null, helo: null, ident: null }
const mail: MailCommand = { reversePath: null, size: null, smtpUtf8: true, client: nobody, protocol: 'LMTP' }

const map = 'recipients '
const found = (recipient: Address): string => netstring(`OK ${formatAddress(recipient)}`)
const notFound = netstring('NOTFOUND ')
const unknownMap = netstring('PERM unknown map')
export const sorry = netstring('TEMP Temporary failure')

/** `request` is "name key"; the answer is a netstring. */
export function answerSocketmap(site: Site, request: string): string | Promise<string> {
  if (!request.startsWith(map)) return unknownMap
  // A domain alone, a local part alone, or nonsense: not in the map, whatever else is up or down.
  const recipient = parseAddress(request.slice(map.length))
  if (recipient === null) return notFound
  const opinion = ask(site, { session, mail, recipient })
  if (opinion instanceof Promise) return opinion.then(later => said(site, recipient, later))
  return said(site, recipient, opinion)
}

function said(site: Site, recipient: Address, { transaction, verdict }: Opinion): string {
  const refused = refusal(verdict)
  if (refused === undefined || verdict.kind === 'accept') return found(recipient)
  // The postmaster's caps are about clients and sizes, and neither is known here.
  if (verdict.reason === 'recipient.postmaster-full') return found(recipient)
  const { text } = refuse(site, transaction, refused)
  return verdict.kind === 'defer' ? netstring(`TEMP ${text}`) : notFound
}
