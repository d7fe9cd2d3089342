/**
 * Whether anybody may be told that a message was refused after it was accepted, and at which address (RFC 3834 2, 4). Only
 * RFC5321.MailFrom, and only where it is authenticated by SPF or is the RFC5322.From that DKIM or SPF authenticates. A sealer's
 * word (ARC) is not enough here: if it is wrong, or old, a third party gets our mail.
 */
import { parseAddress } from '../../mail/address.ts'
import type { Authentication, Machine } from '../authentication/answer.ts'
import { asciiLower, canonicalDomain } from '../recipient/pattern.ts'

export interface NoticeFacts {
  /** RFC5321.MailFrom, '' for the null reverse-path. */
  readonly sender: string
  /** A List-* field, or the reverse-path of a list. */
  readonly list: boolean
  /** The message must travel under TLS (RFC 8689 4.1), which we can't promise for a notice. */
  readonly requireTls: boolean
  readonly machine: Machine
}

/** The address, or null: nobody. A null answer (nothing was checked) is nobody too. */
export function mayNotify(answer: Authentication | null, facts: NoticeFacts): string | null {
  if (answer === null || facts.list || facts.requireTls) return null
  if (facts.machine !== 'none' || answer.machine !== 'none') return null
  const { sender } = facts
  const address = parseAddress(sender)
  if (address === null || isRobot(address.localPart)) return null
  if (answer.mailFrom.address !== sender) return null
  return answer.mailFrom.authenticated || isAuthenticFrom(sender, answer.from) ? sender : null
}

const byOwnProof: ReadonlySet<Authentication['from']['how']> = new Set(['dkim', 'spf'])

/** The local part to the letter: whether another case is another person is the business of his server. */
function isAuthenticFrom(sender: string, { address, authenticated, how }: Authentication['from']): boolean {
  return authenticated && address !== null && byOwnProof.has(how) && exactly(sender) === exactly(address)
}

function exactly(text: string): string {
  const at = text.lastIndexOf('@')
  return text.slice(0, at + 1) + canonicalDomain(text.slice(at + 1))
}

/** Local parts behind which nobody reads, or which lead on to somebody else. */
function isRobot(localPart: string): boolean {
  // Another address is packed in: VERP, BATV, or SRS, which would lead to a sender that only the forwarder has seen.
  if (localPart.includes('=')) return true
  const name = asciiLower(localPart)
  return robots.has(name.replace(/[-_.]/g, '').replace(/\+.*$/s, '')) || listLike.test(name)
}

/** Without hyphens, underscores, dots and sub-address. */
const robots: ReadonlySet<string> = new Set([
  ...['mailerdaemon', 'maildaemon', 'postmaster', 'daemon', 'nobody', 'root', 'listserv', 'majordomo', 'mailman'],
  ...['noreply', 'donotreply', 'dontreply', 'noreplies', 'noresponse', 'unattended', 'autoreply', 'autoresponder', 'automailer'],
  ...['neantworten', 'nichtantworten', 'keineantwort', 'nepasrepondre', 'noresponder', 'norispondere', 'naoresponda', 'nietantwoorden'],
])
const listLike =
  /^(?:owner|bounces?|return|errors?)(?:$|[-+_.])|[-+_.](?:owner|bounces?|request|errors?)(?:$|[-+_.])|(?:^|[-+_.])no[-_.]?reply(?:$|[-+_.])/
