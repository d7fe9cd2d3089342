import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBase32, encodeBase32 } from '../../../src/keys/base32.ts'
import { parseInstant } from '../../../src/keys/instant.ts'
import { type KeyEntry, KeyFileError, keyTableReader } from '../../../src/keys/key-table.ts'
import { inspectSignedKey, mintSignedKey, signedKeys } from '../../../src/keys/signed.ts'
import { decodeKey, encodeKey } from '../../../src/keys/signed-format.ts'

const base32Text = fc.string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz234567'), maxLength: 100 })

describe('base32', () => {
  test('decode ∘ encode is the identity, in either case', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), octets => {
        const text = encodeBase32(octets)
        expect(text).toMatch(/^[a-z2-7]*$/)
        expect(decodeBase32(text)).toEqual(octets)
        expect(decodeBase32(text.toUpperCase())).toEqual(octets)
      }),
    )
  })

  test('an octet string has one spelling: what decodes is what encodes', () => {
    fc.assert(
      fc.property(fc.oneof(base32Text, fc.string({ unit: 'binary' })), text => {
        const octets = decodeBase32(text)
        if (typeof octets !== 'string') expect(encodeBase32(octets)).toBe(text.toLowerCase())
      }),
      { numRuns: 2000 },
    )
  })

  test('agrees with the groups of five bits of RFC 4648', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), octets => {
        const bits = Array.from(octets, octet => octet.toString(2).padStart(8, '0')).join('')
        const digits = (bits.match(/.{1,5}/g) ?? []).map(group => Number.parseInt(group.padEnd(5, '0'), 2))
        expect(encodeBase32(octets)).toBe(digits.map(digit => 'abcdefghijklmnopqrstuvwxyz234567'[digit]).join(''))
      }),
    )
  })
})

const name = fc.string({ unit: 'grapheme', maxLength: 20 })
const subject = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 32 }).filter(text => Buffer.byteLength(text) <= 32)
const mintable = fc.record(
  {
    secret: fc.uint8Array({ minLength: 32, maxLength: 80 }),
    keyId: fc.integer({ min: 1, max: 255 }),
    mailbox: name,
    route: name,
    subject,
    expires: fc.integer({ min: 1, max: 0xffff_ffff }).map(seconds => seconds * 1000),
    sender: fc.emailAddress(),
  },
  { requiredKeys: ['secret', 'keyId', 'mailbox', 'route', 'subject'] },
)
const envelope = { recipient: '', sender: '', client: null, at: 0 }

