import { describe, expect, test } from 'vitest'
import { parseAddress } from '../../../../src/mail/address.ts'
import {
  type AddressPattern,
  asciiLower,
  canonicalDomain,
  compilePattern,
  matches,
  matchLocalPart,
} from '../../../../src/policy/recipient/pattern.ts'

const pattern = (text: string): AddressPattern => {
  const compiled = compilePattern(text)
  if ('problem' in compiled) throw new Error(compiled.problem)
  return compiled
}

const long = 'k'.repeat(200)

describe('the key of a local part', () => {
  test.each([
    ['incoming+%{key}@h.example', 'incoming+abc', 'abc'],
    ['incoming+%{key}@h.example', 'INCOMING+aBc', 'aBc'],
    ['incoming+%{key}@h.example', 'incoming+a+b', 'a+b'],
    ['incoming+%{key}@h.example', `incoming+${long}`, long],
    ['incoming+%{key}@h.example', 'incoming+x', 'x'],
    ['incoming+%{key}@h.example', 'incoming+', null],
    ['incoming+%{key}@h.example', 'incoming', null],
    ['incoming+%{key}@h.example', 'xincoming+abc', null],
    ['Incoming+%{key}@h.example', 'incoming+abc', 'abc'],
    ['incoming-%{key}@h.example', 'incoming-abc', 'abc'],
    ['incoming=%{key}@h.example', 'incoming=abc', 'abc'],
    ['incoming.%{key}@h.example', 'incoming.abc', 'abc'],
    ['%{key}@h.example', 'Abc', 'Abc'],
    ['%{key}@h.example', 'a', 'a'],
    ['x-%{key}@h.example', 'X-abc', 'abc'],
    ['a-%{key}-Z@h.example', 'A-abc-z', 'abc'],
    ['a-%{key}-z@h.example', 'a-z', null],
    ['a-%{key}-z@h.example', 'a--z', null],
    ['a-%{key}-z@h.example', 'a-k-z', 'k'],
    ['a-%{key}-z@h.example', 'a-k-y', null],
    ['%{key}-z@h.example', 'k-Z', 'k'],
    ['incoming@h.example', 'INCOMING', ''],
    ['incoming@h.example', 'incoming+abc', null],
    ['"a b+%{key}"@h.example', 'a b+c', 'c'],
    // The Kelvin sign folds to "k" in Unicode: it must not here.
    ['k+%{key}@h.example', '\u212a+abc', null],
    ['ä+%{key}@h.example', 'ä+abc', 'abc'],
    ['Ä+%{key}@h.example', 'ä+abc', null],
    ['k%{key}k@h.example', 'k\u212a\u212ak', '\u212a\u212a'],
  ])('%s and %s: %s', (text, localPart, key) => {
    expect(matchLocalPart(pattern(text), localPart)).toBe(key)
  })

  test.each([
    ['a+%{key}@H.example', 'a+b@h.EXAMPLE', true],
    ['a+%{key}@h.example', 'a+b@x.h.example', false],
    ['a+%{key}@bücher.example', 'a+b@xn--bcher-kva.example', true],
    ['a+%{key}@xn--bcher-kva.example', 'a+b@BÜCHER.example', true],
    ['a+%{key}@[192.0.2.1]', 'a+b@[192.0.2.1]', true],
  ])('%s and %s: %s', (text, address, expected) => {
    expect(matches(pattern(text), parseAddress(address)!)).toBe(expected)
  })
})

describe('addresses that can’t be configured', () => {
  test.each([
    ['incoming+%{key}', 'can’t match any address'],
    ['', 'can’t match any address'],
    ['a..%{key}@h.example', 'can’t match any address'],
    ['a b@h.example', 'can’t match any address'],
    ['<a@h.example>', 'can’t match any address'],
    [`${'a'.repeat(600)}%{key}@h.example`, 'can’t match any address'],
    ['%{key}-%{key}@h.example', '2 times'],
    ['a+%{kee}@h.example', '%{kee}'],
    ['a+%{KEY}@h.example', '%{KEY}'],
    ['a+%{key@h.example', 'unknown placeholder'],
    ['a@%{key}.example', 'can’t match any address'],
  ])('%s: %s', (text, part) => {
    const compiled = compilePattern(text)
    expect('problem' in compiled ? compiled.problem : '').toContain(part)
  })
})

test('asciiLower leaves other letters alone', () => {
  expect(asciiLower('ABC')).toBe('abc')
  expect(asciiLower('ÄBC\u0130\u212a')).toBe('Äbc\u0130\u212a')
})

test('a domain that is no host name stays as it is', () => {
  expect(canonicalDomain('A.Example')).toBe('a.example')
  expect(canonicalDomain('ü\uff0fB')).toBe('ü\uff0fb')
})
