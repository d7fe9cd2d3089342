import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { encoded } from '../../../src/delivery/processors/webhook/envelope-fields.ts'
import { type WebhookOptions, webhook } from '../../../src/delivery/processors/webhook.ts'
import type { Processor } from '../../../src/transaction/ports.ts'
import { someAuthentication } from '../../support/authentications.ts'
import { type EventCase, eventCases, someAttachment, someContent, sourceOf } from '../../support/event-cases.ts'
import { aDelivery } from '../../support/memory-queue.ts'
import { answering, type Received } from '../../support/scripted-application.ts'
import { webhookOptions, webhooks } from '../../support/webhooks.ts'
import { source } from './suite.ts'

const { open } = webhooks()
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const other = `whsec_${Buffer.alloc(24, 8).toString('base64')}`
const never = () => new AbortController().signal
const eightBit = Buffer.from([0x41, 0x3a, 0x20, 0xff, 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x80, 0x0a])
const trace = 'Return-Path: <alice@example.org>\r\n'

async function sent(some: Partial<WebhookOptions>, call: (processor: Processor) => Promise<unknown>): Promise<Received> {
  const { application, processor } = await open(answering(200), some)
  expect(await call(processor)).toMatchObject({ kind: 'delivered' })
  const request = application.requests[0]!
  expect(request.headers['content-length']).toBe(String(request.octets.length))
  expect(request.headers).not.toHaveProperty('transfer-encoding')
  return request
}
const sentCase = (one: EventCase, some: Partial<WebhookOptions>) =>
  sent(some, processor => processor.deliver(one.delivery, sourceOf(one), never()))

describe('body: event', () => {
  test('has the parsed view, and the raw message as it was asked for', async () => {
    const { body } = await sentCase(eventCases.reply!, { event: { raw: 'omit', attachments: undefined } })
    expect(JSON.parse(body).data).toMatchObject({ content: someContent(), raw: null })
  })

  test('is asked of the parser once a call, and the options go with it', async () => {
    let parsed = 0
    const asked: unknown[] = []
    const message = {
      ...source(Buffer.alloc(300_000, 'x')),
      content: async (options: object) => {
        parsed++
        asked.push(options)
        return Buffer.from(JSON.stringify(someContent()))
      },
    }
    const event = { raw: 'inline', attachments: 5, larger: 'omit' } as const
    await sent({ event, secret }, processor => processor.deliver(aDelivery(), message, never()))
    expect([parsed, asked]).toEqual([1, [{ inline: 5, larger: 'omit' }]])
  })

  test('a view that can’t be made is a retry', async () => {
    const { application, processor } = await open(answering(200))
    const message = { ...source(eightBit), content: () => Promise.reject(new Error('no such message')) }
    expect(await processor.deliver(aDelivery(), message, never())).toEqual({ kind: 'retry', detail: 'the call failed: no such message' })
    expect(application.requests).toHaveLength(0)
  })
})

