import { afterEach, describe, expect, test } from 'vitest'
import { parseHeader } from '../../../src/mail/header-fields.ts'
import type { Delivery, Outcome, Processor } from '../../../src/transaction/ports.ts'
import { freePort } from '../../support/ports.ts'
import { processorContract, source } from '../processors/suite.ts'
import { aNotice, aProcessor, type Relay, startOdd, startRelay } from './relay.ts'

const refused = Buffer.from(
  [
    'From: Alice <alice@example.org>',
    'Message-ID: <c@example.org>',
    'References: <a@incoming.example.com>',
    ' <b@example.org>',
    'Subject: Re: your ticket',
    '',
    'SECRET TEXT OF THE MESSAGE',
    '',
  ].join('\r\n'),
)

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})
async function relay(options?: Parameters<typeof startRelay>[0]): Promise<Relay> {
  const started = await startRelay(options)
  closing.push(started.close)
  return started
}
const never = new AbortController().signal
const send = (processor: Processor, some: Partial<Delivery> = {}, signal = never): Promise<Outcome> =>
  processor.deliver(aNotice(some), source(refused), signal)
const until = async (true_: () => boolean): Promise<void> => {
  for (let left = 1_000; left > 0 && !true_(); left--) await new Promise(resolve => setTimeout(resolve, 20))
  expect(true_()).toBe(true)
}

processorContract({
  name: 'notices',
  noTrace: true,
  async open(peer, timeout) {
    const at = peer === 'accepts' ? await startRelay() : peer === 'hangs' ? await startOdd(() => {}) : null
    const port = at?.port ?? (await freePort())
    const { deliver, ...processor } = aProcessor(port, {}, { timeout })
    const { about } = aNotice()
    return {
      processor: { ...processor, deliver: (delivery, message, signal) => deliver({ ...delivery, about }, message, signal) },
      ...(at !== null && 'taken' in at ? { taken: () => at.taken.length } : {}),
      async close() {
        processor.close()
        await at?.close()
      },
    }
  },
})

describe('a notice on the wire', () => {
  test('comes from the null reverse-path, for one recipient, with these fields', async () => {
    const { port, taken } = await relay()
    expect(await send(aProcessor(port))).toEqual({ kind: 'delivered', detail: '250 2.0.0 Ok: queued as 1' })
    const [{ message, ...envelope }] = taken as [(typeof taken)[0]]
    expect(envelope).toEqual({
      sender: '',
      recipients: ['alice@example.org'],
      helo: 'incoming.example.com',
      secure: false,
      user: undefined,
    })
    const header = parseHeader(Buffer.from(message))
    expect(Object.fromEntries(header.names().map(name => [name, header.first(name)]))).toEqual({
      from: '"Mail at incoming.example.com" <postmaster@incoming.example.com>',
      to: 'alice@example.org',
      subject: 'Not delivered: Re: your ticket',
      date: 'Sat, 21 Nov 2026 06:11:00 +0000',
      'message-id': '<notice.06bqz6ypw5v0gh3m.0123456789abcdef@incoming.example.com>',
      'in-reply-to': '<c@example.org>',
      references: '<a@incoming.example.com> <b@example.org> <c@example.org>',
      'auto-submitted': 'auto-replied',
      'x-auto-response-suppress': 'All',
      'x-loop': 'postern@incoming.example.com',
      'content-language': 'en',
      'content-transfer-encoding': '7bit',
      'mime-version': '1.0',
      'content-type': 'text/plain; charset=utf-8',
    })
    expect(message).toContain('The address has expired.')
    expect(message).not.toMatch(/SECRET|Alice/)
  })

  test('says MAIL FROM:<> and nothing of bounces', async () => {
    const odd = await startOdd(
      socket => socket.write('220 relay\r\n'),
      (line, socket) => socket.write(/^DATA/.test(line) ? '354 go\r\n' : /^(?:EHLO|MAIL|RCPT|\.$|QUIT)/.test(line) ? '250 ok\r\n' : ''),
    )
    closing.push(odd.close)
    expect((await send(aProcessor(odd.port))).kind).toBe('delivered')
    expect(odd.heard().split('\r\n').slice(0, 4)).toEqual([
      'EHLO incoming.example.com',
      'MAIL FROM:<>',
      'RCPT TO:<alice@example.org>',
      'DATA',
    ])
    await until(() => odd.heard().endsWith('\r\n.\r\nQUIT\r\n'))
  })

  test('is the same in each attempt, and another for another message', async () => {
    const { port, taken } = await relay()
    for (const some of [{}, { attempts: 3 }, { message: '06bqz6ypw5v0gh3n' }]) await send(aProcessor(port), some)
    const ids = taken.map(({ message }) => parseHeader(Buffer.from(message)).first('message-id'))
    expect(ids[1]).toBe(ids[0])
    expect(ids[2]).not.toBe(ids[0])
  })

  test.each([
    ['"a b"@example.org', '"a b"@example.org'],
    ['"a@b"@example.org', '"a@b"@example.org'],
    ['a@b\u00fccher.example', 'a@xn--bcher-kva.example'],
    ["o'brien+x=y@example.org", "o'brien+x=y@example.org"],
  ])('to %s goes to %s', async (recipient, sent) => {
    const odd = await startOdd(
      socket => socket.write('220 relay\r\n'),
      (line, socket) => socket.write(/^RCPT/.test(line) ? '550 enough\r\n' : '250 ok\r\n'),
    )
    closing.push(odd.close)
    expect((await send(aProcessor(odd.port), { recipient })).kind).toBe('failed')
    expect(odd.heard()).toContain(`\r\nRCPT TO:<${sent}>\r\n`)
  })

  test.each(['', 'alice', 'a@b@', '"a>b"@example.org', 'alice@example.org>\r\nRCPT TO:<eve@example.net'])(
    'to %j goes nowhere: given up, and nobody is called',
    async recipient => {
      expect(await send(aProcessor(await freePort()), { recipient })).toEqual({
        kind: 'failed',
        detail: 'the address can’t be written in a mail transaction',
      })
    },
  )

  test('of nothing is given up', async () => {
    expect((await send(aProcessor(await freePort()), { about: null })).kind).toBe('failed')
  })

  test('reads no more of the message than may be header', async () => {
    const { port } = await relay()
    let read = 0
    const raw = async () =>
      (async function* () {
        for (; read < 100; read++) yield Buffer.alloc(65_536, 97)
      })()
    expect((await aProcessor(port).deliver(aNotice(), { traceFields: () => '', raw }, never)).kind).toBe('delivered')
    expect(read).toBeLessThanOrEqual(4)
  })
})

