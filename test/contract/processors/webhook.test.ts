import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Webhook } from 'standardwebhooks'
import { afterEach, describe, expect, test } from 'vitest'
import { type WebhookOptions, webhook } from '../../../src/delivery/processors/webhook.ts'
import type { Processor } from '../../../src/transaction/ports.ts'
import { aDelivery } from '../../support/memory-queue.ts'
import { type Application, answering, type Script, startApplication } from '../../support/scripted-application.ts'
import { processorContract, source } from './suite.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const options = (url: string, some: Partial<WebhookOptions> = {}): WebhookOptions => ({
  name: 'app',
  url,
  timeout: 10_000,
  concurrency: 4,
  log,
  ...some,
})

processorContract({
  name: 'webhook',
  async open(peer, timeout) {
    const application = await startApplication(peer === 'accepts' ? answering(200) : () => {})
    if (peer === 'gone') await application.close()
    const processor = webhook(options(application.url, { secret, timeout }))
    return {
      processor,
      taken: () => application.requests.length,
      async close() {
        await processor.close?.()
        if (peer !== 'gone') await application.close()
      },
    }
  },
})

const opened: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

async function open(script: Script, some: Partial<WebhookOptions> = {}): Promise<{ application: Application; processor: Processor }> {
  const application = await startApplication(script)
  opened.push(() => application.close())
  const processor = webhook(options(application.url, some))
  opened.push(() => processor.close?.())
  return { application, processor }
}

const deliver = (processor: Processor, raw = 'Subject: Hi\r\n\r\nText\r\n') =>
  processor.deliver(aDelivery({ size: raw.length }), source(Buffer.from(raw)), new AbortController().signal)

describe('what is sent', () => {
  test('one POST with the event, its length and its ids', async () => {
    const { application, processor } = await open(answering(204), { secret })
    const delivery = aDelivery({
      received: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
      claims: { subject: '42', expires: Date.UTC(2027, 0, 1), senders: ['example.org'] },
      subject: 'Grüße "\u2028\ud800',
      sender: '',
      size: 4,
      machine: 'none',
    })
    await processor.deliver(delivery, source(Buffer.from([0x41, 0, 0xff, 0x0a])), new AbortController().signal)
    expect(application.requests).toHaveLength(1)
    const { method, path, headers, body } = application.requests[0]!
    expect([method, path]).toEqual(['POST', '/inbound?a=b'])
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      'webhook-id': 'msg_0123456789abcdef0123456789abcdef',
      'idempotency-key': '0123456789abcdef0123456789abcdef',
    })
    expect(headers).not.toHaveProperty('transfer-encoding')
    expect(JSON.parse(body)).toEqual({
      type: 'message.received',
      version: 1,
      timestamp: '2026-01-02T03:04:05.678Z',
      data: {
        id: 'M1',
        idempotencyId: '0123456789abcdef0123456789abcdef',
        mailbox: 'incoming',
        route: 'reply',
        recipient: 'incoming+key@incoming.example.com',
        key: 'key',
        claims: { subject: '42', senders: ['example.org'], expires: '2027-01-01T00:00:00.000Z' },
        envelope: {
          sender: '',
          recipient: 'incoming+key@incoming.example.com',
          protocol: 'ESMTP',
          client: { address: '192.0.2.1', name: null, helo: 'client.example.org', ident: null },
        },
        received: '2026-01-02T03:04:05.678Z',
        size: 4,
        subject: 'Grüße "\u2028\ud800',
        messageId: '<1@example.org>',
        authentication: null,
        machine: 'none',
        bounce: null,
        content: null,
        raw: {
          encoding: 'base64',
          content: Buffer.concat([Buffer.from('Return-Path: <alice@example.org>\r\n'), Buffer.from([0x41, 0, 0xff, 0x0a])]).toString(
            'base64',
          ),
        },
      },
    })
  })

  // Kept and sent at once, on both sides of the limit; read twice; and the largest message there is by default.
  test.each([0, 1, 195_000, 197_000, 300_000, 25 * 1024 * 1024])(
    'a message of %i octets arrives whole, and the signature holds',
    async size => {
      const { application, processor } = await open(answering(200), { secret, timeout: 20_000 })
      const raw = Buffer.alloc(size, 'A line of text, and its end\r\n')
      const outcome = await processor.deliver(aDelivery({ size }), source(raw, 'Delivered-To: a@b\r\n'), new AbortController().signal)
      expect(outcome).toEqual({ kind: 'delivered', detail: '200 accepted' })
      const { body, headers } = application.requests[0]!
      const event = JSON.parse(body)
      expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual(event)
      const got = Buffer.from(event.data.raw.content, 'base64')
      expect(got.subarray(0, 19).toString()).toBe('Delivered-To: a@b\r\n')
      expect(got.subarray(19).equals(raw)).toBe(true)
    },
  )

  test('a message of 25 MiB is not held in memory to be signed', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const used = (): number => {
      collect()
      collect()
      return process.memoryUsage().arrayBuffers
    }
    const { processor } = await open((_request, response) => void response.end(), { secret, timeout: 20_000 })
    const before = used()
    const grown: number[] = []
    const message = {
      traceFields: () => '',
      raw: async () =>
        (async function* () {
          for (let i = 0; i < 400; i++) yield Buffer.alloc(65_536, 65)
          // At the first reading: later this process holds what the test's server received.
          if (grown.length === 0) grown.push(used() - before)
        })(),
    }
    expect((await processor.deliver(aDelivery(), message, new AbortController().signal)).kind).toBe('delivered')
    expect(grown[0]).toBeLessThan(6_000_000)
  })

  test('a changed body, id or secret does not verify', async () => {
    const { application, processor } = await open(answering(200), { secret })
    await deliver(processor)
    const { body, headers } = application.requests[0]!
    const other = new Webhook(Buffer.alloc(32, 8).toString('base64'))
    expect(() => new Webhook(secret).verify(body.replace('M1', 'M2'), headers as Record<string, string>)).toThrow('No matching signature')
    expect(() => new Webhook(secret).verify(body, { ...(headers as Record<string, string>), 'webhook-id': 'msg_1' })).toThrow(
      'No matching signature',
    )
    expect(() => other.verify(body, headers as Record<string, string>)).toThrow('No matching signature')
  })

  test('without a secret nothing is signed', async () => {
    const { application, processor } = await open(answering(200))
    expect((await deliver(processor)).kind).toBe('delivered')
    expect(application.requests[0]!.headers).not.toHaveProperty('webhook-signature')
  })

  test('a second attempt sends the same octets and ids', async () => {
    const { application, processor } = await open(answering(500), { secret })
    await deliver(processor)
    await deliver(processor)
    const [one, two] = application.requests
    expect(two!.body).toBe(one!.body)
    expect(two!.headers['webhook-id']).toBe(one!.headers['webhook-id'])
  })

  test.each(['breaks off', 'is shorter', 'is longer'])(
    'a message that %s at its second reading is a retry, and no whole event arrives',
    async how => {
      const { application, processor } = await open(answering(200), { secret })
      const raw = Buffer.alloc(1_000_000, 'A line of text\r\n')
      let readings = 0
      const message = {
        traceFields: () => '',
        raw: async () =>
          (async function* () {
            const first = ++readings % 2 === 1
            yield raw
            if (first) yield raw
            if (!first && how === 'is longer') yield Buffer.alloc(2_000_000)
            if (!first && how === 'breaks off') throw new Error('read error')
          })(),
      }
      expect((await processor.deliver(aDelivery(), message, new AbortController().signal)).kind).toBe('retry')
      expect(readings).toBe(2)
      for (const { body } of application.requests) expect(() => JSON.parse(body)).toThrow()
      expect((await deliver(processor)).kind).toBe('delivered')
    },
  )

  test('connections are kept, and never more than the concurrency', async () => {
    const { application, processor } = await open((_request, response) => setTimeout(() => response.end(), 20), { concurrency: 2 })
    for (let round = 0; round < 3; round++) await Promise.all([deliver(processor), deliver(processor), deliver(processor)])
    expect(application.requests).toHaveLength(9)
    expect(application.connections()).toBe(2)
  })
})

