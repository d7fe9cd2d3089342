/**
 * 10,000 messages through the shipped postfix/lmtp, every second one to a key that nobody minted: each of these is refused
 * at RCPT, all others arrive, and not one bounce is made. A bounce would go where Postfix sends mail for everybody else:
 * to a sink, which is shown at the end to see one.
 */
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, type Site, startSite } from '../support/behind-postfix.ts'
import { deliver, mailClient } from '../support/mail-client.ts'
import { removeFolder, temporaryFolder } from '../support/postern.ts'
import { skipWithout } from '../support/services.ts'
import { type Sink, startSink } from '../support/smtp-sink.ts'

const missing = skipWithout('postfix', 'smtp-source')
const total = Number(process.env.POSTERN_TEST_MESSAGES ?? 10_000)
const sessions = 8
let folder: string
let site: Site
let strangers: Sink

/** One session of a mail server that sends every `sessions`th message; counts the first words of the replies. */
async function send(first: number, address: string, replies: Map<string, number>): Promise<void> {
  const client = await mailClient({ port: site.postfix.smtpPort })
  for (let n = first; n < total; n += sessions) {
    const recipient = Math.floor(n / sessions) % 2 === 0 ? address : `incoming+guessed${n}@incoming.example.com`
    const message = `From: writer@example.org\r\nSubject: number ${n}\r\nMessage-ID: <${n}@example.org>\r\n\r\n${'text '.repeat(100)}\r\n`
    const reply = (await deliver(client, { sender: `writer${n % 100}@example.org`, recipient, message })).slice(0, 9)
    replies.set(reply, (replies.get(reply) ?? 0) + 1)
  }
  client.close()
}

describe.skipIf(missing !== null)(`many messages through postfix/lmtp${missing === null ? '' : ` (${missing})`}`, () => {
  beforeAll(async () => {
    folder = await temporaryFolder('many')
    strangers = await startSink(path.join(folder, 'sink'))
    site = await startSite({
      configuration: 'lmtp',
      settings: { default_transport: `lmtp:inet:127.0.0.1:${strangers.port}` },
      // All come from one address, and none of them shall be slowed down: how many are refused is the point.
      more: 'limits: { unknown-recipients: 1000000, errors: 1000000 }',
    })
  })
  afterAll(async () => {
    await site?.stop()
    await strangers?.stop()
    await removeFolder(folder)
  })

  test(`${total} messages, half of them to unknown keys: half arrive, half are refused at RCPT, none is bounced`, async () => {
    const address = await site.postern.mint('many')
    const replies = new Map<string, number>()
    await Promise.all(Array.from({ length: sessions }, (_, first) => send(first, address, replies)))
    expect(Object.fromEntries(replies)).toEqual({ '250 2.0.0': total / 2, '550 5.1.1': total / 2 })
    await eventually(async () => ((await site.postfix.queue()).length === 0 ? true : undefined), 60)
    const subjects = new Set((await site.postern.messages()).filter(row => row.state === 'delivered').map(row => row.subject))
    expect(subjects.size).toBe(total / 2)
    expect(site.postfix.log()).not.toMatch(/status=bounced|non-delivery notification|from=<>/)
    expect(await strangers.messages()).toEqual([])
  })

  test('a bounce would have been seen: one that is made on purpose is', async () => {
    // Given to Postfix by a program of its own host, a message passes no check at RCPT.
    const to = 'incoming+guessed@incoming.example.com'
    await site.postfix.submit({ sender: 'writer@example.org', recipients: [to], message: 'Subject: unchecked\n\nhi\n' })
    const [bounce] = await eventually(async () => {
      const seen = await strangers.messages()
      return seen.length > 0 ? seen : undefined
    })
    expect(bounce).toMatch(/^X-Mail-Args: <>/m)
    expect(bounce).toContain(to)
    expect(site.postfix.log()).toMatch(/status=bounced/)
  })
})
