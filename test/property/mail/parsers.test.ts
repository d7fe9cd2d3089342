/** What peers send to the parsers of mail/: never a throw, nothing out that wasn't in, and writing is the inverse of reading. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Address, formatAddress, octets, parseAddress } from '../../../src/mail/address.ts'
import { parseHeader, readableSubject } from '../../../src/mail/header-fields.ts'
import { parseMailCommand, parseRcptCommand } from '../../../src/mail/path.ts'
import { formatReply, reply } from '../../../src/mail/reply.ts'

const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary-ascii' }))
/** Much like a command, seldom right. */
const pieces = (...given: string[]) =>
  fc.array(fc.oneof(fc.constantFrom(...given), anything), { maxLength: 12 }).map(parts => parts.join(''))
const command = pieces(
  'FROM:',
  'TO:',
  '<',
  '>',
  ' ',
  '"',
  '\\',
  '@',
  'a',
  'b.example',
  ':',
  ',',
  'SIZE=1',
  'BODY=8BITMIME',
  'SMTPUTF8',
  '[IPv6:::1]',
  'postmaster',
  '\r',
  '\ufffd',
)

const localPart = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'abcZ019+-=_.%{}/'), minLength: 1, maxLength: 100 }),
  fc.string({ unit: fc.constantFrom(...'a "\\@<>,;:()[].ü€😀'), minLength: 1, maxLength: 60 }),
)
const domain = fc.oneof(fc.domain(), fc.constantFrom('localhost', 'bücher.example', '[192.0.2.1]', '[IPv6:2001:db8::1]'))
/** Addresses whose written form can be parsed. */
const address = fc
  .record({ localPart, domain })
  .filter(given => parseAddress(formatAddress(given)) !== null && octets(formatAddress(given)) <= 512)