describe('how answers count', () => {
  test.each([
    [200, 'delivered'],
    [204, 'delivered'],
    [404, 'retry'],
    [500, 'retry'],
  ])('%i: %s', async (status, kind) => {
    const { processor } = await open(answering(status))
    const outcome = await deliver(processor)
    expect(outcome.kind).toBe(kind)
    expect(outcome.detail).toMatch(new RegExp(`^${status} `))
  })

  test('410: the processor is to be left alone', async () => {
    const { processor } = await open(answering(410))
    expect(await deliver(processor)).toMatchObject({ kind: 'retry', gone: true })
  })

  test.each(['accept', 'hold', 'discard'])('the verdict %s', async verdict => {
    const { processor } = await open(answering(200, JSON.stringify({ verdict })))
    expect(await deliver(processor)).toMatchObject({ kind: 'delivered', verdict })
  })

  test('429 with Retry-After', async () => {
    const { processor } = await open(answering(429, '', { 'retry-after': '7' }))
    expect(await deliver(processor)).toMatchObject({ kind: 'retry', after: 7_000 })
  })

  test('an explicit refusal', async () => {
    const { processor } = await open(answering(422, '{"verdict":"refuse","text":"closed"}'))
    expect(await deliver(processor)).toEqual({
      kind: 'failed',
      detail: 'refused by the application: closed',
      refusal: 'closed',
      answer: '{"verdict":"refuse","text":"closed"}',
    })
  })

  test('what it answers is kept where the mail was not taken', async () => {
    const { processor } = await open(answering(500, 'NoMethodError\n  in app.rb:7\n'))
    expect(await deliver(processor)).toMatchObject({ kind: 'retry', answer: 'NoMethodError\n  in app.rb:7' })
    const { processor: good } = await open(answering(200, 'fine'))
    expect(await deliver(good)).toEqual({ kind: 'delivered', detail: '200 accepted' })
  })

  test('a redirect is not followed', async () => {
    const target = await startApplication(answering(200))
    opened.push(() => target.close())
    const { processor } = await open(answering(307, '', { location: target.url }))
    const outcome = await deliver(processor)
    expect(outcome).toMatchObject({ kind: 'retry' })
    expect(outcome.detail).toContain('redirects are not followed')
    expect(target.requests).toHaveLength(0)
  })

  test.each([
    [65_536, 'delivered'],
    [65_537, 'retry'],
    [10_000_000, 'retry'],
  ])('an answer of %i octets: %s', async (size, kind) => {
    const { processor } = await open(answering(200, 'x'.repeat(size)))
    const outcome = await deliver(processor)
    expect(outcome.kind).toBe(kind)
    if (kind === 'retry') expect(outcome.detail).toContain('64 KiB')
  })

  test('an endless answer in small drips ends with the time-out', async () => {
    const drips: Script = (_request, response) => {
      const drip = setInterval(() => response.write(' '), 20)
      response.writeHead(200).on('close', () => clearInterval(drip))
    }
    const { processor } = await open(drips, { timeout: 400 })
    expect(await deliver(processor)).toEqual({ kind: 'retry', detail: 'no complete answer within 400 ms' })
  })

  test('a verdict is believed only when the answer is complete', async () => {
    const { processor } = await open((_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"verdict":"accept"}')
      setTimeout(() => response.destroy(), 50)
    })
    expect((await deliver(processor)).kind).toBe('retry')
  })
})

