/**
 * A set of keys turned round, for all-of: whoever is in it is revoked. A set that can't be asked gives `unavailable`, since a
 * revoked key must not get in while it is down.
 */
import type { KeyCheck, KeyQuery, KeyVerifier } from '../transaction/ports.ts'
import { type Answer, andThen, together } from './members.ts'

/** A verifier that lets in whom `negates` doesn't know. Alone it would let in everybody. */
export interface Negation extends KeyVerifier {
  readonly negates: KeyVerifier
}

export const isNegation = (verifier: KeyVerifier): verifier is Negation => 'negates' in verifier

/**
 * Valid, without claims, for a key that the set doesn't know or whose entry has expired. A set that tells case apart is asked
 * for the key as it came and in lower case, and either one revokes: else a holder of a revoked key could write it in another
 * case wherever the verifiers beside this one fold case. `folded`: they all do, and lower case alone is asked.
 */
export function not(verifier: KeyVerifier, folded = false): Negation {
  const spellings = (key: string): readonly string[] => {
    if (verifier.foldsCase === true) return [key]
    return folded ? [foldCase(key)] : [...new Set([key, key.toLowerCase(), foldCase(key)])]
  }
  const ask = (query: KeyQuery, [key, ...rest]: readonly string[], sofar: KeyCheck): Answer => {
    if (key === undefined) return sofar
    return andThen(verifier.verify({ ...query, key }), check => {
      if (check.kind === 'valid' || check.kind === 'revoked') return revoked
      return ask(query, rest, check.kind === 'unavailable' ? check : sofar)
    })
  }
  const { forget, close } = together([verifier])
  return {
    negates: verifier,
    verify: query => ask(query, spellings(query.key), valid),
    foldsCase: folded || verifier.foldsCase === true,
    ...(forget === undefined ? {} : { forget: key => forgetEach(forget, key === undefined ? [undefined] : spellings(key)) }),
    ...(close === undefined ? {} : { close }),
  }
}

const valid: KeyCheck = Object.freeze({ kind: 'valid', claims: Object.freeze({}) })
const revoked: KeyCheck = Object.freeze({ kind: 'revoked' })

/** One spelling for all mixtures of case: a letter with two small forms (ſ and s) goes by its capital. */
const foldCase = (key: string): string => key.toUpperCase().toLowerCase()

const forgetEach = (forget: (key?: string) => number, keys: readonly (string | undefined)[]): number =>
  keys.reduce((sum, key) => sum + forget(key), 0)
