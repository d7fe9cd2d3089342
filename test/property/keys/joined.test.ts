import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allOf } from '../../../src/keys/all-of.ts'
import { anyOf } from '../../../src/keys/any-of.ts'
import { cached } from '../../../src/keys/cached.ts'
import { compileKeyPattern } from '../../../src/keys/pattern/compile.ts'
import { patternKeys } from '../../../src/keys/pattern.ts'
import type { KeyCheck, KeyQuery, KeyVerifier } from '../../../src/transaction/ports.ts'

const query = (key: string, more: Partial<KeyQuery> = {}): KeyQuery => ({
  mailbox: 'm',
  route: 'r',
  key,
  recipient: '',
  sender: '',
  client: null,
  at: 0,
  ...more,
})

describe('patterns', () => {
  const piece = fc.constantFrom(
    'a',
    'B',
    '-',
    '[a-c]',
    '[A-C]',
    '[^a-c]',
    '\\d',
    '\\w',
    '\\W',
    '\\pL',
    '\\PL',
    '.',
    '(?:',
    '(?<subject>',
    ')',
    '|',
  )
  const more = fc.constantFrom(
    '*',
    '+',
    '?',
    '{2}',
    '{1,3}',
    '(?i)',
    '(?-i)',
    '(?i:',
    '\\b',
    '^',
    '$',
    '\\Q',
    '\\E',
    '(?<expires>',
    '(?=',
    '[',
    '\\',
  )
  const source = fc.array(fc.oneof(piece, more), { maxLength: 12 }).map(pieces => pieces.join(''))
  const key = fc.string({ unit: fc.constantFrom(...'aAbBcC-12'), maxLength: 8 })

  test('any text compiles or has a problem, and then any key is answered without a throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(source, fc.string({ unit: 'binary' }), fc.string()),
        fc.oneof(key, fc.string({ unit: 'binary' })),
        (text, tried) => {
          const compiled = compileKeyPattern(text)
          if ('problem' in compiled) expect(compiled.problem).toMatch(/^the pattern ./)
          else expect(['valid', 'unknown', 'expired']).toContain((patternKeys({ pattern: text }).verify(query(tried)) as KeyCheck).kind)
        },
      ),
      { numRuns: 5000 },
    )
  })

  test('what is valid in some case may be a key in any', () => {
    const atom = [
      'a',
      'B',
      'c?',
      '[a-c]',
      '[A-C]+',
      '[^a-c]',
      '\\PL',
      '\\W',
      '\\p{Lu}',
      '.',
      '.*',
      '(?i)',
      '(?-i)',
      '(?i:b)',
      '(?<subject>.)',
      '|',
    ]
    const whole = fc.array(fc.constantFrom(...atom), { minLength: 1, maxLength: 5 }).map(atoms => atoms.join(''))
    let told = 0
    fc.assert(
      fc.property(whole, fc.string({ unit: fc.constantFrom(...'aAbBcC-'), maxLength: 4 }), (text, tried) => {
        const compiled = compileKeyPattern(text)
        if ('problem' in compiled || compiled.mayBe === undefined || compiled.match(tried) === null) return
        told++
        for (const folded of [tried, tried.toLowerCase(), tried.toUpperCase()]) expect(compiled.mayBe(folded)).toBe(true)
        if (compiled.foldsCase) expect(compiled.match(tried.toLowerCase())).toEqual(compiled.match(tried.toUpperCase()))
      }),
      { numRuns: 10_000 },
    )
    expect(told).toBeGreaterThan(500)
  })

  // An oracle for what both engines have in common.
  test('matches as JavaScript does, on the whole key', () => {
    const common = fc.array(fc.constantFrom('a', 'b', '[a-c]', '\\d', '(?:a|b)', '(a)', 'a*', 'b+', '(?:ab)?', '|'), { maxLength: 8 })
    fc.assert(
      fc.property(common, fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1'), minLength: 1, maxLength: 6 }), (pieces, tried) => {
        fc.pre(pieces.length > 0)
        const compiled = compileKeyPattern(pieces.join(''))
        if ('problem' in compiled) throw new Error(compiled.problem)
        expect(compiled.match(tried) !== null).toBe(new RegExp(`^(?:${pieces.join('')})$`).test(tried))
      }),
      { numRuns: 3000 },
    )
  })
})

