import { simpleParser } from 'mailparser'
import { describe, expect, test } from 'vitest'
import { parseHeader } from '../../../src/mail/header-fields.ts'
import { composeNotice, type NoticeFacts } from '../../../src/notice/compose.ts'
import { loadTemplates } from '../../../src/notice/templates.ts'
import { heardReasons } from '../../../src/policy/notice/hears.ts'
import { messageFindings } from '../../../src/policy/screening/findings.ts'

const facts: NoticeFacts = {
  hostname: 'incoming.example.com',
  from: 'postmaster@incoming.example.com',
  to: 'alice@example.org',
  about: { recipient: 'incoming+k3y@incoming.example.com', reason: 'key.expired' },
  subject: 'Re: your ticket',
  messageId: '<c@example.org>',
  references: '<a@incoming.example.com>',
  inReplyTo: '<a@incoming.example.com>',
  received: Date.UTC(2026, 10, 21, 6, 10),
  id: '06bqz6ypw5v0gh3m',
  templates: await loadTemplates({ language: 'en' }),
  date: Date.UTC(2026, 10, 21, 6, 11),
  noticeMessageId: '<notice.06bqz6ypw5v0gh3m.0123456789abcdef@incoming.example.com>',
}
const compose = async (some: Partial<NoticeFacts> = {}) => (await composeNotice({ ...facts, ...some })).toString()

describe('a notice', () => {
  test('is exactly this', async () => {
    expect((await compose()).split('\r\n')).toEqual([
      'From: "Mail at incoming.example.com" <postmaster@incoming.example.com>',
      'To: alice@example.org',
      'Subject: Not delivered: Re: your ticket',
      'Date: Sat, 21 Nov 2026 06:11:00 +0000',
      'Message-ID: <notice.06bqz6ypw5v0gh3m.0123456789abcdef@incoming.example.com>',
      'In-Reply-To: <c@example.org>',
      'References: <a@incoming.example.com> <c@example.org>',
      'Auto-Submitted: auto-replied',
      'X-Auto-Response-Suppress: All',
      'X-Loop: postern@incoming.example.com',
      'Content-Language: en',
      'Content-Transfer-Encoding: 7bit',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      '',
      'Your message to incoming+k3y@incoming.example.com',
      'was not delivered. Nobody will read it.',
      '',
      'Subject: Re: your ticket',
      'Received: November 21, 2026 at 6:10 AM UTC',
      '',
      'The address has expired. Please ask for a new one where you got it, or',
      'answer a newer message.',
      '',
      'If you need help, ask those who gave you the address, and tell them the',
      'number of your message: 06bqz6ypw5v0gh3m',
      '',
      'This notice was written by a machine at incoming.example.com. It was',
      'sent to you because your mail server confirmed that the message',
      'came from you.',
      '',
    ])
  })

  test('is known by us for a loop, and for automatic, if it comes back', async () => {
    const found = messageFindings(parseHeader(Buffer.from(await compose())), facts.hostname).map(({ rule }) => rule)
    expect(found).toEqual(['loop-mark', 'auto-submitted'])
  })

  test('joins no thread where the message has no id', async () => {
    const text = await compose({ messageId: '' })
    expect(text).not.toMatch(/^(In-Reply-To|References):/m)
  })

  test('says so where there is no Subject', async () => {
    expect(await compose({ subject: ' \u200b' })).toContain('Subject: Not delivered: (no subject)\r\n')
  })

  test('fills in nothing that stands in a Subject', async () => {
    expect(await compose({ subject: '%{id} %{hostname}' })).toContain('Subject: Not delivered: %{id} %{hostname}\r\n')
  })

  test('repeats 200 characters of a Subject', async () => {
    const { text } = await simpleParser(await compose({ subject: 'é'.repeat(300) }))
    expect(text).toContain(`Subject:\n${'é'.repeat(199)}…\n`)
    expect(text).not.toContain('é'.repeat(200))
  })

  test.each([
    ['"a b"@example.org', 'To: <"a b"@example.org>'],
    ['jos\u00e9@example.org', 'To: jos\u00e9@example.org'],
    ["o'brien+x@example.org", "To: o'brien+x@example.org"],
    ['"a\\"b"@example.org', 'To: <"a\\"b"@example.org>'],
    ['"a@b"@example.org', 'To: <"a@b"@example.org>'],
    ['a@[192.0.2.1]', 'To: <a@[192.0.2.1]>'],
  ])('to %s', async (to, line) => expect((await compose({ to })).split('\r\n')).toContain(line))
})

const languages = ['en', 'de', 'fr', 'es']
describe.each(languages)('in %s', language => {
  test.each([...heardReasons, 'spool.full' as const])('%s: whole, readable, and its lines short', async reason => {
    const templates = await loadTemplates({ language })
    const words = 'the ticket is closed'
    const raw = await compose({ templates, about: { ...facts.about, reason, text: words } })
    for (const line of raw.split('\r\n')) expect(line.length).toBeLessThanOrEqual(78)
    expect(raw).toMatch(/^[\x20-\x7e\r\n]*$/)
    expect(raw.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    const { text, subject } = await simpleParser(raw)
    expect(subject).toContain('Re: your ticket')
    expect(text).not.toContain('%{')
    const said = (templates.reasons.get(reason) ?? templates.default).replace('%{said}', words).replace(/\s+/g, ' ').trim()
    expect(text!.replace(/\s+/g, ' ')).toContain(said)
    for (const shown of ['incoming+k3y@incoming.example.com', facts.id, facts.hostname, '2026', 'Re: your ticket'])
      expect(text).toContain(shown)
    for (const line of text!.split('\n')) expect(line.length).toBeLessThanOrEqual(72)
  })
})

test('the words of an application are one line without links, and a dash where it has none', async () => {
  const about = { ...facts.about, reason: 'application.refused' } as const
  const said = async (text?: string) =>
    (await simpleParser(await compose({ about: { ...about, ...(text === undefined ? {} : { text }) } }))).text!
  expect(await said('closed:\r\nsee https://evil.example/x %{id}')).toContain('closed: see https[:]//evil[.]example/x %{id}')
  expect(await said()).toMatch(/It says:\s+–/)
  expect((await said('x'.repeat(1_000))).match(/x/g)!.length).toBeLessThan(320)
})
