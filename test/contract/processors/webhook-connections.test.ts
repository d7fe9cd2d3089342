import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { webhook } from '../../../src/delivery/processors/webhook.ts'
import type { Outcome, Processor } from '../../../src/transaction/ports.ts'
import { aDelivery } from '../../support/memory-queue.ts'
import { type Application, answering, startApplication } from '../../support/scripted-application.ts'
import { webhookOptions, webhooks } from '../../support/webhooks.ts'
import { source } from './suite.ts'

const { closing } = webhooks()
const deliver = (processor: Processor, octets = 20): Promise<Outcome> =>
  processor.deliver(aDelivery(), source(Buffer.alloc(octets, 'x')), new AbortController().signal)

async function listening(serve: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket.on('error', () => {}))
    serve(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closing(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/inbound`
}

function opened(url: string, timeout = 10_000): Processor {
  const processor = webhook(webhookOptions(url, { timeout, concurrency: 1 }))
  closing(() => processor.close?.())
  return processor
}

async function application(script = answering(200)): Promise<Application> {
  const one = await startApplication(script)
  closing(() => one.close())
  return one
}

/** Only what breaks at once is tried again at once. Here no time passes, however long it takes this machine. */
const noTimePasses = () => vi.spyOn(performance, 'now').mockReturnValue(1)
afterEach(() => void vi.restoreAllMocks())

test('a kept connection that is closed when it is used again costs no attempt', async () => {
  noTimePasses()
  let connections = 0
  let calls = 0
  const url = await listening(socket => {
    let served = 0
    connections++
    socket.on('data', () => {
      calls++
      // Says that it keeps the connection, and breaks it with the second call.
      if (served++ > 0) socket.resetAndDestroy()
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: timeout=60\r\n\r\n')
    })
  })
  const processor = opened(url)
  for (let i = 0; i < 3; i++) expect(await deliver(processor)).toEqual({ kind: 'delivered', detail: '200 accepted' })
  expect([connections, calls]).toEqual([3, 5])
})

test('an application that breaks every connection is called twice, and then later', async () => {
  noTimePasses()
  let calls = 0
  const url = await listening(socket => socket.on('data', () => ++calls && socket.resetAndDestroy()))
  expect((await deliver(opened(url))).kind).toBe('retry')
  expect(calls).toBe(2)
})

test('one that breaks it after a while is called once: it may have seen the call', async () => {
  let calls = 0
  const url = await listening(socket =>
    socket.on('data', () => {
      calls++
      setTimeout(() => socket.resetAndDestroy(), 1_200)
    }),
  )
  expect((await deliver(opened(url, 20_000))).kind).toBe('retry')
  expect(calls).toBe(1)
})

test('an answer that began is not asked for again', async () => {
  let calls = 0
  const url = await listening(socket =>
    socket.on('data', () => {
      calls++
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok', () => socket.resetAndDestroy())
    }),
  )
  expect((await deliver(opened(url))).kind).toBe('retry')
  expect(calls).toBe(1)
})

/** Lets through so many octets of a request, then ends it towards the application, and gives the answer back. */
async function truncatingProxy(target: string, octets: number): Promise<string> {
  const { port } = new URL(target)
  return listening(socket => {
    let left = octets
    const upstream = connect(Number(port), '127.0.0.1').on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      if (left > 0) upstream.write(chunk.subarray(0, left))
      left -= chunk.length
      if (left <= 0) upstream.end()
    })
    upstream.on('data', chunk => socket.write(chunk)).on('close', () => socket.end())
    socket.on('close', () => upstream.destroy())
  })
}

test.each([200, 2_000, 50_000])('a proxy that cuts the call off after %i octets: nothing is taken, and it is tried again', async octets => {
  const behind = await application()
  const outcome = await deliver(opened(await truncatingProxy(behind.url, octets)), 100_000)
  expect(outcome.kind).toBe('retry')
  expect(behind.requests).toHaveLength(0)
})

test('an answer that comes just in time counts, and one that comes too late does not', async () => {
  const after = (ms: number) => application((_request, response) => void setTimeout(() => response.end('{"verdict":"hold"}'), ms).unref())
  expect(await deliver(opened((await after(200)).url, 5_000))).toMatchObject({ kind: 'delivered', verdict: 'hold' })
  const late = opened((await after(30_000)).url, 200)
  expect(await deliver(late)).toEqual({ kind: 'retry', detail: 'no complete answer within 200 ms' })
})
