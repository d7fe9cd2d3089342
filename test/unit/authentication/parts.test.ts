import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dmarcOf } from '../../../src/authentication/arc-results.ts'
import { bounds } from '../../../src/authentication/bounds.ts'
import { isTooLong, readableField, signatureRows } from '../../../src/authentication/fields.ts'
import { endOfHead } from '../../../src/authentication/head.ts'
import { addressOctets, reverseName } from '../../../src/authentication/ip.ts'
import { createKeyCache } from '../../../src/authentication/keys.ts'
import { createLookups } from '../../../src/authentication/lookups.ts'
import type { HeaderRow, KeyRecord } from '../../../src/authentication/mailauth.ts'
import { copyMessage, smallMessage, startFeed } from '../../../src/authentication/octets.ts'
import { readOpening } from '../../../src/authentication/opening.ts'
import { oneLine } from '../../../src/authentication/text.ts'
import { pieceSize, wholeSize, window } from '../../../src/authentication/wire.ts'
import { createBoundedMap } from '../../../src/lib/bounded-map.ts'
import { mapResolver, signedMessage } from '../../support/signed-mail.ts'

describe('what an ARC-Authentication-Results says of DMARC', () => {
  const aar = (value: string) => dmarcOf(Buffer.from(`ARC-Authentication-Results: ${value}`))
  test.each([
    ['i=1; mx; dmarc=pass header.from=Example.com.', { result: 'pass', from: 'example.com' }],
    ['i=1; mx; spf=pass; dmarc=fail (p=reject dis=none) header.from=a.example', { result: 'fail', from: 'a.example' }],
    ['i=1; mx; dmarc=pass header.from="a.example"', { result: 'pass', from: 'a.example' }],
    ['i=1; mx; dmarc=pass', { result: 'pass', from: null }],
    ['i=1; mx; dmarc=pass header.from=a.example header.from=b.example', { result: 'pass', from: null }],
    ['i=1; mx; dmarc=pass header.from=a.example; dmarc=fail header.from=a.example', null],
    ['i=1; mx; spf=fail (x; dmarc=pass header.from=a.example)', null],
    ['i=1; mx; spf=fail reason="; dmarc=pass header.from=a.example"', null],
    ['i=1; mx; spf=fail (; dmarc=pass header.from=a.example', null],
    ['i=1; mx; xdmarc=pass', null],
    ['', null],
  ])('%s', (value, expected) => {
    expect(aar(value)).toEqual(expected)
  })
  test('any octets', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const found = aar(text)
        if (found !== null) expect(found.result).toMatch(/^[a-z]{1,20}$/)
      }),
    )
  })
})

describe('addresses', () => {
  test.each([
    ['192.0.2.1', '1.2.0.192.in-addr.arpa'],
    ['::ffff:192.0.2.1', '1.2.0.192.in-addr.arpa'],
    ['2001:db8::1', '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa'],
  ])('%s is looked up as %s', (address, name) => {
    expect(reverseName(addressOctets(address)!)).toBe(name)
  })
  test('two spellings have the same octets; what is no address has none', () => {
    expect(addressOctets('2001:DB8:0:0::0:1')).toEqual(addressOctets('2001:db8::1'))
    expect(addressOctets('64:ff9b::192.0.2.1')).toEqual(addressOctets('64:ff9b::c000:201'))
    for (const text of ['', 'x', '192.0.2', 'fe80::1%eth0', '1.2.3.4.5']) expect(addressOctets(text)).toBeNull()
  })
  test('every IPv6 address comes back', () => {
    fc.assert(
      fc.property(fc.ipV6(), text => {
        expect(addressOctets(text)).toHaveLength(text.toLowerCase().startsWith('::ffff:') && text.includes('.') ? 4 : 16)
      }),
    )
  })
})

test('text of strangers is one line of printable ASCII, at most 200 characters', () => {
  expect(oneLine(`a\r\n\t b\x00é${'x'.repeat(200)}`)).toHaveLength(200)
  expect(oneLine('x'.repeat(200))).toBe('x'.repeat(200))
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 900 }), text => void expect(oneLine(text)).toMatch(/^[\x20-\x7e]{0,200}$/)))
})

describe('signature fields', () => {
  const row = (line: string): HeaderRow => ({ key: 'dkim-signature', casedKey: 'DKIM-Signature', line: Buffer.from(line) })
  const author = { kind: 'one', address: 'a@mail.example.com', domain: 'mail.example.com' } as const
  test("the author's, a parent's and a child's come before others, each group from the top", () => {
    const other = Array.from({ length: 8 }, (_, i) => row(`DKIM-Signature: v=1; d=n${i}.example`))
    const related = ['example.com', 'a.mail.example.com', 'MAIL.example.com'].map(domain =>
      row(`DKIM-Signature: v=1;\r\n d = ${domain}; s=x`),
    )
    const unrelated = row('DKIM-Signature: v=1; d=ample.com')
    const found = signatureRows([...other, unrelated, ...related], author)
    expect(found.dkim).toEqual([...related, ...other.slice(0, 5)])
    expect(found.unchecked).toBe(4)
  })
  test('are read with their white space shortened', () => {
    expect(readableField(Buffer.from('A:\t \r\n  b\r\n\tc ')).toString()).toBe('A: b c')
  })
  test('16 KiB is not too long, an octet more is', () => {
    expect(isTooLong(row('x'.repeat(bounds.field)))).toBe(false)
    expect(isTooLong(row('x'.repeat(bounds.field + 1)))).toBe(true)
  })
})

