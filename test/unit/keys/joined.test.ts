import { describe, expect, test } from 'vitest'
import { allOf } from '../../../src/keys/all-of.ts'
import { anyOf } from '../../../src/keys/any-of.ts'
import { not } from '../../../src/keys/not.ts'
import type { KeyCheck, KeyVerifier } from '../../../src/transaction/ports.ts'
import { down, expired, query, revoked, type Scripted, says, unknown, valid } from './scripted.ts'

const later = (verifier: KeyVerifier): KeyVerifier => ({ ...verifier, verify: async asked => verifier.verify(asked) })
const asked = (verifiers: readonly Scripted[]): number[] => verifiers.map(verifier => verifier.asked.length)

/** The answer of all verifiers at once, which must be no promise, and the same of verifiers that answer later. */
async function both(join: (verifiers: readonly KeyVerifier[]) => KeyVerifier, verifiers: readonly KeyVerifier[]): Promise<KeyCheck> {
  const check = join(verifiers).verify(query('k'))
  expect(check).not.toBeInstanceOf(Promise)
  for (const late of [
    verifiers.map(later),
    verifiers.map((one, i) => (i === 0 ? later(one) : one)),
    verifiers.map((one, i) => (i === 1 ? later(one) : one)),
  ])
    expect(await join(late).verify(query('k'))).toEqual(check)
  return check
}

describe('any-of', () => {
  test('the first valid one wins and spares the rest', async () => {
    const verifiers = [says(unknown), says(valid({ subject: '1' })), says(valid({ subject: '2' }))]
    expect(anyOf(verifiers).verify(query('k'))).toEqual(valid({ subject: '1' }))
    expect(asked(verifiers)).toEqual([1, 1, 0])
    expect(await both(anyOf, verifiers)).toEqual(valid({ subject: '1' }))
  })

  test.each([
    [[unknown, revoked], revoked],
    [[expired(1), revoked], expired(1)],
    [[revoked, expired(1)], expired(1)],
    [[expired(1), down, unknown], down],
    [[down, expired(1)], down],
    [[expired(1), expired(2)], expired(2)],
    [[expired(2), expired(1)], expired(2)],
    [[down, valid()], valid()],
    [[expired(1), revoked, valid()], valid()],
    [[unknown], unknown],
  ])('%j gives %j', async (answers, expected) => {
    expect(
      await both(
        anyOf,
        answers.map(answer => says(answer)),
      ),
    ).toEqual(expected)
  })

  test('of none knows no key', () => {
    expect(anyOf([]).verify(query('k'))).toEqual(unknown)
    expect(anyOf([]).mayBe?.('k')).toBe(false)
  })

  test('tells of case what all tell', () => {
    const folds = says(unknown, { foldsCase: true })
    expect([anyOf([folds, folds]).foldsCase, anyOf([folds, says(unknown)]).foldsCase]).toEqual([true, false])
    const a = says(unknown, { mayBe: key => key === 'a' })
    const b = says(unknown, { mayBe: key => key === 'b' })
    expect(['a', 'b', 'c'].map(anyOf([a, b]).mayBe!)).toEqual([true, true, false])
    expect(anyOf([a, says(unknown)]).mayBe).toBeUndefined()
  })
})

describe('all-of', () => {
  test('asks no store for a key that an earlier one refuses', async () => {
    for (const no of [unknown, revoked, expired(0)]) {
      const verifiers = [says(valid()), says(no), says(down)]
      expect(await both(allOf, verifiers)).toEqual(no)
      expect(verifiers[2]!.asked).toEqual([])
    }
  })

  test.each([
    [[valid(), down], down],
    [[down, valid()], down],
    [[down, unknown], unknown],
    [[down, revoked, unknown], revoked],
    [[down, { kind: 'unavailable', cause: 'another' }], down],
    [[valid(), valid()], valid()],
  ] as [KeyCheck[], KeyCheck][])('%j gives %j', async (answers, expected) => {
    expect(
      await both(
        allOf,
        answers.map(answer => says(answer)),
      ),
    ).toEqual(expected)
  })

  // Asked about a time at which the key was good still; the store goes by its own clock.
  test.each([
    [[expired(1), revoked], revoked],
    [[expired(1), unknown], unknown],
    [[expired(1), down], down],
    [[down, expired(1)], down],
    [[expired(1), valid({ subject: '1' })], { ...expired(1), claims: { subject: '1' } }],
    [[valid({ senderHash: true }), expired(1)], { ...expired(1), claims: { senderHash: true } }],
    [[{ ...expired(2), claims: { senders: ['a@x.example'] } }, expired(1)], { ...expired(1), claims: { senders: ['a@x.example'] } }],
    [[expired(2), expired(1)], expired(1)],
    [[expired(1), expired(0)], expired(0)],
  ])('%j gives %j where the key was good at the time asked about', async (answers, expected) => {
    expect(
      await both(
        allOf,
        answers.map(answer => says(answer)),
      ),
    ).toEqual(expected)
  })

  test('two different subjects are nobody’s answer, and a log line', async () => {
    const check = await both(allOf, [says(valid({ subject: '1' })), says(valid({ subject: '2' }))])
    expect(check).toEqual({ kind: 'unavailable', cause: 'the verifiers of all-of name different subjects for this key' })
    expect(await both(allOf, [says(valid({ subject: '1' })), says(valid({ subject: '2' })), says(unknown)])).toEqual(unknown)
  })

  test('of none, or of negations alone, would let in everybody', () => {
    expect(() => allOf([])).toThrow(RangeError)
    expect(() => allOf([not(says(unknown))])).toThrow('not negated')
  })

  test('tells of case what it can', () => {
    const folds = says(valid(), { foldsCase: true, mayBe: key => key !== 'x' })
    const odd = says(valid(), { mayBe: key => key !== 'y' })
    expect([allOf([folds]).foldsCase, allOf([folds, odd]).foldsCase, allOf([folds, not(odd)]).foldsCase]).toEqual([true, false, true])
    expect(['x', 'y', 'z'].map(allOf([folds, odd, says(valid())]).mayBe!)).toEqual([false, false, true])
    expect(allOf([says(valid())]).mayBe).toBeUndefined()
  })
})

