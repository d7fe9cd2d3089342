/** Who a From field names: every row is a way in which two readers could see two different authors, or a way in which they can't. */
import { describe, expect, test } from 'vitest'
import { authorOf } from '../../../src/mail/author.ts'
import { parseHeader } from '../../../src/mail/header-fields.ts'
import { processorTime } from '../../support/processor-time.ts'

const octets = (text: string): Uint8Array => new TextEncoder().encode(text)
const author = (value: string) => authorOf(parseHeader(octets(`To: x@y.example\r\nFrom: ${value}\r\nSubject: s\r\n\r\nbody`)))
const x = { kind: 'one', address: 'x@evil.example', domain: 'evil.example' }

describe('one author', () => {
  test.each([
    'x@evil.example',
    '<x@evil.example>',
    ' <x@evil.example> ',
    '< x@evil.example >',
    'Alice <x@evil.example>',
    'Alice<x@evil.example>',
    '"Alice"<x@evil.example>',
    '"Alice" <x@evil.example>',
    'Alice B. Carroll <x@evil.example>',
    '"Carroll, Alice" <x@evil.example>',
    '"ceo@bank.example" <x@evil.example>',
    '"<ceo@bank.example>" <x@evil.example>',
    '"ceo@bank.example, " <x@evil.example>',
    '"Alice \\"Al\\" C." <x@evil.example>',
    '"Alice" "Carroll" <x@evil.example>',
    'Älice Ünal <x@evil.example>',
    '"日本, 太郎" <x@evil.example>',
    '👩‍💻 <x@evil.example>',
    '=?utf-8?Q?Alice?= <x@evil.example>',
    '=?utf-8?Q?ceo=40bank.example?= <x@evil.example>',
    '=?utf-8?Q?=3Cceo=40bank.example=3E?= <x@evil.example>',
    '=?utf-8?B?YQ==?=\r\n =?utf-8?B?YQ==?= <x@evil.example>',
    '=?iso-2022-jp?B?GyRCRnxLXBsoQg==?= <x@evil.example>',
    '"=?utf-8?Q?Alice?=" <x@evil.example>',
    'x@evil.example (Alice)',
    'x@evil.example(Alice)',
    '(Alice (of W.)) x@evil.example',
    '(a \\) b) <x@evil.example> (c)',
    'Alice (of W.) <x@evil.example>',
    'Alice\r\n <x@evil.example>',
    'Alice\r\n\t<x@evil.example>',
    '"Alice\r\n Carroll" <x@evil.example>',
    '\r\n x@evil.example',
    'x@EVIL.Example',
    '"" <x@evil.example>',
    "O'Neil & Sons / a+b=c <x@evil.example>",
  ])('%j', value => {
    expect(author(value)).toEqual(x)
  })

  test.each([
    ['X.Y+z@Evil.example', 'X.Y+z@evil.example', 'evil.example'],
    ["o'neil/a=b@evil.example", "o'neil/a=b@evil.example", 'evil.example'],
    ['bounces-1=2.example@evil.example', 'bounces-1=2.example@evil.example', 'evil.example'],
    ['"a..b"@evil.example', '"a..b"@evil.example', 'evil.example'],
    ['A <".a"@evil.example>', '".a"@evil.example', 'evil.example'],
    ['x@Bücher.example', 'x@xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['x@XN--bcher-kva.example', 'x@xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['ünal@bücher.example', 'ünal@xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['例え@例え.example', '例え@xn--r8jz45g.example', 'xn--r8jz45g.example'],
    ['x@localhost', 'x@localhost', 'localhost'],
    ['x@a_b.example', 'x@a_b.example', 'a_b.example'],
  ])('%j is %s', (value, address, domain) => {
    expect(author(value)).toEqual({ kind: 'one', address, domain })
  })
})

describe('nobody, or more than one', () => {
  test.each([
    ['', 'none'],
    ['  ', 'none'],
    ['(nobody)', 'none'],
    ['<>', 'none'],
    ['undisclosed:;', 'none'],
    ['undisclosed: (nobody) ;', 'none'],
    ['x@evil.example, y@evil.example', 'several'],
    ['x@evil.example,x@evil.example', 'several'],
    ['A <x@evil.example>, "B" <y@evil.example>', 'several'],
    ['"a" <x@evil.example>,ceo@bank.example', 'several'],
    ['Team: x@evil.example;', 'several'],
    ['Team: A <x@evil.example>, ceo@bank.example;', 'several'],
    ['undisclosed:;, x@evil.example', 'several'],
    ['x@evil.example, <>', 'several'],
  ])('%j: %s', (value, kind) => {
    expect(author(value)).toEqual({ kind })
  })

  test('fields', () => {
    const of = (text: string) => authorOf(parseHeader(octets(text))).kind
    expect(of('To: a@b.example\r\n\r\n')).toBe('none')
    expect(of('From: x@evil.example\r\nFrom: x@evil.example\r\n\r\n')).toBe('several')
    expect(of('From: x@evil.example\r\nfROM : ceo@bank.example\r\n\r\n')).toBe('several')
    expect(of('From: x@evil.example\r\nFrom:\r\n\r\n')).toBe('several')
    expect(of('X-From: a@b.example\r\nFromm: a@b.example\r\nFrom: x@evil.example\r\n\r\nFrom: ceo@bank.example')).toBe('one')
  })
})

describe('what could be read as another', () => {
  test.each([
    // Two at signs, an address where a name should be, something behind the address.
    'x@evil.example@bank.example',
    '"ceo@bank.example x"@evil.example',
    '"ceo@bank.example"@evil.example',
    '"x@evil.example,ceo"@bank.example',
    '"<ceo@bank.example>"@evil.example',
    '"ceo bank"@evil.example',
    '"x"@evil.example',
    '"a\\"b"@evil.example',
    'ceo@bank.example <x@evil.example>',
    'ceo@bank.example x@evil.example',
    'x@evil.example ceo@bank.example',
    '<x@evil.example> ceo@bank.example',
    '<x@evil.example> <ceo@bank.example>',
    '<x@evil.example><ceo@bank.example>',
    '<x@evil.example>>',
    '<<x@evil.example>',
    '<x@evil.example <ceo@bank.example>>',
    'Alice <x@evil.example> Carroll',
    'Alice <x@evil.example',
    'Alice x@evil.example>',
    // Names that need quotes, and hide something.
    'Carroll, Alice <x@evil.example>',
    'Alice: Carroll <x@evil.example>',
    'Alice; x@evil.example',
    '[Alice] <x@evil.example>',
    'Alice \\ <x@evil.example>',
    '"a\\" <ceo@bank.example>" <x@evil.example>',
    '"Alice <x@evil.example>',
    '"Alice"" <x@evil.example>',
    'Alice <>',
    '"ceo@bank.example" <>',
    'Alice',
    '=?utf-8?Q?x=40evil.example?=',
    // Encoded-words that end a string or the address for those who decode first.
    '=?utf-8?Q?ceo=40bank.example?=@evil.example',
    '=?utf-8?b?Y2VvQGJhbmsuZXhhbXBsZQ==?==?utf-8?Q?=00?==?utf-8?b?YQ==?=@evil.example',
    '<=?utf-8?Q?ceo=40bank.example=3E?=@evil.example>',
    'x@=?utf-8?Q?bank.example?=',
    '=?utf-8?Q?ceo=40bank.example=00?= <x@evil.example>',
    '=?utf-8?Q?ceo=0D=0AFrom:_ceo=40bank.example?= <x@evil.example>',
    // Comments.
    '(ceo@bank.example) x@evil.example',
    'x@evil.example (<ceo@bank.example>)',
    'x(a)@evil.example',
    'x@(a)evil.example',
    'x @evil.example',
    'x@ evil.example',
    'x@evil.\r\n example',
    '<x@evil.example(a)>',
    '(Alice x@evil.example',
    'x@evil.example )',
    '((a) x@evil.example',
    // Routes, literals, groups within groups, empty places.
    '<@bank.example:x@evil.example>',
    '<@bank.example,@b.example:x@evil.example>',
    'x@[192.0.2.1]',
    'x@[IPv6:::1]',
    'A: B: x@evil.example;;',
    'A: x@evil.example',
    'A: x@evil.example; y@evil.example',
    ': x@evil.example;',
    ', x@evil.example',
    'x@evil.example,',
    'x@evil.example,, y@evil.example',
    'x@evil.example;',
    // Characters that end a string for some, or are seen by nobody.
    'x@evil.example\0',
    'x\0@evil.example',
    'ceo@bank.example\0 <x@evil.example>',
    '"a\0" <x@evil.example>',
    'x@evil.example\r(a)',
    'x@evil\x7f.example',
    'x@ev\u00adil.example',
    'x@ev\u200bil.example',
    'x@ev\u200dil.example',
    'x\u200b@evil.example',
    'x\u2060@evil.example',
    'x\u00a0y@evil.example',
    'ceo＠bank.example@evil.example',
    'x@evil.example＠bank.example',
    'x@ｅvil.example',
    'x@evil。example',
    'x@evil.example.',
    'x@.evil.example',
    'x@evil..example',
    '.x@evil.example',
    'x..y@evil.example',
    '@evil.example',
    'x@',
    '@',
    `${'x'.repeat(600)}@evil.example`,
  ])('%j', value => {
    const found = author(value)
    expect(found.kind).toBe('malformed')
    if (found.kind === 'malformed') expect(found.detail.length).toBeLessThanOrEqual(120)
  })

  test('octets that are no UTF-8', () => {
    const of = (text: string) => authorOf(parseHeader(Uint8Array.from(text, c => c.charCodeAt(0)))).kind
    expect(of('From: x@b\xfccher.example\r\n\r\n')).toBe('malformed')
    expect(of('From: J\xfcrgen <x@evil.example>\r\n\r\n')).toBe('one')
    expect(of('From: J\xfcrgen@bank.example <x@evil.example>\r\n\r\n')).toBe('malformed')
    expect(of('From: J\xfcrgen <j\xfc@evil.example>\r\n\r\n')).toBe('malformed')
    expect(of('From: J\xc3\xbcrgen <x@evil.example>\r\n\r\n')).toBe('one')
  })

  test('a field over 64 KiB, or a header section that wasn’t read to its end', () => {
    const named = (length: number) => author(`${'a'.repeat(length - 17)} <x@evil.example>`).kind
    expect([named(65_536), named(65_537)]).toEqual(['one', 'malformed'])
    const many = (fields: number) => authorOf(parseHeader(octets(`From: x@evil.example\r\n${'A: 1\r\n'.repeat(fields)}\r\n`))).kind
    expect([many(1999), many(2000)]).toEqual(['one', 'malformed'])
    const cut = (limit: number) => authorOf(parseHeader(octets('From: x@evil.example\r\nA: 1\r\n\r\nbody'), limit)).kind
    expect([cut(30), cut(29)]).toEqual(['one', 'malformed'])
  })

  test.each(['(', '"', '<', '((a)', '@', 'a@b,', ':', 'a <', '\\', '=?', '"\\', '=?utf-8?Q?a?= ', 'a:b;,'])(
    '60 KiB of %j take no time',
    piece => {
      const value = piece.repeat(Math.floor(60_000 / piece.length))
      expect(processorTime(() => expect(author(value).kind).not.toBe('one'))).toBeLessThan(500)
    },
  )
})
