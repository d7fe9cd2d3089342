import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hostCheck, hostName } from '../../../src/listeners/http/host.ts'
import { escapeHtml } from '../../../src/listeners/http/html.ts'
import { isOwnOrigin } from '../../../src/listeners/http/origin.ts'
import { Problem } from '../../../src/listeners/http/problem.ts'
import { integer, oneOf, readQuery, textUpTo } from '../../../src/listeners/http/query.ts'
import { rawLimit, readRawHead, splitFields } from '../../../src/listeners/http/raw-head.ts'
import { tokenCheck } from '../../../src/listeners/http/token.ts'
import { cut, visible } from '../../../src/listeners/http/visible.ts'
import { decodeWords } from '../../../src/mail/encoded-words.ts'

const any = fc.string({ unit: 'binary', maxLength: 300 })

test('encoded-words: what is encoded comes back, joined over any split', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter(value => value.isWellFormed())
  fc.assert(
    fc.property(text, fc.nat(40), fc.boolean(), (value, at, base64) => {
      const octets = Buffer.from(value)
      const parts = [octets.subarray(0, at), octets.subarray(at)].filter(part => part.length > 0)
      const quoted = (part: Buffer) => [...part].map(octet => `=${octet.toString(16).padStart(2, '0').toUpperCase()}`).join('')
      const words = parts.map(part => (base64 ? `=?utf-8?B?${part.toString('base64')}?=` : `=?UTF-8?q?${quoted(part)}?=`))
      // TextDecoder takes a byte order mark away.
      expect(decodeWords(words.join(' '))).toBe(value.replace(/^\ufeff/, ''))
    }),
  )
})

test('encoded-words: never throws, and leaves text without any as it is', () => {
  const piece = fc.constantFrom('=?utf-8?q?a?=', '=?x?q?b?=', '=?utf-8?b?/w==?=', '=?', '?=', ' ', '=?utf-7?q?+?=', '=?UTF-8*de?Q?=zz=4?=')
  fc.assert(fc.property(fc.array(fc.oneof(piece, any), { maxLength: 12 }), parts => void decodeWords(parts.join(''))))
  fc.assert(
    fc.property(
      any.filter(value => !value.includes('=?')),
      value => {
        expect(decodeWords(value)).toBe(value)
      },
    ),
  )
})

test('the head of a message: never throws, bounded, and any chunking reads the same', async () => {
  const bytes = fc.array(fc.oneof(any, fc.constantFrom('\r\n', '\n', ':', ' ', 'Subject: x\r\n', '\r\n\r\n')), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(bytes, fc.integer({ min: 1, max: 50 }), async (parts, size) => {
      const octets = Buffer.from(parts.join(''))
      const whole = await readRawHead(split(octets, octets.length || 1))
      expect(await readRawHead(split(octets, size))).toEqual(whole)
      expect(whole.fields.length).toBeLessThanOrEqual(200)
    }),
  )
})

test('the head of a message: no more is read than is needed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 30_000 }),
      fc.constantFrom(rawLimit - 1, rawLimit, rawLimit + 1, 10 * rawLimit),
      async (size, total) => {
        let given = 0
        let ended = false
        async function* source() {
          try {
            for (; given < total; given += size) yield Buffer.alloc(Math.min(size, total - given), 'x')
          } finally {
            ended = true
          }
        }
        const head = await readRawHead(source())
        expect([head.text.length, head.cut, ended]).toEqual([Math.min(total, rawLimit), total > rawLimit, true])
        expect(given).toBeLessThanOrEqual(rawLimit + size)
      },
    ),
    { numRuns: 40 },
  )
})

test('header fields: format and split are inverse', () => {
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z-]{0,20}$/)
  const value = fc.stringMatching(/^[a-z0-9](?:[a-z0-9 ]{0,50}[a-z0-9])?$/)
  fc.assert(
    fc.property(fc.array(fc.record({ name, value }), { minLength: 1, maxLength: 20 }), fields => {
      const header = fields.map(field => `${field.name}: ${field.value.replaceAll(' ', '\n ')}\n`).join('')
      expect(splitFields(`${header}\nBody: x\n`)).toEqual({ fields, more: false })
      expect(splitFields(header)).toEqual({ fields, more: false })
    }),
  )
})

