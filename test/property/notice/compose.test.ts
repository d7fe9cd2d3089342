import fc from 'fast-check'
import { simpleParser } from 'mailparser'
import { expect, test } from 'vitest'
import { formatAddress, needsUtf8, parseAddress } from '../../../src/mail/address.ts'
import { parseHeader } from '../../../src/mail/header-fields.ts'
import { composeNotice } from '../../../src/notice/compose.ts'
import { fill, unknownPlaceholder } from '../../../src/notice/placeholders.ts'
import { defused, plain, shownAddress } from '../../../src/notice/plain.ts'
import { readTemplates } from '../../../src/notice/read-templates.ts'
import { loadTemplates } from '../../../src/notice/templates.ts'
import { thread } from '../../../src/notice/thread.ts'
import { wrap } from '../../../src/notice/wrap.ts'
import { heardReasons } from '../../../src/policy/notice/hears.ts'

const templates = await Promise.all(['en', 'de', 'fr', 'es'].map(language => loadTemplates({ language })))
const names = [
  ...['from', 'to', 'subject', 'date', 'message-id', 'auto-submitted', 'x-auto-response-suppress', 'x-loop', 'content-language'],
  ...['content-transfer-encoding', 'mime-version', 'content-type'],
]
const threadNames = ['in-reply-to', 'references']

const nasty = fc.constantFrom(
  ...[
    '\r\n',
    '\n',
    '\r',
    '\r\n\r\n',
    '\r\nBcc: victim@example.net\r\n',
    '\u0000',
    '\u2028',
    '\u0085',
    '\u202e',
    '\u200b',
    '\ufeff',
    '\ud800',
  ],
  ...[
    '<',
    '>',
    '"',
    '\\',
    '(',
    ')',
    ',',
    ';',
    ':',
    '@',
    '=?utf-8?Q?=0D=0ABcc:_x@y?=',
    '=?utf-8?B?',
    '%{id}',
    '%{',
    'https://evil.example/',
  ],
  ...['www.evil.example', 'é', '日本', '🙂', ' ', '\t', '.', 'a', '<a@x>', '$&', '$1', "'"],
)
const hostile = fc.array(fc.oneof(nasty, fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 60 }).map(parts => parts.join(''))
const long = fc.oneof({ weight: 9, arbitrary: hostile }, { weight: 1, arbitrary: hostile.map(text => text.repeat(500)) })
const address = hostile
  .map(text => parseAddress(`"${text.replace(/[\r\n"\\<>]/g, '').slice(0, 60)}"@example.org`))
  .filter(parsed => parsed !== null)
  .map(formatAddress)

/** Whatever stands before it, the domain of a recipient is one of ours. */
const recipient = long.map(local => `${local}@incoming.example.com`)

test('nothing that a stranger wrote adds a field, ends the header or breaks a line', async () => {
  const facts = fc.record({
    subject: long,
    messageId: long,
    references: long,
    inReplyTo: long,
    recipient: recipient,
    to: address,
    said: long,
  })
  await fc.assert(
    fc.asyncProperty(facts, fc.constantFrom(...templates), fc.constantFrom(...heardReasons), async (some, language, reason) => {
      const raw = await composeNotice({
        ...some,
        hostname: 'incoming.example.com',
        from: 'postmaster@incoming.example.com',
        about: { recipient: some.recipient, reason, text: some.said },
        received: 1,
        id: '06bqz6ypw5v0gh3m',
        templates: language,
        date: 2,
        noticeMessageId: '<notice.1@incoming.example.com>',
      })
      const text = raw.toString('latin1')
      expect(text.replaceAll('\r\n', '')).not.toMatch(needsUtf8(some.to) ? /[\r\n\0]/ : /[^\x20-\x7e]/)
      for (const line of text.split('\r\n')) expect(line.length).toBeLessThanOrEqual(998)
      const header = parseHeader(raw)
      expect(header.names().filter(name => !threadNames.includes(name))).toEqual(names)
      expect(header.all('to')).toEqual([expect.stringContaining(some.to)])
      expect(header.first('auto-submitted')).toBe('auto-replied')
      const parsed = await simpleParser(raw)
      expect(parsed.attachments).toEqual([])
      expect(parsed.html).toBe(false)
      for (const one of [parsed.subject, parsed.text]) expect(one).not.toMatch(/:\/\/|www\.(?![\w.+=…-]*@)|(?![\n\u200c\u200d])\p{C}/u)
      const shown = parsed.text!.replace(/\s+/g, ' ')
      const written = language.reasons.get(reason)!.split('%{said}')
      for (const part of written) expect(shown).toContain(part.replace(/\s+/g, ' ').trim())
    }),
    { numRuns: 300 },
  )
})

test('a link is broken where it is cut off, too', () => {
  for (let longest = 5; longest < 40; longest++)
    expect(defused('see www.evil.example or https://evil.example', longest)).not.toMatch(/www\.|:\/\/|evil\./)
})

test('plain text is one short line, and stays as it is the second time', () => {
  fc.assert(
    fc.property(long, fc.integer({ min: 1, max: 300 }), (text, longest) => {
      const once = plain(text, longest)
      expect([...once].length).toBeLessThanOrEqual(longest)
      expect(once).not.toMatch(/(?![\u200c\u200d])[\p{C}\p{Zl}\p{Zp}]/u)
      expect(plain(once, longest)).toBe(once)
      const safe = defused(text, longest)
      expect(safe).not.toMatch(/:\/\/|@|=\?|\p{L}\.\p{L}/u)
      expect(shownAddress(`${text}@incoming.example.com`)).not.toMatch(/:\/\/|www\.(?![\w.+=…-]*@)|[\r\n]/)
    }),
  )
})

test('wrapping changes white space alone', () => {
  fc.assert(fc.property(hostile, text => void expect(wrap(text).replace(/\s+/g, '')).toBe(text.replace(/\s+/g, ''))))
})

test('a thread holds msg-ids only, each once, and ends with the message that is answered', () => {
  fc.assert(
    fc.property(long, long, fc.constantFrom('<c@x>', ' <c@x> ', '', '<c@x><d@x>'), (references, inReplyTo, messageId) => {
      const found = thread({ messageId, references, inReplyTo })
      for (const id of found.references) expect(id).toMatch(/^<[!-;=?-~]+@[!-;=?-~]+>$/)
      expect(new Set(found.references).size).toBe(found.references.length)
      expect(found.references.length).toBeLessThanOrEqual(20)
      if (found.inReplyTo !== '') expect(found.references.at(-1)).toBe(found.inReplyTo)
    }),
  )
})

test('a template that passes leaves no placeholder behind', () => {
  const piece = fc.constantFrom('%{id}', '%{subject}', '%{', '}', '%', '{', 'id', 'x', '\n', '%{nobody}')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), parts => {
      const text = parts.join('')
      const values = { id: '1', subject: '2', recipient: '3', received: '4', hostname: '5' }
      if (unknownPlaceholder(text) === null) expect(fill(text, values)).not.toContain('%{')
    }),
    { numRuns: 2_000 },
  )
})

test('a file of templates is templates or a list of problems, whatever stands in it', () => {
  const line = fc.oneof(
    fc.constantFrom('name: a', 'subject: b', 'no-subject: c', 'intro: |', '  d', 'default: e', 'closing: "f', 'reasons:'),
    hostile,
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), lines => {
      const read = readTemplates(lines.join('\n'), 'en')
      if ('problems' in read) expect(read.problems.length).toBeGreaterThan(0)
      else expect(read.intro).not.toBe('')
    }),
  )
})
