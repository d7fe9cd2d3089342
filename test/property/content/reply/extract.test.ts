/** Replies: nothing throws, nothing that was written is lost, a reply has no reply in it, and no input takes more than its size allows. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { extractReply } from '../../../../src/content/reply/extract.ts'
import { processorTime } from '../../../support/processor-time.ts'

/** Lines that mean something, whole and in pieces, and some that don't. */
const line = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      '',
      ' ',
      'a',
      'Yes.',
      'no',
      '> q',
      '>',
      ' > q',
      '-- ',
      '--',
      '---',
      '***',
      '____',
      '_'.repeat(32),
      '```',
      '```sql',
      'Erin',
      '\u200b',
      'x'.repeat(900),
    ],
    ...[
      'On Fri, Nov 20, 2026 at 9:14 AM A <a@example.org> wrote:',
      'On Fri, Nov 20, 2026 at 9:14 AM',
      'A <a@example.org>',
      'wrote:',
      'A <a@example.org> wrote:',
    ],
    ...[
      'Am 20.11.26 um 09:14 schrieb A:',
      '2026年11月20日(金) 9:14 A <a@example.org>:',
      'Begin forwarded message:',
      '-----Original Message-----',
    ],
    ...[
      'From: A <a@example.org>',
      'Sent: Friday, November 20, 2026 9:14 AM',
      'To: B',
      'Subject: c',
      'Von: A',
      '##- Please reply above this line -##',
    ],
    ...[
      'Sent from my iPhone',
      'Get Outlook for iOS',
      '-----BEGIN PGP SIGNED MESSAGE-----',
      'Hash: SHA512',
      '-----BEGIN PGP SIGNATURE-----',
      '-----END PGP SIGNATURE-----',
      '- -- ',
    ],
  ),
  fc.string({ unit: fc.constantFrom(...'aO n>-_:<@20.:19wrote\t\u00a0'), maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
)
const text = fc.tuple(fc.array(line, { maxLength: 24 }), fc.constantFrom('\n', '\r\n')).map(([lines, end]) => lines.join(end))
const html = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          '<div class="gmail_quote">',
          "<div id='divRplyFwdMsg'>",
          '<div id=Signature>',
          '<div',
          '<',
          '>',
          '&lt;',
          '&#0;',
          '&eacute;',
          '<!--',
          '<style>',
          '</div>',
          '<br>',
        ],
      ),
      line,
    ),
    { maxLength: 20 },
  )
  .map(pieces => pieces.join(''))
const said = fc.record({ text, html, subject: fc.constantFrom('', 'Re: a', 'Fwd: a', 'WG: a') })

const written = (part: string) => part.split(/\r\n?|\n/).filter(one => one.trim() !== '')
const counted = (lines: readonly string[]) => [...lines].sort()
const noArmour = (lines: readonly string[]) => lines.every(one => !one.startsWith('-----BEGIN PGP SIGNATURE'))

describe('any text', () => {
  test('is divided, never thrown away', () => {
    fc.assert(
      fc.property(said, input => {
        const { text: reply, quoted, signature } = extractReply(input)
        const lines = written(input.text)
        const parts = [reply, quoted, signature].flatMap(written)
        if (noArmour(lines)) expect(counted(parts)).toEqual(counted(lines))
        else expect(parts.length).toBeLessThanOrEqual(lines.length)
      }),
      { numRuns: 3000 },
    )
  })

  test('gives a reply that has no reply in it', () => {
    fc.assert(
      fc.property(text, input => {
        const once = extractReply(input)
        expect(extractReply(once.text)).toEqual({ text: once.text, quoted: '', signature: '' })
      }),
      { numRuns: 3000 },
    )
    // What HTML calls a quote is read in a forward, and the heading below it belongs to nothing.
    const sent = 'Sent: Friday, November 20, 2026 9:14 AM'
    const forward = { text: `${sent}\n-----Original Message-----`, html: `<div class="gmail_quote">${sent}`, subject: 'WG: a' }
    fc.assert(
      fc.property(said, input => {
        const once = extractReply(input).text
        expect(extractReply({ ...input, html: '', text: once }).text).toBe(once)
      }),
      { numRuns: 1000, examples: [[forward]] },
    )
  })

  test('is the same with LF and CRLF', () => {
    fc.assert(
      fc.property(text, input => {
        expect(extractReply(input.replace(/\r\n?/g, '\n'))).toEqual(extractReply(input))
      }),
    )
  })
})

/** Each is repeated up to the size. What is quadratic takes minutes at this size; the limit only has to tell the two apart on a busy machine. */
const hostile = [
  ...[' ', '>', '-', 'x', '\n', '\r', '\u200b', 'On ', '<a@', '20.11.', '\ud800', '[a]('],
  ...[
    '>\n',
    '---\n',
    '--\n\n',
    ':\n',
    '```\n',
    'a\n> b\n',
    'a\n--\n> b\n',
    'From: a\n',
    'From: a\nSent: b\n',
    'From: a\nTo: b\nx\ny\nz\nu\n',
    'Sent from my iPhone\n',
  ],
  ...[
    'On 20.11.2026 09:14 a <a@b.c>\n',
    'On 20.11.2026 09:14 a <a@b.c> wrote:\n',
    'On 20.11.2026 09:14, x wrote:\n> b\nc\n',
    `On 9:14 ${'<a@b '.repeat(70)} wrote:\n`,
    `---\n${'\n'.repeat(2000)}`,
  ],
  ...[
    '-----BEGIN PGP SIGNED MESSAGE-----\n',
    '-----BEGIN PGP SIGNATURE-----\n',
    '-----BEGIN PGP SIGNATURE-----\n-----END PGP SIGNATURE-----\n',
  ],
]
const hostileHtml = [
  '<',
  '<div>',
  '<div class="gmail_quote">',
  `<div class="${'a '.repeat(190)}">`,
  '<div id="signature"><style>',
  '&#1;',
  '<!--',
  '<div class="gmail_quote">ab',
]
const size = 256 * 1024
const filled = (piece: string) => piece.repeat(Math.ceil(size / piece.length)).slice(0, size)
const limit = 8000

describe('a hostile text', () => {
  test.each(hostile)('of %j takes no more than its size allows', piece => {
    const text = filled(piece)
    expect(processorTime(() => extractReply(text))).toBeLessThan(limit)
  })

  test.each(hostileHtml)('beside HTML of %j takes no more than its size allows', piece => {
    const both = { text: filled('ab\n'), html: filled(piece) }
    expect(processorTime(() => extractReply(both))).toBeLessThan(limit)
  })
})
