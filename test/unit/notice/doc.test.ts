/** docs/notices.md says what the code does. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { composeNotice } from '../../../src/notice/compose.ts'
import { replyRows } from '../../../src/notice/outcome.ts'
import { placeholders } from '../../../src/notice/placeholders.ts'
import { loadTemplates } from '../../../src/notice/templates.ts'
import { heardReasons } from '../../../src/policy/notice/hears.ts'

const page = readFileSync('docs/notices.md', 'utf8')

test('the table of replies', () => {
  const rows = replyRows.map(({ from, to, kind, says }) => `| ${from === to ? from : `${from}–${to}`} | ${kind} | ${says} |`)
  const [, table] = page.split('|---|---|---|\n')
  expect(table!.split('\n').slice(0, rows.length + 1)).toEqual([...rows, ''])
})

test('the reasons', () => {
  const named = [...page.matchAll(/`([a-z]+\.[a-z-]+)`/g)].map(match => match[1]!).filter(name => (heardReasons as string[]).includes(name))
  expect(named.toSorted()).toEqual([...heardReasons].toSorted())
})

test('the placeholders', () => {
  const [, last] = page.split('Placeholders: ')
  expect([...last!.matchAll(/%\{(\w+)\}/g)].map(match => match[1])).toEqual(placeholders)
})

test('the whole example', async () => {
  const raw = await composeNotice({
    hostname: 'incoming.example.com',
    from: 'postmaster@incoming.example.com',
    to: 'alice@example.org',
    about: { recipient: 'incoming+k3y@incoming.example.com', reason: 'key.expired' },
    subject: 'Re: your ticket',
    messageId: '<c@example.org>',
    references: '<a@incoming.example.com>',
    inReplyTo: '',
    received: Date.UTC(2026, 10, 21, 6, 10),
    id: '06bqz6ypw5v0gh3m',
    templates: await loadTemplates({ language: 'en' }),
    date: Date.UTC(2026, 10, 21, 6, 11),
    noticeMessageId: '<notice.06bqz6ypw5v0gh3m.0123456789abcdef@incoming.example.com>',
  })
  expect(page).toContain(`\`\`\`\n${raw.toString().replaceAll('\r\n', '\n')}\`\`\`\n`)
})