describe('body: raw', () => {
  test.each([0, 100, 300_000])('the message octet for octet, and %i more', async more => {
    const raw = Buffer.concat([eightBit, Buffer.alloc(more, 'A line\r\n')])
    const request = await sent({ body: 'raw', secret }, processor => processor.deliver(aDelivery(), source(raw), never()))
    expect(request.octets.equals(Buffer.concat([Buffer.from(trace), raw]))).toBe(true)
    expect(request.headers['content-type']).toBe('message/rfc822')
    // The library takes text alone; where the signature holds, it goes on to parse the body, which is no JSON.
    if (more === 0) return
    const text = Buffer.alloc(more, 'A line\r\n')
    const plain = await sent({ body: 'raw', secret }, processor => processor.deliver(aDelivery(), source(text), never()))
    expect(() => new Webhook(secret).verify(plain.body, plain.headers as Record<string, string>)).toThrow(SyntaxError)
    expect(() => new Webhook(other).verify(plain.body, plain.headers as Record<string, string>)).toThrow('No matching signature')
  })

  test('the envelope in fields, each through one encoder', async () => {
    const delivery = aDelivery({
      recipient: 'incoming+kéy@incoming.example.com',
      key: 'kéy',
      sender: '"a b%\r\nx: y"@example.org',
      claims: { subject: '4 2', senders: ['example.org'], expires: Date.UTC(2027, 0, 1), keyId: '1' },
      received: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
      authentication: someAuthentication(),
      machine: 'list',
    })
    const { headers } = await sent({ body: 'raw' }, processor => processor.deliver(delivery, source(eightBit), never()))
    const fields = Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('postern-')))
    expect(fields).toEqual({
      'postern-id': 'M1',
      'postern-idempotency-id': '0123456789abcdef0123456789abcdef',
      'postern-mailbox': 'incoming',
      'postern-route': 'reply',
      'postern-recipient': 'incoming+k%C3%A9y@incoming.example.com',
      'postern-key': 'k%C3%A9y',
      'postern-claims': '{"subject":"4%202","keyId":"1","expires":"2027-01-01T00:00:00.000Z","senders":["example.org"]}',
      'postern-sender': '"a%20b%25%0D%0Ax:%20y"@example.org',
      'postern-author': 'jane@sender.example',
      'postern-client': '192.0.2.1',
      'postern-protocol': 'ESMTP',
      'postern-received': '2026-01-02T03:04:05.678Z',
      'postern-machine': 'list',
    })
    expect(decodeURIComponent(String(fields['postern-sender']))).toBe(delivery.sender)
  })

  test('the author stands there only where he is authenticated', async () => {
    const usual = someAuthentication()
    for (const authentication of [null, someAuthentication({ from: { ...usual.from, authenticated: false } })]) {
      const delivery = aDelivery({ authentication, sender: '', client: { address: null, name: null, helo: null, ident: null } })
      const { headers } = await sent({ body: 'raw' }, processor => processor.deliver(delivery, source(eightBit), never()))
      expect(headers).not.toHaveProperty('postern-author')
      expect(headers).not.toHaveProperty('postern-client')
      expect(headers['postern-sender']).toBe('')
    }
  })

  test.each([
    [4_096, true],
    [4_097, false],
  ])('claims of %i characters: senders %s', async (length, whole) => {
    const around = encoded(JSON.stringify({ subject: '42', senders: [''] })).length
    const claims = { subject: '42', senders: ['x'.repeat(length - around)] }
    const { headers } = await sent({ body: 'raw' }, processor => processor.deliver(aDelivery({ claims }), source(eightBit), never()))
    expect(JSON.parse(decodeURIComponent(String(headers['postern-claims'])))).toEqual(whole ? claims : { subject: '42' })
  })

  test('as another type', async () => {
    const { headers } = await sent({ body: 'raw', contentType: 'text/plain' }, processor =>
      processor.deliver(aDelivery(), source(eightBit), never()),
    )
    expect(headers['content-type']).toBe('text/plain')
  })
})