test('escaping: no character of markup is left, and reading it gives the visible text', () => {
  fc.assert(
    fc.property(any, value => {
      const escaped = escapeHtml(value)
      expect(escaped).not.toMatch(/[<>"'`]/)
      const back = escaped
        .replace(/&lt;/g, '<')
        .replace(/&gt;/g, '>')
        .replace(/&quot;/g, '"')
        .replace(/&#39;/g, "'")
        .replace(/&#96;/g, '`')
      expect(back.replace(/&amp;/g, '&')).toBe(visible(value))
      expect(visible(visible(value))).toBe(visible(value))
    }),
  )
})

test('cutting: never longer than asked, never half a character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (value, limit) => {
      const out = cut(value, limit)
      expect(out.length).toBeLessThanOrEqual(limit + 1)
      expect(out.isWellFormed()).toBe(value.isWellFormed())
      if (value.length <= limit) expect(out).toBe(value)
    }),
  )
})

test('a query is read, or refused with a Problem', () => {
  const readers = { limit: integer(1, 500), state: oneOf(['held', 'failed']), text: textUpTo(10) }
  const name = fc.oneof(fc.constantFrom('limit', 'state', 'text', '__proto__', 'constructor', 'toString'), any)
  const value = fc.oneof(fc.constantFrom('held', '1', '500', '501', ''), any, fc.array(any))
  fc.assert(
    fc.property(fc.dictionary(name, value, { noNullPrototype: false }), query => {
      try {
        const values = readQuery(query, readers)
        for (const key of Object.keys(values)) expect(Object.keys(readers)).toContain(key)
        if (values.limit !== undefined) expect(values.limit >= 1 && values.limit <= 500).toBe(true)
      } catch (error) {
        expect(error).toBeInstanceOf(Problem)
        expect((error as Problem).status).toBe(400)
      }
    }),
  )
})

test('names: a check of loopback lets no other name through', () => {
  const check = hostCheck(['mail.example.org'], true)
  fc.assert(
    fc.property(
      fc.oneof(
        fc.domain(),
        fc.ipV4(),
        fc.ipV6().map(address => `[${address}]`),
        any,
      ),
      authority => {
        const name = hostName(authority)
        if (!check(authority)) return
        expect(name).toMatch(/^(?:localhost|.*\.localhost|127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+|mail\.example\.org)$/)
      },
    ),
  )
})

test('origins: another host or port is never ours', () => {
  fc.assert(
    fc.property(
      fc.domain(),
      fc.domain(),
      fc.integer({ min: 1, max: 65_535 }),
      fc.integer({ min: 1, max: 65_535 }),
      (ours, theirs, port, other) => {
        expect(isOwnOrigin({ host: `${ours}:${port}`, origin: `http://${ours}:${port}` }, true)).toBe(true)
        if (ours !== theirs || port !== other)
          expect(isOwnOrigin({ host: `${ours}:${port}`, origin: `http://${theirs}:${other}` }, true)).toBe(false)
      },
    ),
  )
  fc.assert(fc.property(any, any, (host, origin) => void isOwnOrigin({ host, origin }, false)))
})

test('tokens: nothing but the token opens, and a cookie only until it ends', () => {
  const check = tokenCheck('a-token-of-24-characters')
  fc.assert(
    fc.property(any, any, (authorization, cookie) => {
      expect(check.authorized({ authorization, cookie }, 0)).toBe(false)
      expect(check.authorized({ authorization: `Bearer ${authorization}`, cookie: `postern=${cookie}` }, 0)).toBe(false)
    }),
  )
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), now => {
      const cookie = check.cookie(now, false).split(';')[0]!
      expect(check.authorized({ cookie }, now)).toBe(true)
      expect(check.authorized({ cookie }, now + 12 * 3_600_000 - 1_001)).toBe(true)
      expect(check.authorized({ cookie }, now + 12 * 3_600_000)).toBe(false)
      expect(tokenCheck('another-token-of-24-char').authorized({ cookie }, now)).toBe(false)
    }),
  )
})

async function* split(octets: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < octets.length; at += size) yield octets.subarray(at, at + size)
}
