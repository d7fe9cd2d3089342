/**
 * RCPT: whose address is it, and is its key good? The answer about the recipient is truthful on every listener, since
 * Postfix's address probes depend on it; what depends on the sender is answered here to origin peers only.
 */

import { networkOf } from '../lib/network.ts'
import { type Address, formatAddress } from '../mail/address.ts'
import { lookUp } from '../policy/recipient/directory.ts'
import { screenEnvelope } from '../policy/screening/actions.ts'
import { accept, defer, reject, type Verdict } from '../policy/verdict.ts'
import type { KeyCheck, KeyQuery } from './ports.ts'
import type { Mailbox, Route, Site } from './site.ts'
import { tellsMore } from './tells-more.ts'
import { decided, type Grant, type Recipient, type Transaction } from './transaction.ts'

interface Answer {
  readonly verdict: Verdict
  readonly recipient: Recipient | null
  /** For the log and the page. */
  readonly detail?: string
}

/** Decides about one forward-path and notes it in the transaction. A promise only where a key store needs one. */
export function atRcpt(site: Site, transaction: Transaction, path: Address | 'postmaster'): Verdict | Promise<Verdict> {
  const address = path === 'postmaster' ? `postmaster@${site.directory.primary ?? site.hostname}` : formatAddress(path)
  const answer = decide(site, transaction, path, address)
  if (answer instanceof Promise) return answer.then(settled => note(transaction, address, settled))
  return note(transaction, address, answer)
}

function note(transaction: Transaction, address: string, { verdict, recipient, detail }: Answer): Verdict {
  if (recipient !== null) transaction.recipients.push(recipient)
  else transaction.refused++
  const told = detail === undefined ? {} : { detail }
  if (verdict.kind === 'accept') decided(transaction, { stage: 'rcpt', recipient: address, verdict: 'accept', ...told })
  else decided(transaction, { stage: 'rcpt', recipient: address, verdict: verdict.kind, reason: verdict.reason, ...told })
  return verdict
}

function decide(site: Site, transaction: Transaction, path: Address | 'postmaster', address: string): Answer | Promise<Answer> {
  if (transaction.recipients.length >= site.limits.recipients) return refused(defer('recipient.too-many'))
  const match = lookUp(site.directory, path)
  if (match.kind === 'unserved') return refused(reject('recipient.relay'))
  if (match.kind === 'unknown') return refused(reject('recipient.unknown'))
  if (match.kind === 'postmaster') return atPostmaster(site, transaction, address)
  const mailbox = site.mailboxes.get(match.mailbox)!
  if (match.key === null) return atDedicated(transaction, mailbox, address)
  const query = keyQuery(transaction, { mailbox, key: match.key, recipient: address })
  const checked = checkRoutes(mailbox.routes, query, transaction.session.folded)
  if (checked instanceof Promise) return checked.then(result => atKey(site, transaction, { mailbox, query, ...result }))
  return atKey(site, transaction, { mailbox, query, check: checked.check, route: checked.route })
}

const refused = (verdict: Verdict, detail?: string): Answer => ({ verdict, recipient: null, ...(detail === undefined ? {} : { detail }) })

/** The sender's part of the decision, once the recipient is known to be good. */
function granted(transaction: Transaction, recipient: Recipient, route: Route): Answer {
  const verdict = screenEnvelope(transaction.reversePath, route.screening, transaction.session.peer)
  return verdict.kind === 'accept' ? { verdict, recipient } : refused(verdict, `reverse-path <${transaction.sender}>`)
}

interface Found extends Checked {
  readonly mailbox: Mailbox
  readonly query: KeyQuery
}

function atKey(site: Site, transaction: Transaction, { check, route, mailbox, query }: Found): Answer {
  const { key, recipient } = query
  if (check.kind === 'valid') {
    const grant: Grant = { kind: 'key', route, key, claims: check.claims }
    return granted(transaction, { address: recipient, mailbox: mailbox.name, grant }, route)
  }
  if (check.kind === 'unavailable') return refused(defer('key.unavailable'), check.cause)
  if (check.kind === 'expired' && mayHaveWaited(site, transaction, check.expired)) {
    const grant: Grant = { kind: 'key', route, key, claims: {}, expired: check.expired }
    const detail = 'expired while it may have waited in the relay’s queue: judged by the time the relay received it'
    return { ...granted(transaction, { address: recipient, mailbox: mailbox.name, grant }, route), detail }
  }
  return refused(reject(`key.${check.kind}`), `mailbox ${mailbox.name}`)
}