describe('not', () => {
  test.each([
    [valid({ subject: '1' }), revoked],
    [revoked, revoked],
    [unknown, valid()],
    [expired(1), valid()],
    [down, down],
  ])('%j gives %j', async (answer, expected) => {
    expect(not(says(answer)).verify(query('k'))).toEqual(expected)
    expect(await not(later(says(answer))).verify(query('k'))).toEqual(expected)
  })

  test('a set that tells case apart is asked for the key in lower case, too', () => {
    for (const set of ['KEY', 'key']) expect(not(says({ [set]: valid() })).verify(query('KEY'))).toEqual(revoked)
    expect(not(says({ KEY: valid() })).verify(query('key'))).toEqual(valid())
    // U+017F and U+212A are letters that match s and k without case.
    expect(not(says({ sky: valid() })).verify(query('\u017f\u212ay'))).toEqual(revoked)
    expect(not(says({ KEY: down, key: valid() })).verify(query('KEY'))).toEqual(revoked)
    expect(not(says({ KEY: unknown, key: down })).verify(query('KEY'))).toEqual(down)
    const once = says(unknown)
    not(once).verify(query('key'))
    expect(once.asked).toEqual(['key'])
  })

  test('a set that folds case is asked once', () => {
    const set = says(unknown, { foldsCase: true })
    not(set).verify(query('KEY'))
    expect(set.asked).toEqual(['KEY'])
  })

  test('beside verifiers that all fold case, lower case alone is asked', () => {
    const set = says({ key: valid() })
    const all = allOf([says(valid(), { foldsCase: true }), not(set)])
    for (const key of ['KEY', 'kEy', 'key']) expect(all.verify(query(key))).toEqual(revoked)
    expect(set.asked).toEqual(['key', 'key', 'key'])
  })
})

describe('forget and close', () => {
  const remembering = (log: string[], name: string): KeyVerifier => ({
    ...says(unknown),
    forget: key => log.push(`${name} ${key ?? 'all'}`) && 2,
    close: () => void log.push(`${name} closed`),
  })

  test.each([
    ['any-of', anyOf],
    ['all-of', allOf],
  ])('%s passes them on to each', async (_, join) => {
    const log: string[] = []
    const joined = join([remembering(log, 'a'), says(unknown), remembering(log, 'b')])
    expect([joined.forget!('k'), joined.forget!()]).toEqual([4, 4])
    await joined.close!()
    expect(log).toEqual(['a k', 'b k', 'a all', 'b all', 'a closed', 'b closed'])
    expect(join([says(unknown)]).forget).toBeUndefined()
  })

  test('not forgets each spelling that it asks', async () => {
    const log: string[] = []
    expect(not(remembering(log, 'a')).forget!('KEY')).toBe(4)
    expect(not(remembering(log, 'b'), true).forget!('KEY')).toBe(2)
    expect(not(remembering(log, 'c')).forget!()).toBe(2)
    await not(remembering(log, 'd')).close!()
    expect(log).toEqual(['a KEY', 'a key', 'b key', 'c all', 'd closed'])
    expect(not(says(unknown)).forget).toBeUndefined()
  })

  test('one that fails to close keeps no other from it', async () => {
    const log: string[] = []
    const failing: KeyVerifier = {
      ...says(unknown),
      close() {
        throw new Error('stuck')
      },
    }
    await expect(anyOf([failing, remembering(log, 'b')]).close!()).rejects.toThrow('stuck')
    expect(log).toEqual(['b closed'])
  })
})
