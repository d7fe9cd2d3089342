/** Jobs for Sidekiq: their form, byte by byte as mail_room pushes them, and a real Sidekiq process that does them. */

import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { type SidekiqOptions, sidekiq } from '../../../src/delivery/processors/sidekiq.ts'
import type { Outcome, Processor } from '../../../src/transaction/ports.ts'
import { freePort } from '../../support/ports.ts'
import { type RedisServerOptions, startRedis } from '../../support/redis.ts'
import { skipWithout } from '../../support/services.ts'
import { startSidekiq } from '../../support/sidekiq.ts'
import { idOf, numbered, sidekiqOptions } from '../../support/stream.ts'
import { type Peer, processorContract, source } from './suite.ts'

const missing = skipWithout('redis', 'sidekiq')
const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

async function server(options: RedisServerOptions = {}) {
  const started = await startRedis(options)
  endings.push(() => started.stop())
  return { redis: started, client: await started.client() }
}

function processor(options: Partial<SidekiqOptions>): Processor {
  const opened = sidekiq(sidekiqOptions(options))
  endings.push(() => opened.close?.())
  return opened
}

const trace = 'Return-Path: <alice@example.org>\r\n'
const never = () => new AbortController().signal
const give = (to: Processor, number = 1, raw: Uint8Array = Buffer.from(`Subject: ${number}\r\n\r\nGrüße\r\n`)): Promise<Outcome> =>
  to.deliver(numbered(number, { idempotencyId: `${idOf(number).slice(8)}ffffffff` }), source(raw, trace), never())
/** The first 24 digits of the idempotency id. */
const jidOf = (number: number): string => number.toString(16).padStart(24, '0')

async function untilDelivered(to: Processor, number: number): Promise<void> {
  const end = Date.now() + 30_000
  while ((await give(to, number)).kind !== 'delivered') {
    if (Date.now() > end) throw new Error('not delivered')
    await sleep(20)
  }
}

if (missing === null)
  processorContract({
    name: 'sidekiq',
    async open(peer: Peer, timeout: number) {
      if (peer === 'gone') {
        const alone = sidekiq(sidekiqOptions({ url: `redis://127.0.0.1:${await freePort()}`, timeout }))
        return { processor: alone, close: async () => void (await alone.close?.()) }
      }
      const redis = await startRedis()
      const opened = sidekiq(sidekiqOptions({ url: redis.url, timeout }))
      if (peer === 'hangs') {
        await untilDelivered(opened, 99)
        redis.signal('SIGSTOP')
      }
      return {
        processor: opened,
        async close() {
          redis.signal('SIGCONT')
          await opened.close?.()
          await redis.stop()
        },
      }
    },
  })

describe.skipIf(missing !== null)('a job', () => {
  test('is what mail_room pushes, and its queue is known to Sidekiq', async () => {
    const { redis, client } = await server()
    expect(await give(processor({ url: redis.url, clock: () => 1_700_000_000_250 }))).toEqual({
      kind: 'delivered',
      detail: `a job of queue:default: ${jidOf(1)}`,
    })
    expect((await client.keys('*')).sort()).toEqual([
      `postern:mark:{queue:default}:app:${idOf(1).slice(8)}ffffffff`,
      'queue:default',
      'queues',
    ])
    expect(await client.smembers('queues')).toEqual(['default'])
    const [job] = await client.lrange('queue:default', 0, -1)
    expect(JSON.parse(job!)).toEqual({
      class: 'EmailReceiverWorker',
      args: [`${trace}Subject: 1\r\n\r\nGrüße\r\n`],
      queue: 'default',
      jid: jidOf(1),
      retry: false,
      created_at: 1_700_000_000.25,
      enqueued_at: 1_700_000_000.25,
    })
  })

  test.each([
    ['resque:gitlab', 'resque:gitlab:'],
    ['', ''],
  ])('has the namespace %j before every key', async (namespace, prefix) => {
    const { redis, client } = await server()
    await give(processor({ url: redis.url, namespace, queue: 'email_receiver', class: 'ServiceDeskEmailReceiverWorker', retry: 3 }))
    const keys = await client.keys('*')
    expect(keys).toHaveLength(3)
    for (const key of keys) expect(key.startsWith(prefix)).toBe(true)
    expect(await client.smembers(`${prefix}queues`)).toEqual(['email_receiver'])
    const [job] = await client.lrange(`${prefix}queue:email_receiver`, 0, -1)
    expect(JSON.parse(job!)).toMatchObject({ class: 'ServiceDeskEmailReceiverWorker', queue: 'email_receiver', retry: 3 })
  })

  test('is pushed once, behind those that wait', async () => {
    const { redis, client } = await server()
    const to = processor({ url: redis.url })
    for (const number of [1, 2, 1]) await give(to, number)
    expect(await give(to)).toEqual({ kind: 'delivered', detail: `a job of queue:default since an earlier attempt: ${jidOf(1)}` })
    // Sidekiq takes from the right.
    expect((await client.lrange('queue:default', 0, -1)).map(job => JSON.parse(job).jid)).toEqual([jidOf(2), jidOf(1)])
  })

  test('is pushed by a user who may do what the page says', async () => {
    const { redis, client } = await server()
    const page = readFileSync(new URL('../../../docs/sidekiq.md', import.meta.url), 'utf8')
    const [, rights, keys] = /The Redis user needs `(.*?)`.*on the keys `(.*?)`/.exec(page)!
    await client.call('ACL', 'SETUSER', 'postern', 'on', '>secret', 'resetkeys', ...keys!.split(' '), '-@all', ...rights!.split(' '))
    expect((await give(processor({ url: redis.url, username: 'postern', password: 'secret' }))).kind).toBe('delivered')
  })

  test.each(['queue:default', 'queues'])('that can’t be pushed because %s is something else is pushed later', async name => {
    const { redis, client } = await server()
    await client.set(name, 'something else')
    const to = processor({ url: redis.url })
    expect(await give(to)).toMatchObject({ kind: 'retry', detail: expect.stringContaining('WRONGTYPE') })
    await client.del(name)
    expect((await give(to)).kind).toBe('delivered')
    expect(await client.llen('queue:default')).toBe(1)
  })
})

