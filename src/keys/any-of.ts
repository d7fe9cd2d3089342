/**
 * Keys of any of several kinds, asked in order: the first valid answer wins and spares the rest; else the one that tells most.
 * "Later" of one is not overruled by the "no" of another: the store that is down may be the one that has the key.
 */
import type { KeyCheck, KeyQuery, KeyVerifier } from '../transaction/ports.ts'
import { tellsMore } from '../transaction/tells-more.ts'
import { type Answer, allFoldCase, andThen, together } from './members.ts'

/** Of no verifiers: every key is unknown. */
export function anyOf(verifiers: readonly KeyVerifier[]): KeyVerifier {
  const ask = (query: KeyQuery, index: number, best: KeyCheck): Answer => {
    const verifier = verifiers[index]
    if (verifier === undefined) return best
    return andThen(verifier.verify(query), check => {
      if (check.kind === 'valid') return check
      return ask(query, index + 1, tellsMore(check, best) ? check : best)
    })
  }
  const everyTells = verifiers.every(verifier => verifier.mayBe !== undefined)
  return {
    verify: query => ask(query, 0, unknown),
    foldsCase: allFoldCase(verifiers),
    ...(everyTells ? { mayBe: key => verifiers.some(verifier => verifier.mayBe!(key)) } : {}),
    ...together(verifiers),
  }
}

const unknown: KeyCheck = Object.freeze({ kind: 'unknown' })
