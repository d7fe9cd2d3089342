/**
 * What the answer about the writer means for his message: once for the whole of it (SPF, DMARC), and once for each recipient
 * (who may use the key). Refusals are for what is known; what the DNS kept from us, and what could have changed the verdict,
 * means "later". Rule 4 holds for every verdict from here.
 */
import type { Header } from '../../mail/header-fields.ts'
import { accept, afterRcpt, defer, hold, type Peer, reject, type Verdict } from '../verdict.ts'
import type { Authentication } from './answer.ts'
import { isSender } from './bound.ts'
import { looksForwarded } from './broken-forward.ts'

export interface Waiting {
  readonly peer: Peer
  /** Milliseconds since the relay took the message (its Received field says when); null where unknown, or there is no relay. */
  readonly waited: number | null
}

export interface MessageRules extends Waiting {
  readonly spf: 'report' | 'enforce'
  readonly dmarc: 'report' | 'enforce'
  readonly header: Header
}

export interface RecipientRules extends Waiting {
  /** Null: not set, which is `bound` for keys that are bound to senders, and `none` for others. */
  readonly require: 'none' | 'authenticated' | 'bound' | null
  /** `bound`: to senders whom only the verifier knows (by a hash); it was asked for `senders` with the author. */
  readonly claims: { readonly senders?: readonly string[]; readonly bound: boolean }
}

/** For this long a relay is asked to come again. After some days it would tell a sender whom nobody verified. */
export const longestDeferral = 24 * 3600 * 1000

/** The verdict for all recipients alike. */
export function decideMessage(answer: Authentication, rules: MessageRules): Verdict {
  const verdicts = [dmarcVerdict(answer, rules), spfVerdict(answer, rules)]
  const found = order.flatMap(kind => verdicts.filter(verdict => verdict.kind === kind))[0] ?? accept
  return afterRcpt(found, rules.peer)
}
/** What is refused for one reason need not wait for another's answer. */
const order: readonly Verdict['kind'][] = ['reject', 'defer', 'hold']

/** RFC 9989 5.4, 7.4: the author's domain is heard, but for mail that somebody handed on. */
function dmarcVerdict(answer: Authentication, rules: MessageRules): Verdict {
  const { dmarc, from } = answer
  if (rules.dmarc === 'report' || dmarc.override !== undefined) return accept
  // RFC 7489 6.6.1: whose policy counts can't be told, and people will see some name that may be anybody's.
  if (from.problem !== undefined) return answer.forwarder === undefined ? hold('authentication.dmarc') : accept
  if (dmarc.policy === 'none') return accept
  if (dmarc.result === 'temperror') return from.authenticated ? accept : later(rules)
  // The message used up its questions to the DNS: its sender's doing, who must gain nothing by it.
  if (dmarc.result === 'permerror') return from.authenticated ? accept : hold('authentication.dmarc')
  if (dmarc.result !== 'fail' || dmarc.policy === null) return accept
  if (dmarc.policy === 'quarantine' || looksForwarded(answer, rules.header)) return hold('authentication.dmarc')
  return reject('authentication.dmarc')
}

/** RFC 7208 8.4. An author who is known by other means, or a forwarder who is, makes up for it. */
function spfVerdict({ spf, from, forwarder, unknown }: Authentication, rules: MessageRules): Verdict {
  if (rules.spf === 'report' || from.authenticated || forwarder !== undefined) return accept
  if (spf.result === 'temperror') return later(rules)
  if (spf.result !== 'fail') return accept
  return unknown === undefined ? reject('authentication.spf') : later(rules)
}

/** The verdict for the holder of one key. */
export function decideRecipient(answer: Authentication, rules: RecipientRules): Verdict {
  const { require, claims, peer } = rules
  const needed = require ?? (claims.bound || claims.senders !== undefined ? 'bound' : 'none')
  if (needed === 'none') return accept
  const { address, authenticated } = answer.from
  if (!authenticated || address === null) {
    return answer.unknown?.includes('from') ? later(rules) : afterRcpt(reject('authentication.required'), peer)
  }
  const allowed = needed === 'authenticated' || isSender(address, claims.senders ?? [])
  return allowed ? accept : afterRcpt(reject('sender.not-bound'), peer)
}

const later = ({ peer, waited }: Waiting): Verdict =>
  peer === 'relay' && waited !== null && waited > longestDeferral ? hold('authentication.unavailable') : defer('authentication.unavailable')