describe('an address in UTF-8', () => {
  const recipient = 'jos\u00e9@example.org'

  test('goes to a relay that knows SMTPUTF8', async () => {
    const { port, taken } = await relay()
    expect((await send(aProcessor(port), { recipient })).kind).toBe('delivered')
    expect(taken[0]!.recipients).toEqual([recipient])
    expect(taken[0]!.message).toContain(`To: ${recipient}`)
  })

  test('is given up before one that doesn’t', async () => {
    const { port, taken } = await relay({ hideSMTPUTF8: true })
    expect(await send(aProcessor(port), { recipient })).toEqual({
      kind: 'failed',
      detail: 'the relay takes no addresses in UTF-8 (SMTPUTF8), and this is one',
    })
    expect((await send(aProcessor(port))).kind).toBe('delivered')
    expect(taken.map(({ recipients }) => recipients[0])).toEqual(['alice@example.org'])
  })
})

describe('a relay that is not well', () => {
  const line = (text: string) => (_: string, socket: { write(text: string): unknown }) => socket.write(`${text}\r\n`)

  test.each([
    ['hangs up before it greets', (socket: { destroy(): unknown }) => socket.destroy(), () => {}, /closed the connection|was reset|broke/],
    [
      'greets with 554',
      (socket: { write(text: string): unknown }) => socket.write('554 no\r\n'),
      () => {},
      /no mail server says here: 554 no/,
    ],
    ['greets with 421', (socket: { write(text: string): unknown }) => socket.write('421 busy\r\n'), () => {}, /421 busy/],
    [
      'speaks HTTP',
      (socket: { write(text: string): unknown }) => socket.write('HTTP/1.1 400 Bad\r\n\r\n'),
      () => {},
      /no mail server says here/,
    ],
    ['knows no EHLO and no HELO', (socket: { write(text: string): unknown }) => socket.write('220 x\r\n'), line('502 no'), /502 no/],
  ])('%s: tried again', async (_, greet, answer, detail) => {
    const odd = await startOdd(greet as never, answer as never)
    closing.push(odd.close)
    const outcome = await send(aProcessor(odd.port))
    expect(outcome.kind).toBe('retry')
    expect(outcome.detail).toMatch(detail)
    await until(() => odd.open() === 0)
  })

  test.each(['MAIL', 'RCPT', 'DATA', '.'])('hangs up at %s: tried again', async at => {
    const odd = await startOdd(
      socket => socket.write('220 relay\r\n'),
      (said, socket) => {
        if (said.startsWith(at) && (at !== '.' || said === '.')) socket.destroy()
        else if (/^(?:EHLO|MAIL|RCPT)/.test(said)) socket.write('250 ok\r\n')
        else if (said === 'DATA') socket.write('354 go\r\n')
      },
    )
    closing.push(odd.close)
    expect((await send(aProcessor(odd.port))).kind).toBe('retry')
  })

  test('says nothing: ends in time, and lets go of the connection', async () => {
    const odd = await startOdd(() => {})
    closing.push(odd.close)
    const start = performance.now()
    expect(await send(aProcessor(odd.port, {}, { timeout: 300 }))).toEqual({ kind: 'retry', detail: 'not sent within 300 ms' })
    // Nodemailer itself would wait for 30 s.
    expect(performance.now() - start).toBeLessThan(5_000)
    await until(() => odd.open() === 0)
  })

  test.each(['220 relay\r\n', '220-relay\r\n'])('drips %j: ends in time', async greeting => {
    const odd = await startOdd(socket => {
      let at = 0
      const timer = setInterval(
        () => (at < greeting.length * 20 ? socket.write(greeting[at++ % greeting.length]!) : clearInterval(timer)),
        20,
      )
      socket.on('close', () => clearInterval(timer))
    })
    closing.push(odd.close)
    expect((await send(aProcessor(odd.port, {}, { timeout: 600 }))).kind).toBe('retry')
    await until(() => odd.open() === 0)
  })

  test('is stopped by the signal, in the middle, and lets go', async () => {
    const odd = await startOdd(socket => socket.write('220 relay\r\n'))
    closing.push(odd.close)
    const controller = new AbortController()
    const outcome = send(aProcessor(odd.port), {}, controller.signal)
    await until(() => odd.heard().startsWith('EHLO'))
    controller.abort()
    expect(await outcome).toEqual({ kind: 'retry', detail: 'the sending was broken off' })
    await until(() => odd.open() === 0)
  })

  test('is let go when the processor is closed', async () => {
    const odd = await startOdd(socket => socket.write('220 relay\r\n'))
    closing.push(odd.close)
    const processor = aProcessor(odd.port)
    const outcome = send(processor)
    await until(() => odd.heard().startsWith('EHLO'))
    processor.close()
    expect(await outcome).toEqual({ kind: 'retry', detail: 'the sending was broken off' })
    await until(() => odd.open() === 0)
  })
})
