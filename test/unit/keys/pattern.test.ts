import { describe, expect, test } from 'vitest'
import { compileKeyPattern, type KeyPattern, patternLimits } from '../../../src/keys/pattern/compile.ts'
import { patternKeys } from '../../../src/keys/pattern.ts'
import type { KeyCheck } from '../../../src/transaction/ports.ts'
import { processorTime } from '../../support/processor-time.ts'
import { query } from './scripted.ts'

function good(source: string): KeyPattern {
  const compiled = compileKeyPattern(source)
  if ('problem' in compiled) throw new Error(compiled.problem)
  return compiled
}

const problemOf = (source: string): string | undefined => {
  const compiled = compileKeyPattern(source)
  return 'problem' in compiled ? compiled.problem : undefined
}

const check = (pattern: string, key: string, at = 0) => patternKeys({ pattern }).verify(query(key, { at })) as KeyCheck

describe('the whole key must match', () => {
  test.each([
    ['abc', ['abc'], ['xabc', 'abcx', 'abc\n', '\nabc', '']],
    ['^abc$', ['abc'], ['xabc', 'abcx', 'abc\n']],
    ['a|abc', ['a', 'abc'], ['ab', 'abcc', 'xa']],
    ['(?m)^a$', ['a'], ['a\nb', 'b\na']],
    ['.*', ['a', 'ab'], ['a\nb', '']],
    ['(?s).*', ['a\nb'], ['']],
    ['a*', ['a'], ['', 'b']],
    ['.{2}', ['😀😀'], ['😀']],
    ['\\Qa.b', ['a.b'], ['axb']],
  ])('%s', (pattern, yes, no) => {
    for (const key of yes) expect([key, good(pattern).match(key) !== null]).toEqual([key, true])
    for (const key of no) expect([key, good(pattern).match(key)]).toEqual([key, null])
  })
})

describe('a pattern that is refused says why', () => {
  test.each([
    ['', 'the pattern is empty: it would match no key'],
    ['(?=a)b', "the pattern can't be read: invalid or unsupported Perl syntax: `(?=` (RE2 syntax: no look-around, no back-references)"],
    ['(?<=a)b', "the pattern can't be read: invalid named capture: `(?<=a)b` (RE2 syntax: no look-around, no back-references)"],
    ['(a)\\1', "the pattern can't be read: invalid escape sequence: `\\1` (RE2 syntax: no look-around, no back-references)"],
    ['[', "the pattern can't be read: missing closing ]: `[`"],
    ['a)(b', "the pattern can't be read: unexpected ): `a)(b`"],
    ['(?<a-b>x)', "the pattern can't be read: invalid named capture: `(?<a-b>`"],
    ['(?<subject>a)|(?<subject>b)', "the pattern can't be read: duplicate capture group name: `subject`"],
    ['(?<sender>a)', 'the pattern has a group named “sender”; the names are subject and expires'],
    ['(?<Subject>a)', 'the pattern has a group named “Subject”; the names are subject and expires'],
    ['(?P<key>a)', 'the pattern has a group named “key”; the names are subject and expires'],
    ['(.{1000}){1000}', "the pattern can't be read: invalid repeat count: `{1000}`"],
    ['a{1001}', "the pattern can't be read: invalid repeat count: `{1001}`"],
    ['.{1000}.{1000}', 'the pattern is too large, 2002 steps of at most 600: write it shorter; each {n} counts as n copies'],
  ])('%s', (source, problem) => {
    expect(problemOf(source)).toBe(problem)
    expect(() => patternKeys({ pattern: source })).toThrow(new RangeError(problem))
  })

  test('1,000 characters are allowed, 1,001 are not', () => {
    expect(problemOf(`[${'a'.repeat(998)}]`)).toBeUndefined()
    expect(problemOf(`[${'a'.repeat(999)}]`)).toBe('the pattern has 1001 characters, allowed are 1000')
  })

  test('600 steps are allowed, 601 are not', () => {
    expect(problemOf('a{598}')).toBeUndefined()
    expect(problemOf('a{599}')).toContain('601 steps')
  })
})

