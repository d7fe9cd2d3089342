/**
 * SMTP has one reply for all recipients of a message (RFC 5321 4.1.1.4); LMTP has one each. Here alone the verdicts become
 * that one: any defer defers all and nothing is kept; else anything kept is 250, and who was refused is kept as discarded,
 * where a person can find it; else the first reject speaks.
 */
import { discard, type Verdict } from '../policy/verdict.ts'

/** The verdicts as they must be carried out, so that they agree with the single reply. Never changes their number or order. */
export function foldForSmtp(verdicts: readonly Verdict[]): readonly Verdict[] {
  const deferred = verdicts.find(verdict => verdict.kind === 'defer')
  if (deferred !== undefined) return verdicts.map(() => deferred)
  const first = verdicts.find(verdict => verdict.kind === 'reject')
  if (first === undefined) return verdicts
  if (verdicts.every(verdict => verdict.kind === 'reject')) return verdicts.map(() => first)
  return verdicts.map(verdict => (verdict.kind === 'reject' ? discard(verdict.reason) : verdict))
}