describe('the opening', () => {
  const open = (...pieces: (string | Buffer)[]) => {
    const left = pieces.map(piece => Buffer.from(piece))
    return readOpening(async () => left.shift() ?? null)
  }
  test.each([
    ['A: b\r\n\r\nbody', 'A: b\r\n\r\n', 'body'],
    ['A: b\n\nbody', 'A: b\r\n\r\n', 'body'],
    ['\r\nbody', '\r\n', 'body'],
    ['A: b\r\n', 'A: b\r\n', ''],
    ['', '', ''],
  ])('%j', async (text, head, rest) => {
    for (let at = 0; at <= text.length; at++) {
      const opening = await open(text.slice(0, at), text.slice(at))
      const last = await (async () => Buffer.from(opening.rest).toString())()
      expect(opening.complete).toBe(true)
      expect(opening.head.toString()).toBe(head)
      // What of the body comes in a later piece isn't taken.
      expect(rest.startsWith(last)).toBe(true)
    }
  })
  test('256 KiB are read, an octet more is not', async () => {
    const fill = (octets: number) => `A: ${'x'.repeat(octets - 7)}\r\n\r\n`
    expect((await open(fill(bounds.header))).complete).toBe(true)
    expect((await open(fill(bounds.header + 1))).complete).toBe(false)
  })
  test('an end is found from anywhere before it', () => {
    const octets = Buffer.from('A: b\r\nC: d\r\n\r\nE')
    for (let from = 0; from <= 12; from++) expect(endOfHead(octets, from)).toBe(14)
  })
})

describe('octets on their way', () => {
  test('are copied, not shared', () => {
    const chunk = Buffer.from('abc')
    const copy = copyMessage([chunk, Buffer.from('d')])
    chunk.fill('x')
    expect(Buffer.from(copy).toString()).toBe('abcd')
  })
  test('256 KiB go as one, an octet more goes in pieces', () => {
    expect(smallMessage([Buffer.alloc(wholeSize)])).not.toBeNull()
    expect(smallMessage([Buffer.alloc(wholeSize), Buffer.alloc(1)])).toBeNull()
  })
  test('pieces are fresh, bounded, and no more than the window ahead', async () => {
    const sent: ArrayBuffer[] = []
    let ended = false
    const source = [Buffer.alloc(pieceSize * 20 + 1, 'x')]
    const end = (): void => {
      ended = true
    }
    const feed = startFeed(source, { piece: octets => void sent.push(octets), end, failed: () => {} })
    const settled = () => new Promise(resolve => setImmediate(resolve))
    await settled()
    expect(sent).toHaveLength(window)
    expect(feed.starved).toBe(false)
    for (let i = 0; i < 13; i++) feed.taken()
    await settled()
    expect(sent.map(({ byteLength }) => byteLength)).toEqual([...Array(20).fill(pieceSize), 1])
    expect(ended).toBe(true)
    expect(sent.every(octets => octets !== source[0]!.buffer)).toBe(true)
  })
  test('a feed that is stopped lets go of its source', async () => {
    let closed = false
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.alloc(1000)
      } finally {
        closed = true
      }
    }
    const feed = startFeed(source(), { piece: () => {}, end: () => {}, failed: () => {} })
    await new Promise(resolve => setImmediate(resolve))
    feed.stop()
    await new Promise(resolve => setImmediate(resolve))
    expect(closed).toBe(true)
  })
})

test('a question of one message is asked once, and a record over 16 KiB is none', async () => {
  let asked = 0
  const resolve = async () => {
    asked++
    return [['x'.repeat(bounds.record)], ['y'.repeat(bounds.record), 'z']]
  }
  const lookups = createLookups({ used: () => asked, resolve })
  const answers = await Promise.all([lookups.resolve('a.example', 'TXT'), lookups.resolve('a.example', 'TXT')])
  expect(asked).toBe(1)
  expect(answers[0]).toHaveLength(1)
  expect(answers[0]).not.toBe(answers[1])
})

test('a key is made once for its record, whatever message asks for it', async () => {
  const { records } = await signedMessage()
  const kept = createBoundedMap<string, KeyRecord>(10)
  const ask = () => createKeyCache(mapResolver(records), kept).get('DKIM', 'sel._domainkey.example.com', undefined, { hashAlgo: 'sha256' })
  expect(await ask()).toBe(await ask())
})