describe('named groups', () => {
  test('become claims, in either spelling', () => {
    expect(check('t-(?<subject>\\d+)', 't-42')).toEqual({ kind: 'valid', claims: { subject: '42' } })
    expect(check('t-(?P<subject>\\d+)', 't-42')).toEqual({ kind: 'valid', claims: { subject: '42' } })
    expect(check('(?<subject>a|ab)(c|bcd)', 'abcd')).toEqual({ kind: 'valid', claims: { subject: 'a' } })
  })

  test('that take nothing claim nothing', () => {
    expect(check('(?<subject>x)?b', 'b')).toEqual({ kind: 'valid', claims: {} })
    expect(check('(?<subject>x*)b(?<expires>\\d*)', 'b')).toEqual({ kind: 'valid', claims: {} })
  })

  test('others are not looked at', () => {
    expect(check('(a)(b)(?:c)', 'abc')).toEqual({ kind: 'valid', claims: {} })
  })

  test('a subject has up to 255 printable characters', () => {
    expect(check('(?<subject>a+)', 'a'.repeat(255)).kind).toBe('valid')
    expect(check('(?<subject>a+)', 'a'.repeat(256)).kind).toBe('unknown')
    for (const key of ['a\tb', 'a\x7f']) expect(check('(?s)(?<subject>.+)', key).kind).toBe('unknown')
  })

  test.each([
    ['1798761600', 1_798_761_600_000],
    ['99999999999', 99_999_999_999_000],
    ['2027-01-01', Date.parse('2027-01-01T00:00:00Z')],
    ['2027-01-01T12:00:00+01:00', Date.parse('2027-01-01T11:00:00Z')],
    ['2027-01-01t12:00:00z', Date.parse('2027-01-01T12:00:00Z')],
  ])('an expiry: %s', (text, at) => {
    const pattern = 'x(?<expires>.*)'
    expect(check(pattern, `x${text}`, at - 1)).toEqual({ kind: 'valid', claims: { expires: at } })
    expect(check(pattern, `x${text}`, at)).toEqual({ kind: 'expired', expired: at })
  })

  test.each(['100000000000', '2027-02-29', '-1', '1e3', ' 1', 'never', '2027-01-01T00:00:00'])('no expiry: %s', text => {
    expect(check('x(?<expires>.*)', `x${text}`).kind).toBe('unknown')
  })
})

describe('in another case', () => {
  const tells = (pattern: string, key: string) => good(pattern).mayBe?.(key)

  test('what the pattern matches in some case may be a key', () => {
    expect(tells('Ticket-[A-Z]+', 'ticket-abc')).toBe(true)
    expect(tells('Ticket-[A-Z]+', 'ticket-1')).toBe(false)
    expect(tells('\\p{Lu}+', 'abc')).toBe(true)
    expect(tells('.*', '')).toBe(false)
  })

  test.each(['[^a-z]+', '(?-i)A', '(?-i:A)', '(?s-mi:A)', '\\PL', '\\P{Lu}', '\\p{^Lu}', '[[:^upper:]]', '\\W+', 'Ä'])(
    '%s tells nothing, so any key may be one',
    pattern => {
      expect(good(pattern).mayBe).toBeUndefined()
    },
  )

  test.each([
    ['(?i)abc', true],
    ['(?i)a|b(?<expires>\\d+)', true],
    ['(?is)abc', false],
    ['abc', false],
    ['(?i)(?<subject>a)', false],
    ['(?i)a(?-i)b', false],
    ['x(?i)abc', false],
    ['[0-9]', false],
  ])('%s folds case: %s', (pattern, folds) => {
    expect(good(pattern).foldsCase).toBe(folds)
    expect(patternKeys({ pattern }).foldsCase).toBe(folds)
  })
})

test('keys of 512 characters are tried, longer ones are unknown', () => {
  const pattern = good('a*')
  expect([pattern.match('a'.repeat(patternLimits.key)), pattern.match('a'.repeat(patternLimits.key + 1))]).toEqual([{}, null])
  expect([pattern.mayBe!('a'.repeat(512)), pattern.mayBe!('a'.repeat(513))]).toEqual([true, false])
})

test.each([
  ['(a+)+$', `${'a'.repeat(511)}!`],
  ['(a|aa)+', `${'a'.repeat(511)}!`],
  ['(x+x+)+y', 'x'.repeat(512)],
  ['(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)x', 'a'.repeat(512)],
  ['(?<subject>(a?){30}a{30})+', 'a'.repeat(512)],
])('%s takes no longer for being evil', (pattern, key) => {
  const { match } = good(pattern)
  match(key)
  // A backtracking matcher needs ages; this one some hundred microseconds.
  expect(processorTime(() => match(key))).toBeLessThan(500)
})