describe.skipIf(missing !== null)('a real Sidekiq', () => {
  test('does each job once, with the message as it was received', { timeout: 60_000 }, async () => {
    const { redis, client } = await server()
    const to = processor({ url: redis.url })
    const worker = await startSidekiq({ redis })
    endings.push(() => worker.stop())
    for (let number = 1; number <= 50; number++) await give(to, number)
    await give(to, 51, Buffer.from('Content-Type: text/plain; charset=iso-8859-1\r\n\r\nGr\xfc\xdfe\0\r\n', 'latin1'))
    for (let number = 1; number <= 51; number++) await give(to, number)
    await worker.done(51, 20_000)
    await sleep(300)
    const jobs = await worker.done(51, 1)
    expect(jobs.map(({ jid }) => jid).sort()).toEqual(Array.from({ length: 51 }, (_, index) => jidOf(index + 1)))
    const found = (number: number) => jobs.find(({ jid }) => jid === jidOf(number))!.raw
    expect(found(7)).toBe(`${trace}Subject: 7\r\n\r\nGrüße\r\n`)
    expect(found(51)).toBe(`${trace}Content-Type: text/plain; charset=iso-8859-1\r\n\r\nGrüße\0\r\n`)
    expect(await client.llen('queue:default')).toBe(0)
  })

  test('that is ended in the middle of a job puts it back, under the same jid', { timeout: 60_000 }, async () => {
    const { redis } = await server()
    const to = processor({ url: redis.url })
    const slow = await startSidekiq({ redis, work: 30_000 })
    endings.push(() => slow.stop())
    await give(to)
    await slow.started(1)
    await slow.end('SIGTERM')
    const quick = await startSidekiq({ redis })
    endings.push(() => quick.stop())
    expect((await quick.done(1, 20_000)).map(({ jid }) => jid)).toEqual([jidOf(1)])
    await quick.started(2)
  })

  test('with the sample worker applies a job that comes twice once', { timeout: 60_000 }, async () => {
    const { redis, client } = await server()
    const to = processor({ url: redis.url, mark: 1 })
    for (const number of [1, 1, 2]) {
      await give(to, number)
      await sleep(20)
    }
    expect(await client.llen('queue:default')).toBe(3)
    const worker = await startSidekiq({
      redis,
      worker: fileURLToPath(new URL('../../../examples/consumers/sidekiq_worker.rb', import.meta.url)),
    })
    endings.push(() => worker.stop())
    while ((await client.llen('app:started')) < 3 || (await client.keys('app:mail:*')).length < 2) await sleep(20)
    expect(JSON.parse((await client.get(`app:mail:${jidOf(2)}`))!)).toEqual({
      subject: '2',
      octets: Buffer.byteLength(`${trace}Subject: 2\r\n\r\nGrüße\r\n`),
    })
  })
})

describe.skipIf(missing !== null)('1,000 jobs', () => {
  test('while Redis is killed and restarted: none lost, none twice', { timeout: 90_000 }, async () => {
    const { redis } = await server({ settings: ['--appendonly', 'yes', '--appendfsync', 'always'] })
    const to = processor({ url: redis.url })
    const waiting = Array.from({ length: 1000 }, (_, number) => number + 1)
    let delivered = 0
    const work = async () => {
      for (let number = waiting.shift(); number !== undefined; number = waiting.shift()) {
        await untilDelivered(to, number)
        delivered++
      }
    }
    const killing = async () => {
      for (let round = 0; round < 3; round++) {
        while (delivered < 250 * (round + 1)) await sleep(1)
        await redis.kill()
        await sleep(100)
        await redis.start()
      }
    }
    await Promise.all([killing(), ...Array.from({ length: 16 }, work)])
    const jobs = await (await redis.client()).lrange('queue:default', 0, -1)
    expect(jobs.length).toBe(1000)
    expect(new Set(jobs.map(job => JSON.parse(job).jid)).size).toBe(1000)
  })
})