describe('an application that speaks no proper HTTP', () => {
  const raw = async (answer: (socket: Socket) => void): Promise<Processor> => {
    const server: Server = createServer(socket => {
      socket.on('error', () => {}).once('data', () => answer(socket))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    opened.push(() => server.close())
    const processor = webhook(options(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { timeout: 1_000 }))
    opened.push(() => processor.close?.())
    return processor
  }

  test.each<[string, (socket: Socket) => void]>([
    ['closes', socket => socket.end()],
    ['resets', socket => socket.resetAndDestroy()],
    ['resets mid-answer', socket => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab', () => socket.resetAndDestroy())],
    ['speaks something else', socket => socket.end('220 smtp.example.com ESMTP\r\n')],
    ['has an endless header', socket => socket.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`)],
    ['gives no final answer', socket => socket.write('HTTP/1.1 102 Processing\r\n\r\n')],
  ])('%s: a retry with a reason', async (_, answer) => {
    const outcome = await deliver(await raw(answer))
    expect(outcome.kind).toBe('retry')
    expect(outcome.detail).toBeTruthy()
  })

  test('an answer before the end of a large request is taken, and the connection not used again', async () => {
    const processor = await raw(socket => socket.end('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'))
    const outcome = await deliver(processor, 'x'.repeat(3_000_000))
    expect(outcome.kind).toBe('retry')
  })
})

describe('options', () => {
  test.each<[Partial<WebhookOptions>, string]>([
    [{ url: 'ftp://127.0.0.1/' }, 'begins with http:// or https://'],
    [{ url: '/inbound' }, 'begins with http:// or https://'],
    [{ url: 'http://user:pass@127.0.0.1/' }, 'name and password'],
    [{ url: 'http://user@127.0.0.1/' }, 'name and password'],
    [{ url: 'http://:pass@127.0.0.1/' }, 'name and password'],
    [{ secret: 'abc' }, 'does not begin with whsec_'],
    [{ secret: 'whsec_!!' }, 'not base64'],
    [{ secret: `whsec_${Buffer.alloc(23).toString('base64')}` }, 'has 23'],
    [{ secret: `whsec_${Buffer.alloc(65).toString('base64')}` }, 'has 65'],
    [{ timeout: 0 }, 'positive number of milliseconds'],
    [{ timeout: Number.NaN }, 'positive number of milliseconds'],
    [{ concurrency: 0 }, '1 or more'],
    [{ concurrency: 1.5 }, '1 or more'],
  ])('%j is refused with a clear error', (some, text) => expect(() => webhook(options('http://127.0.0.1/', some))).toThrow(text))

  test.each([24, 64])('a secret of %i octets is taken', async size => {
    const processor = webhook(options('http://127.0.0.1/', { secret: `whsec_${Buffer.alloc(size).toString('base64')}` }))
    await processor.close?.()
  })
})

test('a bounce is read once a call, and the call is made again where it can’t be', async () => {
  const { application, processor } = await open(answering(200), { secret })
  // Larger than what is kept: the event is made twice.
  const raw = Buffer.alloc(300_000, 'x')
  let reads = 0
  const bounce = async () => {
    if (++reads === 1) throw new Error('no time')
    return { reads }
  }
  const call = () => processor.deliver(aDelivery({ size: raw.length }), { ...source(raw), bounce }, new AbortController().signal)
  expect((await call()).kind).toBe('retry')
  expect((await call()).kind).toBe('delivered')
  expect(reads).toBe(2)
  expect(application.requests.map(({ body }) => JSON.parse(body).data.bounce)).toEqual([{ reads: 2 }])
})
