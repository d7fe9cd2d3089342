/**
 * What every key verifier owes its callers, whatever it asks: answers as data, never a throw, expiry to the millisecond,
 * nothing said about keys it does not know.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Claims, KeyCheck, KeyQuery, KeyVerifier } from '../../../src/transaction/ports.ts'
import { queryFor as queryOf } from '../../support/key-query.ts'

export interface VerifierFixture {
  readonly verifier: KeyVerifier
  /** A key that is good without end, and what it claims. */
  readonly valid: { readonly key: string; readonly claims: Claims }
  /** Where the store may say when a key ends: one that is good before `at` and not from then on. */
  readonly expiring?: { readonly key: string; readonly at: number; readonly claims: Claims }
  readonly unknown: readonly string[]
  /** Where the kind of verifier can withdraw single keys. */
  readonly revoked?: string
  /** Where its store can be down: a verifier whose store is. */
  readonly unavailable?: KeyVerifier
  /** Whether a key that a relay folded to another case is the same key. */
  readonly foldsCase: boolean
}

export const now = Date.parse('2026-11-21T12:00:00Z')

export const queryFor = (key: string, at: number = now, more: Partial<KeyQuery> = {}): KeyQuery => queryOf(key, at, more)

const kinds = ['valid', 'unknown', 'expired', 'revoked', 'unavailable']

/** What a kind of verifier can't have: then the fixture has none of it, and nothing is asked about it. */
export type Lack = 'expiring' | 'revoked' | 'unavailable'

export function keyVerifierContract(name: string, make: () => Promise<VerifierFixture>, lacks: readonly Lack[] = []): void {
  const able = (what: Lack) => !lacks.includes(what)
  describe(name, () => {
    let f: VerifierFixture
    const ask = async (key: string, at?: number): Promise<KeyCheck> => await f.verifier.verify(queryFor(key, at))
    beforeAll(async () => {
      f = await make()
    })
    afterAll(async () => {
      await f.verifier.close?.()
      await f.unavailable?.close?.()
    })

    test('a valid key comes with its claims', async () => {
      expect(await ask(f.valid.key)).toEqual({ kind: 'valid', claims: f.valid.claims })
    })

    test('a key without expiry is good at any time', async () => {
      expect(await ask(f.valid.key, 0)).toMatchObject({ kind: 'valid' })
      expect(await ask(f.valid.key, 8.64e15)).toMatchObject({ kind: 'valid' })
    })

    test('the fixture has what the kind of verifier does not lack', () => {
      expect((['expiring', 'revoked', 'unavailable'] as const).filter(what => f[what] === undefined)).toEqual([...lacks].sort())
    })

    const expiry = async () => {
      const { key, at, claims } = f.expiring!
      expect(await ask(key, at - 1)).toEqual({ kind: 'valid', claims })
      expect(await ask(key, at)).toEqual({ kind: 'expired', expired: at })
      expect(await ask(key, at + 1)).toEqual({ kind: 'expired', expired: at })
    }
    if (able('expiring')) test('a key is good until the millisecond before it expires', expiry)

    test('an author changes nothing about a key that is bound to nobody, or that is none', async () => {
      const query = (key: string) => queryFor(key, now, { author: 'ann@example.net' })
      expect(await f.verifier.verify(query(f.valid.key))).toEqual({ kind: 'valid', claims: f.valid.claims })
      for (const key of f.unknown) expect(await f.verifier.verify(query(key)), key).toEqual({ kind: 'unknown' })
    })

    test('what is no key is unknown', async () => {
      for (const key of f.unknown) expect(await ask(key), key).toEqual({ kind: 'unknown' })
    })

    test('names of Object.prototype are unknown', async () => {
      for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', ''])
        expect(await ask(key), key).toEqual({ kind: 'unknown' })
    })

    const withdrawal = async () => expect(await ask(f.revoked!)).toEqual({ kind: 'revoked' })
    if (able('revoked')) test('a withdrawn key is revoked', withdrawal)

    const outage = async () => {
      for (const key of [f.valid.key, ...f.unknown]) {
        const check = await f.unavailable!.verify(queryFor(key))
        expect(check).toMatchObject({ kind: 'unavailable', cause: expect.stringMatching(/\S/) })
      }
    }
    if (able('unavailable')) test('a store that is down is unavailable for good and bad keys alike', outage)

    test('a key in another case is the same key only where the verifier says so', async () => {
      const folded = f.valid.key === f.valid.key.toUpperCase() ? f.valid.key.toLowerCase() : f.valid.key.toUpperCase()
      expect((await ask(folded)).kind).toBe(f.foldsCase ? 'valid' : 'unknown')
    })

    test('never throws, for any key, and knows none of them', async () => {
      const anyKey = fc.oneof(fc.string({ unit: 'binary', maxLength: 600 }), fc.string({ unit: 'grapheme' }), fc.base64String())
      await fc.assert(
        fc.asyncProperty(anyKey, fc.integer(), async (key, at) => {
          const check = await ask(key, at)
          expect(kinds).toContain(check.kind)
          expect(check.kind).toBe('unknown')
        }),
        { numRuns: 500 },
      )
    })

    test('one character changed, dropped or added makes a key unknown', async () => {
      const { key } = f.valid
      const edit = fc.record({
        at: fc.nat(key.length - 1),
        how: fc.constantFrom('change', 'drop', 'add'),
        by: fc.string({ minLength: 1, maxLength: 1 }),
      })
      await fc.assert(
        fc.asyncProperty(edit, async ({ at, how, by }) => {
          const edited = key.slice(0, at) + (how === 'drop' ? '' : by) + key.slice(how === 'add' ? at : at + 1)
          const same = f.foldsCase ? edited.toLowerCase() === key.toLowerCase() : edited === key
          expect((await ask(edited)).kind).toBe(same ? 'valid' : 'unknown')
        }),
        { numRuns: 500 },
      )
    })
  })
}