/**
 * Rule 4: mail that a relay took while its key was good is not lost by our outage. Only a relay that names its queue id
 * (XFORWARD IDENT) has the message already; an address probe names none, and is told the truth of this moment.
 */
const mayHaveWaited = (site: Site, { session, client, started }: Transaction, expired: number): boolean =>
  session.peer === 'relay' && client.ident !== null && started - expired < site.limits.relayGrace

/** A dedicated address: its key stands in the message, or none is needed. */
function atDedicated(transaction: Transaction, mailbox: Mailbox, address: string): Answer {
  const route = mailbox.routes[0]!
  const grant: Grant = mailbox.references === null ? { kind: 'open', route } : { kind: 'references', route }
  return granted(transaction, { address, mailbox: mailbox.name, grant }, route)
}

function atPostmaster(site: Site, transaction: Transaction, address: string): Answer {
  const { postmaster, clock } = site
  const full = refused(defer('recipient.postmaster-full'))
  if ((transaction.declaredSize ?? 0) > postmaster.messageSize) return full
  if (postmaster.perNetwork.left(networkOf(transaction.client.address), clock()) < 1) return full
  const { used, free } = site.spoolStatus()
  if (postmaster.used() > postmaster.share * (used + free)) return full
  return { verdict: accept, recipient: { address, mailbox: 'postmaster', grant: { kind: 'postmaster' } } }
}

export const keyQuery = (
  transaction: Transaction,
  { mailbox, key, recipient }: { readonly mailbox: Mailbox; readonly key: string; readonly recipient: string },
): KeyQuery => ({
  mailbox: mailbox.name,
  route: mailbox.routes[0]!.name,
  key,
  recipient,
  sender: transaction.sender,
  client: transaction.client.address,
  at: transaction.started,
})

interface Checked {
  readonly check: KeyCheck
  readonly route: Route
}

/** Asks the routes in order; the first valid one wins, else the answer that says most. `folded`: the key came in lower case. */
export function checkRoutes(routes: readonly Route[], query: KeyQuery, folded = false): Checked | Promise<Checked> {
  let best: Checked | null = null
  for (let i = 0; i < routes.length; i++) {
    const route = routes[i]!
    const check = checkRoute(route, query, folded)
    if (check instanceof Promise) return checkOn({ routes: routes.slice(i), query, folded }, best, check)
    if (best === null || tellsMore(check, best.check)) best = { check, route }
    if (check.kind === 'valid') return best
  }
  return best!
}

type Rest = { readonly routes: readonly Route[]; readonly query: KeyQuery; readonly folded: boolean }

/** The same from the first route on that took a promise. */
async function checkOn({ routes, query, folded }: Rest, sofar: Checked | null, first: Promise<KeyCheck>): Promise<Checked> {
  let best = sofar
  for (const [i, route] of routes.entries()) {
    const check = await (i === 0 ? first : checkRoute(route, query, folded))
    if (best === null || tellsMore(check, best.check)) best = { check, route }
    if (check.kind === 'valid') break
  }
  return best!
}

const maybe: KeyCheck = Object.freeze({ kind: 'valid', claims: Object.freeze({}) })
const unknown: KeyCheck = Object.freeze({ kind: 'unknown' })

function checkRoute({ verifier, caseSensitive, name }: Route, query: KeyQuery, folded: boolean): KeyCheck | Promise<KeyCheck> {
  if (verifier === null) return unknown
  if (folded && caseSensitive && verifier.foldsCase !== true) return verifier.mayBe?.(query.key) === false ? unknown : maybe
  const key = caseSensitive ? query.key : query.key.toLowerCase()
  // What is asked as it stands needs no copy: most mailboxes have one route, and a flood comes through here.
  return verifier.verify(key === query.key && query.route === name ? query : { ...query, route: name, key })
}
