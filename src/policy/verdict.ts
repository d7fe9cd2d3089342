/**
 * What is decided about one recipient of one message. A refusal always has a reason; rejecting with a 4yz or deferring with
 * a 5yz is a type error. Renderers (SMTP, LMTP, trace) take it from here.
 */
import type { Permanent, Reply, Transient } from '../mail/reply.ts'
import { type DeferReason, type Reason, type RejectReason, reasons } from './reasons.ts'

/** hold: 250, kept, waits for a person or a rule. discard: 250, not handed over; the bytes stay for `retention.discarded`. */
export type Verdict =
  | { readonly kind: 'accept' }
  | { readonly kind: 'hold'; readonly reason: Reason }
  | { readonly kind: 'discard'; readonly reason: Reason }
  | { readonly kind: 'reject'; readonly reason: RejectReason; readonly reply: Permanent }
  | { readonly kind: 'defer'; readonly reason: DeferReason; readonly reply: Transient }

/** Whom a 5yz would hurt: `origin` keeps the message until our reply, `relay` has already said 250 and would bounce. */
export type Peer = 'origin' | 'relay'

export const accept: Verdict = Object.freeze({ kind: 'accept' })
export const hold = (reason: Reason): Verdict => ({ kind: 'hold', reason })
export const discard = (reason: Reason): Verdict => ({ kind: 'discard', reason })
export const reject = (reason: RejectReason): Verdict => ({ kind: 'reject', reason, reply: reasons[reason].reply as Permanent })
/** With words behind its reply. */
export const withReply = (reason: RejectReason, words: (base: Permanent) => Permanent): Verdict => ({
  kind: 'reject',
  reason,
  reply: words(reasons[reason].reply as Permanent),
})
export const defer = (reason: DeferReason): Verdict => ({ kind: 'defer', reason, reply: reasons[reason].reply as Transient })

/** Rule 4: after RCPT a relay peer never hears a 5yz, whoever refused; the message is discarded instead. */
export const afterRcpt = (verdict: Verdict, peer: Peer): Verdict =>
  verdict.kind === 'reject' && peer === 'relay' ? discard(verdict.reason) : verdict

/** The reply a refusal speaks with; undefined for what is answered 250. */
export const refusal = (verdict: Verdict): Reply | undefined =>
  verdict.kind === 'reject' || verdict.kind === 'defer' ? verdict.reply : undefined

/** Answered 250: the message is kept for this recipient, whether it is handed over or not. */
export const isKept = (verdict: Verdict): boolean => refusal(verdict) === undefined
