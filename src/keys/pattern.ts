/**
 * Keys that are good by their grammar alone: `{ pattern: 'ticket-(?<subject>[0-9]{1,9})' }`. Nothing is asked, so nothing can
 * be down, and nothing is proved: whoever knows the grammar can write a key. Join it with a store where that matters.
 */
import type { Claims, KeyCheck, KeyQuery, KeyVerifier } from '../transaction/ports.ts'
import { parseInstant } from './instant.ts'
import { compileKeyPattern, type PatternMatch } from './pattern/compile.ts'

/** Throws RangeError for a pattern that compileKeyPattern refuses, with its problem. */
export function patternKeys({ pattern }: { readonly pattern: string }): KeyVerifier {
  const compiled = compileKeyPattern(pattern)
  if ('problem' in compiled) throw new RangeError(compiled.problem)
  const { match, mayBe, foldsCase } = compiled
  function verify({ key, at }: KeyQuery): KeyCheck {
    const matched = match(key)
    return matched === null ? unknown : judge(matched, at)
  }
  return { verify, foldsCase, ...(mayBe === undefined ? {} : { mayBe }) }
}

const unknown: KeyCheck = Object.freeze({ kind: 'unknown' })

/** Longest subject, in characters, as for keys in a store. */
const maxSubject = 255
const printable = /^[^\x00-\x1f\x7f]*$/

/** A subject or an expiry that can't be one makes the key none: a grammar that is only half fulfilled. */
function judge({ subject = '', expires = '' }: PatternMatch, at: number): KeyCheck {
  if (subject.length > maxSubject || !printable.test(subject)) return unknown
  const claims: Claims = subject === '' ? {} : { subject }
  if (expires === '') return { kind: 'valid', claims }
  const until = instantOf(expires)
  if (until === null) return unknown
  return at >= until ? { kind: 'expired', expired: until } : { kind: 'valid', claims: { ...claims, expires: until } }
}

/** Seconds since 1970 in up to 11 digits (until the year 5138), or a date or time as RFC 3339 writes it. */
function instantOf(text: string): number | null {
  if (/^\d{1,11}$/.test(text)) return Number(text) * 1000
  // A relay may have folded the T and the Z.
  return parseInstant(text.toUpperCase())
}