const answer: fc.Arbitrary<KeyCheck> = fc.oneof(
  fc.record({
    kind: fc.constant('valid' as const),
    claims: fc.record(
      {
        subject: fc.constantFrom('1', '2'),
        expires: fc.nat(9),
        senders: fc.subarray(['a@x', 'b@x', 'x', 'c@y']),
        senderHash: fc.constant(true as const),
      },
      { requiredKeys: [] },
    ),
  }),
  fc.constant({ kind: 'unknown' as const }),
  fc.constant({ kind: 'revoked' as const }),
  fc.record({ kind: fc.constant('expired' as const), expired: fc.nat(9) }),
  fc.constant({ kind: 'unavailable' as const, cause: 'down' }),
)
const member = fc.record({ answer, late: fc.boolean() })
const verifierOf = ({ answer: check, late }: { answer: KeyCheck; late: boolean }): KeyVerifier => ({
  verify: () => (late ? Promise.resolve(check) : check),
})

describe('joined verifiers', () => {
  test('any-of is valid where one is, and says “later” or “no” else; a promise only where one was met', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(member, { maxLength: 5 }), async members => {
        const given = anyOf(members.map(verifierOf)).verify(query('k'))
        const upTo = members.findIndex(({ answer: { kind } }) => kind === 'valid')
        const met = upTo === -1 ? members : members.slice(0, upTo + 1)
        expect(given instanceof Promise).toBe(met.some(({ late }) => late))
        const kinds = members.map(({ answer: { kind } }) => kind)
        const expected =
          (['valid', 'unavailable', 'expired', 'revoked', 'unknown'] as const).find(kind => kinds.includes(kind)) ?? 'unknown'
        expect((await given).kind).toBe(expected)
      }),
    )
  })

  test('all-of is valid only where all are, and then claims no more than each allows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(member, { minLength: 1, maxLength: 4 }), fc.nat(9), async (members, at) => {
        const check = await allOf(members.map(verifierOf)).verify(query('k', { at }))
        const answers = members.map(({ answer: one }) => one)
        // A store with a clock of its own may call a key expired that was good at the time asked about.
        const certain = (one: KeyCheck) => one.kind === 'unknown' || one.kind === 'revoked' || (one.kind === 'expired' && at >= one.expired)
        const no = answers.find(certain)
        const expired = answers.flatMap(one => (one.kind === 'expired' ? [one.expired] : []))
        if (no !== undefined) expect(check).toEqual(no)
        else if (answers.some(({ kind }) => kind === 'unavailable')) expect(check.kind).toBe('unavailable')
        else if (expired.length > 0) expect(check.kind).toMatch(/^(expired|unavailable)$/)
        if (check.kind !== 'valid') return
        expect(check.claims.senderHash).toBe(answers.some(one => one.kind === 'valid' && one.claims.senderHash) || undefined)
        for (const one of answers) {
          if (one.kind !== 'valid') throw new Error('a valid answer over one that was not')
          const { subject, expires, senders } = one.claims
          if (subject !== undefined) expect(check.claims.subject).toBe(subject)
          if (expires !== undefined) expect(check.claims.expires).toBeLessThanOrEqual(expires)
          if (senders !== undefined)
            for (const sender of check.claims.senders!) expect(senders.some(own => own === sender || sender.endsWith(`@${own}`))).toBe(true)
        }
      }),
    )
  })
})

test('a cache over a store that doesn’t change says what the store says, at any time', async () => {
  const limits: Readonly<Record<string, number>> = { a: 10, b: 20 }
  const store: KeyVerifier = {
    verify({ key, at }) {
      const expires = limits[key]
      const check: KeyCheck =
        expires === undefined
          ? { kind: 'unknown' }
          : at >= expires
            ? { kind: 'expired', expired: expires }
            : { kind: 'valid', claims: { expires } }
      return key === 'b' ? Promise.resolve(check) : check
    },
  }
  const step = fc.record({ key: fc.constantFrom('a', 'b', 'c'), at: fc.integer({ min: 0, max: 30 }), pass: fc.nat(3), wait: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async steps => {
      let now = 0
      const cache = cached({ verifier: store, positive: 5, negative: 3, entries: 2, clock: () => now })
      const open: Promise<void>[] = []
      for (const { key, at, pass, wait } of steps) {
        now += pass
        const given = Promise.resolve(cache.verify(query(key, { at })))
        const checked = given.then(async check => expect(check).toEqual(await store.verify(query(key, { at }))))
        open.push(checked)
        if (wait) await checked
      }
      await Promise.all(open)
    }),
    { numRuns: 500 },
  )
})