describe('addresses', () => {
  test('are read as they were written', () => {
    fc.assert(fc.property(address, given => void expect(parseAddress(formatAddress(given))).toEqual(given)))
  })
  test('most that are made up can be written', () => {
    const sample = fc.sample(fc.record({ localPart, domain }), { numRuns: 200, seed: 1 })
    expect(sample.filter(given => parseAddress(formatAddress(given)) !== null).length).toBeGreaterThan(150)
  })
  test('never throw, never hold a control character, and have one canonical form', () => {
    fc.assert(
      fc.property(fc.oneof(anything, pieces('a', '@', '.', '"', '\\', 'b.example', '[', ']')), text => {
        const parsed = parseAddress(text)
        if (parsed === null) return
        expect(`${parsed.localPart}${parsed.domain}`).not.toMatch(/[\x00-\x1f\x7f]/)
        expect(parseAddress(formatAddress(parsed))).toEqual(parsed)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('commands', () => {
  const written = (path: Address): string => formatAddress(path)
  test('never throw, and refuse with a 5yz of the catalogue', () => {
    fc.assert(
      fc.property(fc.oneof(command, anything), fc.boolean(), (line, smtpUtf8) => {
        for (const parsed of [
          parseMailCommand(line),
          parseRcptCommand(line, smtpUtf8),
          parseMailCommand(`FROM:${line}`),
          parseRcptCommand(`TO:<${line}>`, smtpUtf8),
        ]) {
          if (parsed.ok) expect(JSON.stringify(parsed.path)).not.toMatch(/[\x00-\x1f\x7f\ufffd]/)
          else expect(parsed.reply.code).toBeGreaterThanOrEqual(500)
        }
      }),
      { numRuns: 3000 },
    )
  })
  test('are read as they were written', () => {
    fc.assert(
      fc.property(address, fc.option(fc.nat()), fc.boolean(), (path, size, spaced) => {
        const line = `${spaced ? ' ' : ''}<${written(path)}>`
        const mail = parseMailCommand(`FROM:${line} SMTPUTF8${size === null ? '' : ` SIZE=${size}`}`)
        expect(mail).toMatchObject({ ok: true, path, size, smtpUtf8: true })
        expect(parseRcptCommand(`TO:${line}`, true)).toEqual({ ok: true, path })
      }),
    )
  })
  test('an ASCII transaction never gets a non-ASCII path', () => {
    fc.assert(
      fc.property(address, path => {
        const ascii = /^[\x00-\x7f]*$/.test(written(path))
        expect(parseMailCommand(`FROM:<${written(path)}>`).ok).toBe(ascii)
        expect(parseRcptCommand(`TO:<${written(path)}>`, false).ok).toBe(ascii)
      }),
    )
  })
})

describe('header sections', () => {
  const name = fc.string({ unit: fc.constantFrom(...'AbcX-_0'), minLength: 1, maxLength: 12 })
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ':', ';', '<', '>', 'ü', '€', '😀', ',', '='), minLength: 1, maxLength: 40 })
  const field = fc.record({ name, lines: fc.array(text, { minLength: 1, maxLength: 4 }) })

  test('give back the fields they were made of', () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 60 }), fc.constantFrom('\r\n', '\n'), anything, (fields, end, body) => {
        const section = fields.map(({ name, lines }) => `${name}: ${lines.join(`${end}\t`)}${end}`).join('') + end
        const octets = new TextEncoder().encode(section + body)
        const header = parseHeader(octets)
        expect(header.bodyStart).toBe(new TextEncoder().encode(section).length)
        expect(header.names()).toEqual(fields.map(({ name }) => name.toLowerCase()))
        for (const { name } of fields) {
          const wanted = fields.filter(other => other.name.toLowerCase() === name.toLowerCase()).map(({ lines }) => lines.join('\t'))
          expect(header.all(name.toLowerCase())).toEqual(wanted)
          expect(header.first(name.toLowerCase())).toBe(wanted[0])
          expect(header.count(name.toLowerCase())).toBe(wanted.length)
        }
      }),
    )
  })
  test('of any octets: never a throw, a body that starts in the message, the same header for CRLF cut anywhere', () => {
    const lines = pieces('A: 1', '\r\n', '\n', ' ', ':', '\r', '\t', 'b')
    const octets = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      lines.map(given => new TextEncoder().encode(given)),
    )
    fc.assert(
      fc.property(octets, fc.nat(500), (given, limit) => {
        const header = parseHeader(given, limit)
        expect(header.bodyStart).toBeLessThanOrEqual(Math.min(given.length, limit))
        for (const name of header.names()) {
          expect(header.count(name)).toBe(header.all(name).length)
          for (const value of header.all(name)) expect(value).not.toContain('\n')
        }
        // What stands behind the limit plays no part.
        if (given.length > limit) expect(header.names()).toEqual(parseHeader(given.slice(0, limit + 1), limit).names())
      }),
      { numRuns: 2000 },
    )
  })
  test('padding before them moves nothing: what the first look sees and what the second sees is one', () => {
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 8 }), fc.integer({ min: 3900, max: 4200 }), (fields, padding) => {
        const tail = `${fields.map(({ name, lines }) => `${name}: ${lines.join('\r\n ')}\r\n`).join('')}\r\nbody`
        const short = parseHeader(new TextEncoder().encode(`P: x\r\n${tail}`))
        const long = parseHeader(new TextEncoder().encode(`P: ${'x'.repeat(padding)}\r\n${tail}`))
        expect(long.bodyStart).toBe(short.bodyStart + padding - 1)
        for (const { name } of fields) expect(long.raw(name.toLowerCase()).slice(1)).toEqual(short.raw(name.toLowerCase()).slice(1))
        expect(long.names()).toEqual(short.names())
      }),
    )
  })
})

describe('text for people', () => {
  test('a subject is bounded, well-formed and has no control character', () => {
    const words = pieces(
      '=?utf-8?Q?',
      '=?iso-2022-jp?B?',
      '=?utf-16le?q?',
      '?=',
      '=00',
      '=D8',
      '=0A',
      'R3LDvMOf',
      ' ',
      '\u202e',
      '\r\n',
      '?',
      '=?',
    )
    fc.assert(
      fc.property(fc.oneof(words, anything), fc.nat(200), (value, times) => {
        const subject = readableSubject(value.repeat(times % 20 === 0 ? times : 1))
        expect(subject.length).toBeLessThanOrEqual(1000)
        expect(subject.isWellFormed()).toBe(true)
        expect(subject).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]/)
      }),
      { numRuns: 2000 },
    )
  })
  test('a reply is one line of ASCII', () => {
    fc.assert(fc.property(anything, text => void expect(formatReply(reply(550, '7.1', text))).toMatch(/^550 5\.7\.1 [\x20-\x7e]*$/)))
  })
})