describe('signed keys', () => {
  test('what is minted verifies and says what was put in', () => {
    fc.assert(
      fc.property(mintable, options => {
        const key = mintSignedKey(options)
        const { mailbox, route, keyId, expires, sender } = options
        const verifier = signedKeys({ secrets: new Map([[keyId, options.secret]]) })
        const claims = { subject: options.subject, keyId: String(keyId), ...(expires === undefined ? {} : { expires }) }
        const bound = sender === undefined ? {} : { senderHash: true }
        expect(verifier.verify({ ...envelope, mailbox, route, key })).toEqual({ kind: 'valid', claims: { ...claims, ...bound } })
        for (const author of ['x@example.net', ...(sender === undefined ? [] : [sender, sender.toUpperCase(), sender.toLowerCase()])]) {
          const same = author.toLowerCase() === sender?.toLowerCase()
          const named = sender === undefined ? {} : { senders: same ? [author] : [] }
          expect(verifier.verify({ ...envelope, mailbox, route, key, author })).toEqual({ kind: 'valid', claims: { ...claims, ...named } })
        }
        expect(inspectSignedKey(key)).toMatchObject({ keyId, subject: options.subject, expires: expires ?? null })
      }),
      { numRuns: 300 },
    )
  })

  test('whoever asks as whomever is answered without a throw, and named only as he asked', () => {
    const key = mintSignedKey({ secret: Buffer.alloc(32), keyId: 1, mailbox: 'm', route: 'r', subject: 's', sender: 'a@bücher.example' })
    const verifier = signedKeys({ secrets: new Map([[1, Buffer.alloc(32)]]) })
    const domain = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'xn-.ü@%/:') }),
      fc.constant('bücher.example'),
    )
    fc.assert(
      fc.property(fc.constantFrom('a', '"a"', 'b', ''), domain, (local, text) => {
        const author = `${local}@${text}`
        const check = verifier.verify({ ...envelope, mailbox: 'm', route: 'r', key, author })
        const same = author === 'a@bücher.example'
        expect(check).toEqual({ kind: 'valid', claims: { subject: 's', keyId: '1', senders: same ? [author] : [] } })
      }),
      { numRuns: 1000 },
    )
  })

  test('any bit of it changed, in any place: unknown', () => {
    fc.assert(
      fc.property(mintable, fc.nat(), ({ sender: _, ...options }, bit) => {
        const octets = decodeBase32(mintSignedKey(options)) as Uint8Array
        octets[(bit >> 3) % octets.length]! ^= 1 << (bit & 7)
        const key = encodeBase32(octets)
        const verifier = signedKeys({ secrets: new Map([[options.keyId, options.secret]]) })
        expect(verifier.verify({ ...envelope, ...options, key })).toEqual({ kind: 'unknown' })
      }),
      { numRuns: 500 },
    )
  })

  test('is good at its own mailbox and route only, however the names are cut', () => {
    fc.assert(
      fc.property(mintable, name, name, (options, mailbox, route) => {
        const key = mintSignedKey(options)
        const verifier = signedKeys({ secrets: new Map([[options.keyId, options.secret]]) })
        const own = mailbox === options.mailbox && route === options.route
        expect(verifier.verify({ ...envelope, mailbox, route, key }).kind).toBe(own ? 'valid' : 'unknown')
        const joined = options.mailbox + options.route
        const cut = [...joined].slice(0, options.mailbox.length + 1).join('')
        const moved = { mailbox: cut, route: joined.slice(cut.length) }
        if (moved.mailbox !== options.mailbox) expect(verifier.verify({ ...envelope, ...moved, key }).kind).toBe('unknown')
      }),
      { numRuns: 300 },
    )
  })

  test('taking apart never throws, and what it takes apart goes together again', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          base32Text,
          base32Text.map(text => `c${text}`),
          fc.string({ unit: 'binary', maxLength: 120 }),
        ),
        text => {
          const decoded = decodeKey(text)
          expect(() => inspectSignedKey(text)).not.toThrow()
          if (typeof decoded !== 'string') expect(encodeKey(decoded.body, decoded.tag)).toBe(text.toLowerCase())
        },
      ),
      { numRuns: 5000 },
    )
  })
})

describe('key files', () => {
  type Entries = (readonly [key: string, value: KeyEntry | null])[]
  const read = (octets: Buffer, cuts: readonly number[]): Entries | string => {
    try {
      const reader = keyTableReader('f')
      const bounds = [0, ...cuts.map(cut => cut % (octets.length + 1)).sort((a, b) => a - b), octets.length]
      for (let i = 1; i < bounds.length; i++) reader.write(Buffer.from(octets.subarray(bounds[i - 1], bounds[i])))
      return [...reader.end()]
    } catch (error) {
      if (!(error instanceof KeyFileError)) throw error
      return error.message
    }
  }
  const word = fc.constantFrom(
    'a',
    'b',
    'ü',
    '#',
    ' ',
    '\t',
    '\r',
    '\n',
    '\ufeff',
    '@',
    'expires=',
    '2027-01-01',
    'subject=',
    'revoked',
    '\0',
  )
  const text = fc.array(word, { maxLength: 30 }).map(words => Buffer.from(words.join('')))
  const file = fc.oneof(
    text,
    fc.uint8Array({ maxLength: 200 }).map(octets => Buffer.from(octets)),
  )

  test('any octets give a table or an error with a line number, wherever the blocks are cut', () => {
    fc.assert(
      fc.property(file, fc.array(fc.nat(), { maxLength: 5 }), (octets, cuts) => {
        const whole = read(octets, [])
        if (typeof whole === 'string') expect(whole).toMatch(/^f:[1-9][0-9]*: /)
        expect(read(octets, cuts)).toEqual(whole)
      }),
      { numRuns: 3000 },
    )
  })

  test('every key written is found, and no other', () => {
    const key = fc.string({ unit: fc.constantFrom(...'abcXYZ0189._-+=/~'), minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 50 }), keys => {
        const table = read(Buffer.from(keys.join('\n')), [])
        expect(typeof table === 'string' ? table : table.map(([each]) => each)).toEqual(keys)
      }),
    )
  })
})

test('parseInstant takes what Date writes, and never throws', () => {
  const date = fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  fc.assert(
    fc.property(date, at => {
      expect(parseInstant(at.toISOString())).toBe(at.getTime())
    }),
  )
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789-:TZ+.') }), text => {
      expect([null, Date.parse(text)]).toContain(parseInstant(text))
    }),
  )
})
