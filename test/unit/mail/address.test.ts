import { describe, expect, test } from 'vitest'
import { formatAddress, needsUtf8, octets, parseAddress } from '../../../src/mail/address.ts'

const label = (n: number): string => 'd'.repeat(n)

describe('addresses', () => {
  test.each([
    ['a@b.example', 'a', 'b.example'],
    ['A.b@B.Example', 'A.b', 'B.Example'],
    ["!#$%&'*+-/=?^_`{|}~@b.example", "!#$%&'*+-/=?^_`{|}~", 'b.example'],
    ['"a"@b.example', 'a', 'b.example'],
    ['"a b"@b.example', 'a b', 'b.example'],
    ['"a@b"@b.example', 'a@b', 'b.example'],
    ['"a\\"\\\\"@b.example', 'a"\\', 'b.example'],
    ['"a..b"@b.example', 'a..b', 'b.example'],
    ['ü@b.example', 'ü', 'b.example'],
    ['a@bücher.example', 'a', 'bücher.example'],
    ['a@localhost', 'a', 'localhost'],
    ['a@x_y.example', 'a', 'x_y.example'],
    ['a@1.example', 'a', '1.example'],
    ['a@[192.0.2.1]', 'a', '[192.0.2.1]'],
    ['a@[IPv6:2001:db8::1]', 'a', '[IPv6:2001:db8::1]'],
    [`${'k'.repeat(65)}@b.example`, 'k'.repeat(65), 'b.example'],
    [`${'k'.repeat(502)}@b.example`, 'k'.repeat(502), 'b.example'],
    [`${'ü'.repeat(251)}@b.example`, 'ü'.repeat(251), 'b.example'],
    [`a@${label(63)}.example`, 'a', `${label(63)}.example`],
    [`a@${`${label(62)}.`.repeat(4)}com`, 'a', `${`${label(62)}.`.repeat(4)}com`],
  ])('%s', (text, localPart, domain) => {
    expect(parseAddress(text)).toEqual({ localPart, domain })
  })

  test.each([
    '',
    'a',
    '@',
    'a@',
    '@b.example',
    'a b@c.example',
    'a@b@c.example',
    '.a@b.example',
    'a.@b.example',
    'a..b@b.example',
    'a@.example',
    'a@b.',
    'a@b..example',
    'a@-b.example',
    'a@b-.example',
    'a@b,c.example',
    '<a@b.example>',
    '""@b.example',
    '"a@b.example',
    '"a"b@c.example',
    '"a\r\n"@b.example',
    'a\n@b.example',
    'a\0@b.example',
    'a\u0085@b.example',
    'a@b\u200b.example',
    'a@[192.0.2]',
    'a@[192.0.2.1',
    'a@[IPv6:]',
    'a@[x]',
    '\ud800@b.example',
    'a(c)@b.example',
    '=?utf-8?q?a?= @b.example',
    `${'k'.repeat(503)}@b.example`,
    `${'ü'.repeat(252)}@b.example`,
    `a@${label(64)}.example`,
    `a@${`${label(62)}.`.repeat(4)}comm`,
  ])('%j is none', text => {
    expect(parseAddress(text)).toBeNull()
  })
})

test.each([
  [{ localPart: 'a', domain: 'b.example' }, 'a@b.example'],
  [{ localPart: 'a b', domain: 'b.example' }, '"a b"@b.example'],
  [{ localPart: 'a"\\b', domain: 'b.example' }, '"a\\"\\\\b"@b.example'],
  [{ localPart: 'a.', domain: 'b.example' }, '"a."@b.example'],
  [{ localPart: 'ü', domain: 'b.example' }, 'ü@b.example'],
])('%j is written %s', (address, text) => {
  expect(formatAddress(address)).toBe(text)
})

test.each(['', 'a', 'ü', '€', '😀', 'aü€😀'])('octets of %j', text => {
  expect(octets(text)).toBe(new TextEncoder().encode(text).length)
})

test('needsUtf8', () => {
  expect([needsUtf8('a~\x7f'), needsUtf8('\x80'), needsUtf8('ü')]).toEqual([false, true, true])
})
