/** Authors: one that is spelled is found, two that are spelled never make one, and nothing throws. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatAddress, parseAddress } from '../../../src/mail/address.ts'
import { authorOf } from '../../../src/mail/author.ts'
import { parseHeader } from '../../../src/mail/header-fields.ts'

const of = (value: string) => authorOf(parseHeader(new TextEncoder().encode(`From: ${value}\r\n\r\n`)))

const atom = fc.string({ unit: fc.constantFrom(..."abzAZ09!#$%&'*+-/=?^_`{|}~"), minLength: 1, maxLength: 12 })
const address = fc
  .tuple(fc.array(atom, { minLength: 1, maxLength: 3 }), fc.domain())
  .map(([local, domain]) => `${local.join('.')}@${domain}`)
  .filter(text => parseAddress(text) !== null && !text.includes('=?'))
const name = fc.oneof(
  fc.constant(''),
  fc.array(atom, { minLength: 1, maxLength: 4 }).map(words => words.join(' ').replaceAll('=?', '?')),
  fc.string({ unit: fc.constantFrom(...'ab ,;:<>@()[]ü😀.'), maxLength: 20 }).map(text => `"${text}"`),
  address.map(text => `"${text}"`),
)
const comment = fc.string({ unit: fc.constantFrom(...'ab ,;:.ü"'), maxLength: 9 }).map(text => `(${text})`)
const white = fc.constantFrom('', ' ', '\r\n ', '\t')
const mailbox = (text: fc.Arbitrary<string>) =>
  fc.oneof(
    fc.tuple(name, white, white, text, white, fc.oneof(white, comment)).map(([n, a, b, t, c, d]) => `${n}${a}<${b}${t}${c}>${d}`),
    fc.tuple(fc.oneof(white, comment), text, fc.oneof(white, comment)).map(parts => parts.join('')),
  )

test('one mailbox, however it is written, is the author', () => {
  fc.assert(
    fc.property(
      address.chain(text => fc.tuple(fc.constant(text), mailbox(fc.constant(text)))),
      ([text, value]) => {
        const parsed = parseAddress(text)!
        const domain = parsed.domain.toLowerCase()
        expect(of(value)).toEqual({ kind: 'one', address: formatAddress({ ...parsed, domain }), domain })
      },
    ),
    { numRuns: 1000 },
  )
})

test('two addresses are never one, whatever stands between and around them', () => {
  const between = fc.array(fc.constantFrom(',', ';', ' ', '<', '>', ':', '@', 'G:', '\r\n ', '=?utf-8?Q?a?=', '\\', '.', '\t'), {
    maxLength: 4,
  })
  const two = fc.tuple(mailbox(address), between, mailbox(address), between).map(([a, b, c, d]) => `${a}${b.join('')}${c}${d.join('')}`)
  fc.assert(
    fc.property(two, value => void expect(of(value).kind).not.toBe('one')),
    { numRuns: 2000 },
  )
})

test('anything: no throw, and an author is an address in canonical form', () => {
  const pieces = fc.array(
    fc.oneof(
      fc.constantFrom(
        '<',
        '>',
        '"',
        '(',
        ')',
        '@',
        ',',
        ';',
        ':',
        '\\',
        '[',
        ']',
        ' ',
        'a',
        'b.example',
        'a@b.example',
        '<a@b.example>',
        '.',
        '=?utf-8?Q?=40?=',
        '\r\n ',
        '\0',
        '\r',
        'ü',
      ),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
    { maxLength: 14 },
  )
  let found = 0
  fc.assert(
    fc.property(pieces, parts => {
      const author = of(parts.join(''))
      if (author.kind === 'malformed') expect(author.detail.length).toBeLessThanOrEqual(120)
      if (author.kind !== 'one') return
      found++
      expect(formatAddress(parseAddress(author.address)!)).toBe(author.address)
      expect(author.address.endsWith(`@${author.domain}`)).toBe(true)
      expect(author.domain).toMatch(/^[\x21-\x7e]+$/)
      expect(of(`"n" <${author.address}>`)).toEqual(author)
    }),
    { numRuns: 20_000 },
  )
  expect(found).toBeGreaterThan(5)
})
