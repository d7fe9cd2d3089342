/**
 * What follows from who sent a message: one verdict for all its recipients (SPF and DMARC where they are enforced), one for each
 * (whom its key is bound to), and the caps that break loops. Applied only to recipients that would be accepted; mail for
 * postmaster is taken from anybody.
 */
import { receivedAt } from '../mail/date-time.ts'
import type { Header } from '../mail/header-fields.ts'
import type { Authentication } from '../policy/authentication/answer.ts'
import { decideMessage, decideRecipient } from '../policy/authentication/decide.ts'
import { accept, afterRcpt, defer, hold, type Peer, reject, type Verdict } from '../policy/verdict.ts'
import { checkRoutes, keyQuery } from './at-rcpt.ts'
import type { Judged } from './new-message.ts'
import type { Claims } from './ports.ts'
import type { Route, Site } from './site.ts'
import { decided, type Recipient, type Transaction } from './transaction.ts'

export interface Sender {
  readonly answer: Authentication | null
  readonly header: Header
}

/** The verdicts, in order, each as it was or refused for its sender. */
export async function judgeSender(
  site: Site,
  transaction: Transaction,
  judged: readonly Judged[],
  sender: Sender,
): Promise<readonly Judged[]> {
  const whole = messageVerdict(site, transaction, sender)
  const result: Judged[] = []
  for (const [i, one] of judged.entries()) {
    const recipient = transaction.recipients[i]!
    if (one.verdict.kind !== 'accept' || one.grant.kind === 'postmaster') {
      result.push(one)
      continue
    }
    const part = { recipient, route: one.grant.route, claims: one.grant.kind === 'key' ? one.grant.claims : {} }
    const verdict = whole.kind === 'accept' ? await recipientVerdict(site, transaction, { ...part, grant: one.grant, sender }) : whole
    result.push({ ...one, verdict: verdict.kind === 'accept' ? governed(site, transaction, { one, recipient, sender }) : verdict })
  }
  return result
}

function messageVerdict({ origins, clock }: Site, { session }: Transaction, { answer, header }: Sender): Verdict {
  if (answer === null) return accept
  const { peer } = session
  return decideMessage(answer, { spf: origins.spf, dmarc: origins.dmarc, peer, waited: waitedFor(peer, header, clock()), header })
}

/** How long a relay has had the message: its own Received field says when it came. null at origin peers, and where it says nothing. */
function waitedFor(peer: Peer, header: Header, now: number): number | null {
  const taken = peer === 'relay' ? receivedAt(header.first('received')) : null
  return taken === null ? null : Math.max(0, now - taken)
}

interface Part {
  readonly recipient: Recipient
  readonly route: Route
  readonly claims: Claims
  readonly grant: Judged['grant']
  readonly sender: Sender
}

async function recipientVerdict(site: Site, transaction: Transaction, part: Part): Promise<Verdict> {
  const { peer } = transaction.session
  const { require } = part.route
  const { answer, header } = part.sender
  const isBound = part.claims.senders !== undefined || part.claims.senderHash === true
  if (answer === null)
    return require === 'none' || (require === null && !isBound) ? accept : afterRcpt(reject('authentication.required'), peer)
  const senders = await sendersOf(site, transaction, part)
  if (senders === 'unavailable') return defer('key.unavailable')
  const claims = { bound: isBound, ...(senders === undefined ? {} : { senders }) }
  return decideRecipient(answer, { require, claims, peer, waited: waitedFor(peer, header, site.clock()) })
}

/** A key that knows its sender only as a hash is asked again, with the author that was found. */
async function sendersOf(
  site: Site,
  transaction: Transaction,
  { recipient, route, claims, grant, sender }: Part,
): Promise<readonly string[] | undefined | 'unavailable'> {
  const author = sender.answer?.from
  if (claims.senderHash !== true || grant.kind !== 'key' || !author?.authenticated || author.address === null) return claims.senders
  const query = keyQuery(transaction, { mailbox: site.mailboxes.get(recipient.mailbox)!, key: grant.key, recipient: recipient.address })
  // A key that expired in the relay's queue was judged as of an earlier time; it must not expire on us here.
  const at = claims.expires !== undefined && claims.expires <= query.at ? claims.expires - 1 : query.at
  const { check } = await checkRoutes([route], { ...query, at, author: author.address })
  if (check.kind === 'unavailable') return 'unavailable'
  // Whether it has expired was judged before; of a store with a clock of its own only the bond is wanted here.
  return check.kind === 'valid' || check.kind === 'expired' ? (check.claims?.senders ?? []) : []
}

interface Governed {
  readonly one: Judged
  readonly recipient: Recipient
  readonly sender: Sender
}

/** The cap that breaks a loop: what is over it waits for a person. */
function governed(site: Site, transaction: Transaction, { one, recipient, sender: { answer } }: Governed): Verdict {
  const key = one.grant.kind === 'key' ? one.grant.key : ''
  const taken = site.governor.take({ mailbox: recipient.mailbox, key, sender: counted(transaction.sender, answer) }, transaction.started)
  if (taken.ok) return accept
  decided(transaction, {
    stage: 'data',
    recipient: recipient.address,
    verdict: 'tag',
    detail: `over ${taken.limit} messages an hour for one ${taken.by}`,
  })
  return hold('message.rate')
}

/** Whoever writes in somebody's name uses up nothing of what is his: who is proved and who is not count apart. */
function counted(sender: string, answer: Authentication | null): string {
  if (answer?.from.authenticated) return answer.from.address ?? ''
  return sender === '' ? '' : `unproved ${sender}`
}
