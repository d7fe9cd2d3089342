/** Whatever the octets are: a content comes out, nothing throws, and what it says holds together. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCharset } from '../../../src/content/charset/decode.ts'
import { readAddresses } from '../../../src/content/header/addresses.ts'
import { readDate } from '../../../src/content/header/date.ts'
import { readFields } from '../../../src/content/header/fields.ts'
import { readMessageIds } from '../../../src/content/header/message-ids.ts'
import { readParameters } from '../../../src/content/header/parameters.ts'
import { cutText } from '../../../src/content/limits.ts'
import { unflow } from '../../../src/content/parts/flowed.ts'
import { cleanName } from '../../../src/content/parts/name.ts'
import { readAttachment, readContent } from '../../../src/content/read-content.ts'
import { contentLimits as limits } from '../../support/content.ts'

const latin = (pieces: readonly string[]) =>
  fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 })), { maxLength: 30 }).map(all => all.join(''))
const charsets = [
  'utf-8',
  'utf-7',
  'hz-gb-2312',
  'iso-2022-kr',
  'iso-2022-jp',
  'euc-kr',
  'big5',
  'gb18030',
  'shift_jis',
  'utf-16',
  'x-unknown',
  '',
]
const words = latin([
  '<',
  '>',
  '"',
  '\\',
  ',',
  ';',
  ':',
  '(',
  ')',
  '@',
  ' ',
  '=?utf-8?q?',
  '?=',
  '=',
  '*0*',
  "utf-8''",
  '%',
  '\x1b$B',
  '\xe4',
  'name',
])
const lines = latin([
  'From: a@a.example\r\n', 'Content-Type: multipart/mixed; boundary=b\r\n', 'Content-Type: multipart/alternative; boundary="c"\r\n', 'Content-Type: text/html\r\n',
  'Content-Type: message/rfc822\r\n', 'Content-Transfer-Encoding: base64\r\n', 'Content-Transfer-Encoding: quoted-printable\r\n', 'Content-Disposition: attachment; filename=a\r\n',
  '\r\n', '\n', '\r', '--b', '--b\r\n', '--b--\r\n', '--c\r\n', '--c--\r\n', ' folded\r\n', 'YQ==', '=E4=', '<p>x</p>', '\0', '\xff',
]) // biome-ignore format: pieces

test('any message has a content, which is JSON and keeps to the limits', async () => {
  const tight = { ...limits, parts: 8, depth: 3, addresses: 5, header: 400, text: 60, html: 60 }
  await fc.assert(
    fc.asyncProperty(lines, async text => {
      const raw = Uint8Array.from(Buffer.from(text, 'latin1'))
      const content = await readContent(raw, { id: 'm', received: 0 }, { limits: tight, links: null, inline: 1_000_000, larger: 'omit' })
      expect(JSON.parse(JSON.stringify(content))).toEqual(content)
      if (content.status !== 'parsed') return
      expect(Buffer.byteLength(content.text ?? '')).toBeLessThanOrEqual(60)
      expect(Buffer.byteLength(content.html ?? '')).toBeLessThanOrEqual(60)
      for (const attachment of content.attachments) {
        const fetched = await readAttachment(raw, attachment.index, tight)
        expect(Buffer.from(fetched!.octets).toString('base64')).toBe(attachment.content)
        expect(fetched!.octets.length).toBe(attachment.size)
      }
    }),
    { numRuns: 300 },
  )
})

test('any octets in any charset are well-formed text', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...charsets), (octets, label) => {
      expect(decodeCharset(octets, label).isWellFormed()).toBe(true)
    }),
    { numRuns: 2000 },
  )
})

test('UTF-8 stays what it is under any name of one octet a character', () => {
  const text = fc.string({ unit: fc.constantFrom('ä', 'я', '日', '🎉'), minLength: 4 })
  fc.assert(
    fc.property(text, fc.constantFrom('utf-8', 'iso-8859-1', 'windows-1251', 'koi8-r', 'x-unknown', 'us-ascii'), (said, label) => {
      expect(decodeCharset(new TextEncoder().encode(said), label)).toBe(said)
    }),
  )
})

test('no value of a field throws, and what comes out has no control characters', () => {
  fc.assert(
    fc.property(words, text => {
      const names = [
        ...readAddresses([text], 1000).flatMap(({ name, address }) => [name, address]),
        ...readParameters(text).parameters.values(),
      ]
      for (const name of names) expect(name).not.toMatch(/[\x00-\x1f\x7f]/)
      for (const id of readMessageIds(text)) expect(id).toMatch(/^<[^<>\s]*>$/)
      const date = readDate(text)
      if (date !== null) expect(new Date(date).toISOString()).toBe(date)
    }),
    { numRuns: 2000 },
  )
})

test('a clean name stays clean, and is no path', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), name => {
      const clean = cleanName(name)
      if (clean === null) return
      expect(clean).not.toMatch(/[\\/\x00-\x1f\u202a-\u202e]|^\.+$/)
      expect(cleanName(clean)).toBe(clean)
    }),
  )
})

test('the fields are those of the message, and the body the rest', () => {
  fc.assert(
    fc.property(lines, fc.integer({ min: 0, max: 500 }), (text, limit) => {
      const raw = Buffer.from(text, 'latin1')
      const all = readFields(raw, raw.length)
      const some = readFields(raw, limit)
      expect(some.bodyStart).toBe(all.bodyStart)
      expect(all.fields.slice(0, some.fields.length)).toEqual(some.fields)
      expect(all.cut).toBe(false)
    }),
  )
})

test('text is cut to whole characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(50), (text, octets) => {
      const { text: kept, cut } = cutText(text, octets)
      expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(octets)
      expect(text.startsWith(kept)).toBe(true)
      expect(cut).toBe(kept !== text)
    }),
  )
})

test('unflowing loses no word', () => {
  fc.assert(
    fc.property(latin(['> ', '>', ' ', '-- ', '\n', 'word ', 'word']), fc.boolean(), (text, delSp) => {
      const bare = (of: string) => of.replace(/[\s>]/g, '')
      expect(bare(unflow(text, delSp))).toBe(bare(text))
    }),
  )
})
