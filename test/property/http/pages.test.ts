import fc from 'fast-check'
import { expect, test } from 'vitest'
import { errorPage } from '../../../src/listeners/http/pages/error.ts'
import { layout } from '../../../src/listeners/http/pages/layout.ts'
import { loginPage } from '../../../src/listeners/http/pages/login.ts'
import { messagePage } from '../../../src/listeners/http/pages/message.ts'
import { messagesPage } from '../../../src/listeners/http/pages/messages.ts'
import { processorsPage } from '../../../src/listeners/http/pages/processors.ts'
import { questionPage } from '../../../src/listeners/http/pages/redelivery.ts'
import { transactionPage, transactionsPage } from '../../../src/listeners/http/pages/transactions.ts'
import { Problem } from '../../../src/listeners/http/problem.ts'
import { readRawHead } from '../../../src/listeners/http/raw-head.ts'
import { someAttachment, someDoor, someProcessor } from '../../contract/http/harness.ts'
import { someDelivery, someMessage, someTransaction } from '../../support/fake-desk.ts'
import { skeleton } from './skeleton.ts'

const snippets = [
  '<script>',
  '</pre>',
  '">',
  "'>",
  '&lt;',
  '&#0;',
  '`',
  '\r\n',
  '\0',
  '\u202e',
  '\u2028',
  '\ud800',
  '$' + '{x}',
  '-->',
  ']]>',
  'javascript:',
  '</title>',
]
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...snippets), fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })), {
    minLength: 1,
    maxLength: 6,
  })
  .map(parts => `x${parts.join('')}`)

/** Every page with `t` wherever a stranger, or the configuration, has a say. */
async function pages(t: string): Promise<string[]> {
  const status = { writable: false, detail: t, used: 1, free: 2 }
  const decisions = [{ stage: 'data', verdict: 'tag', reason: 'message.loop', recipient: t, detail: t }] as const
  const delivery = someDelivery({
    ...{
      recipient: t,
      mailbox: t,
      route: t,
      key: t,
      processor: t,
      detail: t,
      idempotencyId: t,
      state: 'held',
      reason: 'key.expired',
      due: 1,
    },
    claims: { subject: t, senders: [t], expires: 3, keyId: t },
  })
  const client = { address: t, name: t, helo: t, ident: t }
  const message = someMessage({
    ...{ id: t, sender: t, from: t, subject: t, messageId: t, client, listener: t, decisions, truncated: true },
    deliveries: [delivery, { ...delivery, id: 2 }],
  })
  const row = someTransaction({
    ...{ id: t, listener: t, client: t, helo: t, sender: t, recipients: [t, t], reply: t, decisions, message: t, count: 3 },
  })
  const raw = await readRawHead(source(`Subject: =?utf-8?b?${Buffer.from(t).toString('base64')}?=\r\n\r\n${t}`))
  const list = [{ ...message, ...delivery, id: t, delivery: 1 }]
  const attachment = someAttachment({ name: t, type: t, contentId: t })
  const content = (await someDoor({
    ...{ text: `${t} and more`, textFrom: 'html', html: t, subject: t, truncated: ['text'], attachments: [attachment] },
    reply: { text: t, quoted: t, signature: t },
  }).view('m1'))!
  const problem = { status: 'over-budget', problem: t } as const
  const processors = [someProcessor({ name: t, allowed: 1, paused: { since: 1, until: 2, cause: t } })]
  const filter = { mailbox: t, route: t, processor: t, recipient: t, text: t, since: 3 }
  const bodies = [
    messagePage({ message, raw: null, content: problem, done: null }),
    processorsPage(processors, t),
    questionPage({ how: 'retry', filter, count: 3 }),
    messagesPage({ messages: list, next: 7 }, { text: t, recipient: t, processor: t, state: 'failed', before: 9 }),
    messagePage({ message, raw, content, done: { how: 'retry', count: 2 } }),
    transactionsPage({ transactions: [row], next: 7 }, { id: t, client: t }),
    transactionPage(row),
  ]
  const framed = bodies.map(body => layout({ title: t, here: 'messages', body }, { status, processors, version: t, loggedIn: true }))
  return [...framed, errorPage(new Problem(404, t, { id: t, found: t })), loginPage(t, true)].map(String)
}

async function* source(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

test('whatever the fields say, the markup is the same as for a plain word', async () => {
  const plain = (await pages('word')).map(page => skeleton(page).tags)
  await fc.assert(
    fc.asyncProperty(hostile, async text => {
      const found = await pages(text)
      for (const [at, page] of found.entries()) expect(skeleton(page).tags).toEqual(plain[at])
    }),
    { numRuns: 150 },
  )
})

test('nothing invisible is left in a page', async () => {
  await fc.assert(
    fc.asyncProperty(hostile, async text => {
      for (const page of await pages(text))
        expect(page).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff]|\p{Cs}/u)
    }),
    { numRuns: 150 },
  )
})

test('a login page leads to a path of ours, whatever was asked for', () => {
  fc.assert(
    fc.property(fc.oneof(hostile, fc.webUrl(), fc.constantFrom('//x', '/\\x', '/x', '\\/x', '/\t/x')), next => {
      const value = /name="next" value="([^"]*)"/.exec(String(loginPage(next)))![1]!
      expect(new URL(value, 'http://postern.example').host).toBe('postern.example')
    }),
  )
})