describe('body: multipart', () => {
  /** By the parser of fetch. */
  const parsed = ({ octets, headers }: Received): Promise<FormData> =>
    new Response(new Uint8Array(octets), { headers: { 'content-type': headers['content-type']! } }).formData()
  const octetsOf = async (value: unknown) => Buffer.from(await (value as File).arrayBuffer())

  test('the event, the message and the attachments', async () => {
    const one = { ...eventCases.attachments!, options: {} }
    const form = await parsed(await sentCase(one, { body: 'multipart', secret }))
    expect([...form.keys()]).toEqual(['event', 'message', 'attachment-0', 'attachment-1'])
    const event = JSON.parse(String(form.get('event')))
    expect(event.data.raw).toBeNull()
    expect(event.data.content.attachments.map((attachment: object) => Object.hasOwn(attachment, 'content'))).toEqual([false, false, false])
    expect(event.data.content.attachments[2].url).toContain('https://')
    const message = form.get('message') as File
    expect([message.name, message.type]).toEqual(['message.eml', 'message/rfc822'])
    expect((await octetsOf(message)).toString()).toBe(`Return-Path: <jane@sender.example>\r\n${one.raw}`)
    const [note, image] = [form.get('attachment-0') as File, form.get('attachment-1') as File]
    expect([note.name, note.type, image.name, image.type]).toEqual(['note.txt', 'text/plain', 'attachment-1', 'image/png'])
    expect((await octetsOf(note)).toString()).toBe('hello')
  })

  test.each([1, 2, 3, 49_151, 49_152, 300_000])('an attachment of %i octets, whole', async size => {
    const octets = Buffer.from(Uint8Array.from({ length: size }, (_, index) => (index * 7) % 256))
    const content = someContent({ attachments: [someAttachment({ size, content: octets.toString('base64') })] })
    const request = await sentCase({ ...eventCases.reply!, content }, { body: 'multipart', secret })
    expect((await octetsOf((await parsed(request)).get('attachment-0'))).equals(octets)).toBe(true)
  })

  test('names and types of strangers make no part and no field', async () => {
    const name = 'a"; name="event"\r\nX: y\r\n\r\n--postern.txt'
    const content = someContent({ attachments: [someAttachment({ name, type: 'text/plain\r\nX: y' })] })
    const form = await parsed(await sentCase({ ...eventCases.reply!, content }, { body: 'multipart' }))
    expect([...form.keys()]).toEqual(['event', 'message', 'attachment-0'])
    expect((form.get('attachment-0') as File).type).toBe('application/octet-stream')
  })

  test('a message that was made for the boundary of another call makes no part', async () => {
    const first = await sentCase(eventCases.reply!, { body: 'multipart' })
    const boundary = /boundary=(\S+)$/.exec(first.headers['content-type']!)![1]
    const raw = `Subject: x\r\n--${boundary}\r\nContent-Disposition: form-data; name="event"\r\n\r\n{}\r\n--${boundary}--\r\n`
    const form = await parsed(await sentCase({ ...eventCases.reply!, raw }, { body: 'multipart' }))
    expect(form.getAll('event')).toHaveLength(1)
    expect((await octetsOf(form.get('message'))).toString()).toContain(raw)
  })

  test.each<[string, EventCase]>([
    ['could not be parsed', eventCases['over-budget']!],
    ['is not parsed at all', eventCases.unchecked!],
  ])('a message that %s has its two parts', async (_, one) => {
    const form = await parsed(await sentCase(one, { body: 'multipart' }))
    expect([...form.keys()]).toEqual(['event', 'message'])
    expect(JSON.parse(String(form.get('event'))).data).toMatchObject({ content: one.content ?? null, raw: null })
  })
})

describe('several secrets', () => {
  test('one signature for each: whoever knows either takes the call', async () => {
    const { body, headers } = await sentCase(eventCases.reply!, { secret: [secret, other] })
    expect(String(headers['webhook-signature']).split(' ')).toHaveLength(2)
    for (const known of [secret, other]) expect(new Webhook(known).verify(body, headers as Record<string, string>)).toBeTruthy()
    const third = Buffer.alloc(32, 9).toString('base64')
    expect(() => new Webhook(third).verify(body, headers as Record<string, string>)).toThrow('No matching signature')
  })

  test('none: nothing is signed', async () =>
    expect((await sentCase(eventCases.reply!, { secret: [] })).headers).not.toHaveProperty('webhook-signature'))
})

describe('options that are refused with a clear error', () => {
  test.each<[Partial<WebhookOptions>, string]>([
    [{ body: 'json' as never }, 'event, raw or multipart'],
    [{ contentType: 'text/plain' }, 'body: raw alone'],
    [{ body: 'raw', contentType: 'text' }, 'type/subtype'],
    [{ body: 'raw', contentType: 'text/plain\r\nX: y' }, 'type/subtype'],
    [{ secret: [secret, 'abc'] }, 'does not begin with whsec_'],
    [{ secret: Array.from({ length: 11 }, () => secret) }, 'at most 10 secrets'],
    [{ headers: { 'x y': 'z' } }, 'no name of a header field'],
    [{ headers: { 'X-A': 'a\r\nb' } }, 'ASCII'],
    [{ headers: { 'X-A': 'ü' } }, 'ASCII'],
    [{ headers: { 'X-A': 'a', 'x-a': 'b' } }, 'twice'],
    [{ headers: { 'Webhook-Id': 'a' } }, 'set by Postern itself'],
    [{ headers: { 'content-length': '1' } }, 'set by Postern itself'],
    [{ headers: { Authorization: 'a' }, auth: { bearer: 'b' } }, 'set by auth'],
  ])('%j', (some, text) => expect(() => webhook(webhookOptions('http://127.0.0.1/', some))).toThrow(text))

  test('fields of the operator’s own go along', async () => {
    const { headers } = await sentCase(eventCases.reply!, { headers: { 'X-Environment': 'test', 'User-Agent': 'mine' } })
    expect(headers).toMatchObject({ 'x-environment': 'test', 'user-agent': 'mine', 'content-type': 'application/json' })
  })
})
