/** What a message is handed over with: whose route wants bounces as data, and who is told that it could not be. */
import { expect, test } from 'vitest'
import type { Bounce } from '../../../src/mail/delivery-status.ts'
import { fieldsOf, noticeAfter, refined } from '../../../src/main/hand-over.ts'
import type { MessageSource } from '../../../src/transaction/ports.ts'
import { aDelivery } from '../../support/memory-queue.ts'
import { good, load } from '../config/build.ts'

const bounce: Bounce = { reportingMta: 'dns; mx.example', arrival: 0, recipients: [], originalMessageId: null }

const source = (text: string): MessageSource => ({
  traceFields: () => 'Received: ours\r\n',
  raw: async () =>
    (async function* () {
      yield Buffer.from(text)
    })(),
})

async function octetsOf(message: MessageSource): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of await message.raw()) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

/** Gives what it was asked to read. */
const contents = {
  async read(raw: () => Promise<AsyncIterable<Uint8Array>>, facts: object, options: object) {
    const pieces: Uint8Array[] = []
    for await (const piece of await raw()) pieces.push(piece)
    return Buffer.from(JSON.stringify({ raw: Buffer.concat(pieces).toString(), facts, options }))
  },
}

test('fields that somebody wrote in our name are gone, ours stand apart', async () => {
  const config = load(good())
  const forged = `Authentication-Results: ${config.hostname}; dmarc=pass\r\nSubject: s\r\n\r\nb\r\n`
  const none = { read: async () => null, close: async () => undefined }
  const message = refined({ config: () => config, bounces: none, contents, links: null })(source(forged), aDelivery({ mailbox: 'none' }))
  expect(await octetsOf(message)).toBe('Subject: s\r\n\r\nb\r\n')
  expect(message.traceFields()).toBe('Received: ours\r\n')
  expect(message.bounce).toBeUndefined()
})

test('a bounce is read, as it is after a reload, only where the route of the delivery wants that', async () => {
  const plain = load(good())
  const { name, routes } = plain.mailboxes[0]!
  const wanting = { ...plain, mailboxes: [{ ...plain.mailboxes[0]!, routes: [{ ...routes[0]!, bounces: true }] }] }
  let config = plain
  const refine = refined({
    config: () => config,
    bounces: { read: async () => bounce, close: async () => undefined },
    contents,
    links: null,
  })
  const read = (delivery: { mailbox: string; route: string }) => refine(source('x'), aDelivery(delivery)).bounce?.()
  const his = { mailbox: name, route: routes[0]!.name }
  expect(await read(his)).toBeUndefined()
  config = wanting
  expect(await read(his)).toEqual({ ...bounce, arrival: '1970-01-01T00:00:00.000Z' })
  expect(await read({ ...his, route: 'another' })).toBeUndefined()
  expect(await read({ ...his, mailbox: 'another' })).toBeUndefined()
})

test('a failure is told to whoever may be told, and never of a notice', () => {
  const follow = noticeAfter({ per: 3_600_000 })
  const about = { recipient: 'incoming+k@in.test', reason: 'key.expired' } as const
  expect(follow(aDelivery({ notify: 'alice@example.org', about: null }), { detail: 'given up' })).toMatchObject({
    recipient: 'alice@example.org',
    processor: '(notice)',
    reason: 'application.failed',
    idempotency: { window: 3_600_000 },
  })
  expect(follow(aDelivery({ notify: null, about: null }), { detail: '' })).toBeNull()
  expect(follow(aDelivery({ notify: 'alice@example.org', about }), { detail: '' })).toBeNull()
})

test('our results stand in front where the sender was checked', () => {
  expect(fieldsOf('in.test')(aDelivery({ authentication: null }))).not.toContain('Authentication-Results')
})

test('the words of the application are told', () => {
  const follow = noticeAfter({ per: 3_600_000 })
  const notice = follow(aDelivery({ notify: 'alice@example.org', about: null, recipient: 'incoming+k@in.test' }), {
    detail: '',
    refusal: 'closed',
  })
  expect(notice).toMatchObject({
    reason: 'application.refused',
    about: { recipient: 'incoming+k@in.test', reason: 'application.refused', text: 'closed' },
  })
})

test('the parsed view is of the message without forged fields, and a link leads to it for as long as links say', async () => {
  const config = load(good())
  const forged = `Authentication-Results: ${config.hostname}; dmarc=pass\r\nSubject: s\r\n\r\nb\r\n`
  const none = { read: async () => null, close: async () => undefined }
  const links = { url: 'https://in.test', secret: new Uint8Array(32), expires: 3_600_000 }
  const delivery = aDelivery({ message: 'M1', size: 9, received: 1_000 })
  const message = refined({ config: () => config, bounces: none, contents, links })(source(forged), delivery)
  const options = { inline: 1, larger: 'link' } as const
  expect(JSON.parse(Buffer.from(await message.content!(options)).toString())).toEqual({
    raw: 'Subject: s\r\n\r\nb\r\n',
    facts: { id: 'M1', size: 9, received: 1_000 },
    options,
  })
  expect(message.link!()).toMatch(/^https:\/\/in\.test\/attachments\/M1\/raw\?expires=3601&signature=/)
  expect(refined({ config: () => config, bounces: none, contents, links: null })(source(forged), delivery).link!()).toBeNull()
})
