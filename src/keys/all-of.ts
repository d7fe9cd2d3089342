/**
 * Keys that several verifiers must all call valid: "signed, and not in the revocation set". Asked in order; the first "no"
 * settles it, and spares the stores behind it the keys that anybody can make up. A "later" settles nothing: a certain "no" of
 * one that is asked after it is still true, whatever the silent one would have said.
 */
import type { KeyCheck, KeyQuery, KeyVerifier } from '../transaction/ports.ts'
import { joinClaims } from './claims.ts'
import { type Answer, allFoldCase, andThen, together } from './members.ts'
import { isNegation, not } from './not.ts'

/**
 * Claims are joined (claims.ts). Verifiers that contradict each other give `unavailable`: the operator's slip, not the
 * sender's. Throws RangeError where nothing but negations would be asked, which would let in everybody.
 */
export function allOf(verifiers: readonly KeyVerifier[]): KeyVerifier {
  const positive = verifiers.filter(verifier => !isNegation(verifier))
  if (positive.length === 0) throw new RangeError('all-of needs a verifier that is not negated')
  const folded = allFoldCase(positive)
  const members = verifiers.map(verifier => (folded && isNegation(verifier) ? not(verifier.negates, true) : verifier))
  const ask = (query: KeyQuery, index: number, sofar: Sofar): Answer => {
    const member = members[index]
    if (member === undefined) return sofar
    return andThen(member.verify(query), check => (isNo(check, query.at) ? check : ask(query, index + 1, join(sofar, check))))
  }
  const telling = members.filter(member => member.mayBe !== undefined)
  return {
    verify: query => ask(query, 0, { kind: 'valid', claims: {} }),
    foldsCase: folded,
    ...(telling.length === 0 ? {} : { mayBe: key => telling.every(member => member.mayBe!(key)) }),
    ...together(members),
  }
}

type No = Extract<KeyCheck, { readonly kind: 'unknown' | 'revoked' }>
type Sofar = Exclude<KeyCheck, No>

/**
 * A store that judges by a clock of its own may say “expired” of a key that was good at the time asked about (mail that
 * waited in a relay's queue): that settles nothing, since one behind it may have revoked the key, or never known it.
 */
const isNo = (check: KeyCheck, at: number): check is No =>
  check.kind === 'unknown' || check.kind === 'revoked' || (check.kind === 'expired' && at >= check.expired)

function join(sofar: Sofar, check: Sofar): Sofar {
  if (sofar.kind === 'unavailable') return sofar
  if (check.kind === 'unavailable') return check
  const claims = joinClaims(sofar.claims ?? {}, check.claims ?? {})
  if (claims === null) return contradiction
  const ends = [sofar, check].flatMap(one => (one.kind === 'expired' ? [one.expired] : []))
  return ends.length === 0
    ? { kind: 'valid', claims }
    : { kind: 'expired', expired: Math.min(...ends), ...(Object.keys(claims).length === 0 ? {} : { claims }) }
}

const contradiction: Sofar = Object.freeze({
  kind: 'unavailable',
  cause: 'the verifiers of all-of name different subjects for this key',
})
