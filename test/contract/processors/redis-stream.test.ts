/** Entries of a real Redis stream: what stands in them, and that no attempt, error or crash adds one twice or loses one. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { eventOctets } from '../../../src/delivery/processors/redis-stream/entry.ts'
import { type RedisStreamOptions, redisStream } from '../../../src/delivery/processors/redis-stream.ts'
import type { Delivery, MessageSource, Outcome, Processor } from '../../../src/transaction/ports.ts'
import { freePort } from '../../support/ports.ts'
import { keptLog } from '../../support/quiet-log.ts'
import { type RedisServerOptions, startRedis, startSentinel } from '../../support/redis.ts'
import { skipWithout } from '../../support/services.ts'
import { entriesOf, idOf, numbered, streamOptions } from '../../support/stream.ts'
import { type Peer, processorContract, source } from './suite.ts'

const missing = skipWithout('redis')
const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

async function server(options: RedisServerOptions = {}) {
  const started = await startRedis(options)
  endings.push(() => started.stop())
  return { redis: started, client: await started.client() }
}

function processor(options: Partial<RedisStreamOptions>): Processor {
  const opened = redisStream(streamOptions(options))
  endings.push(() => opened.close?.())
  return opened
}

const raw = Buffer.from('Subject: Hello\r\n\r\nT\xebxt\r\n', 'latin1')
const never = () => new AbortController().signal
const give = (to: Processor, delivery: Delivery = numbered(1), message: MessageSource = source(raw)): Promise<Outcome> =>
  to.deliver(delivery, message, never())

async function untilDelivered(to: Processor, delivery = numbered(1)): Promise<Outcome> {
  const end = Date.now() + 20_000
  for (;;) {
    const outcome = await give(to, delivery)
    if (outcome.kind === 'delivered' || Date.now() > end) return outcome
    await sleep(20)
  }
}

if (missing === null)
  processorContract({
    name: 'redis-stream',
    async open(peer: Peer, timeout: number) {
      if (peer === 'gone') {
        const alone = redisStream(streamOptions({ url: `redis://127.0.0.1:${await freePort()}`, timeout }))
        return { processor: alone, close: async () => void (await alone.close?.()) }
      }
      const redis = await startRedis()
      const opened = redisStream(streamOptions({ url: redis.url, timeout }))
      if (peer === 'hangs') {
        expect((await untilDelivered(opened, numbered(99))).kind).toBe('delivered')
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

describe.skipIf(missing !== null)('an entry', () => {
  test('has the ids, the event without the message, and the message as octets', async () => {
    const { redis, client } = await server()
    const outcome = await give(processor({ url: redis.url }))
    const [entry] = await entriesOf(client)
    expect([...entry!.fields.keys()]).toEqual(['id', 'message', 'event', 'raw'])
    expect(outcome).toEqual({ kind: 'delivered', detail: `in the stream postern:mail: ${entry!.entry}` })
    expect(String(entry!.fields.get('id'))).toBe(idOf(1))
    expect(String(entry!.fields.get('message'))).toBe('M1')
    expect(entry!.fields.get('raw')).toEqual(Buffer.concat([Buffer.from('Return-Path: <alice@example.org>\r\n'), raw]))
    expect(JSON.parse(String(entry!.fields.get('event')))).toMatchObject({
      type: 'message.received',
      data: { idempotencyId: idOf(1), raw: null },
    })
  })

  test.each([
    ['of exactly the limit stands in it', 0, 'link', ['id', 'message', 'event', 'raw']],
    ['larger by an octet leaves a link', -1, 'link', ['id', 'message', 'event', 'url']],
    ['larger by an octet leaves nothing where links are not wanted', -1, 'omit', ['id', 'message', 'event']],
  ] as const)('a message %s', async (_, more, larger, names) => {
    const { redis, client } = await server()
    const whole = 'Return-Path: <alice@example.org>\r\n'.length + raw.length
    const to = processor({ url: redis.url, raw: whole + more, larger })
    await give(to, numbered(1), { ...source(raw), link: () => 'https://incoming.example.com/m/1' })
    const [entry] = await entriesOf(client)
    expect([...entry!.fields.keys()]).toEqual(names)
    if (entry!.fields.has('url')) expect(String(entry!.fields.get('url'))).toBe('https://incoming.example.com/m/1')
  })

  test('of a large message without links has the event alone, and its rest is not read', async () => {
    const { redis, client } = await server()
    let pieces = 0
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (; pieces < 1000; pieces++) yield Buffer.alloc(65_536, 'x')
    }
    const message = { ...source(raw), raw: async () => endless(), link: () => null }
    expect((await give(processor({ url: redis.url }), numbered(1), message)).kind).toBe('delivered')
    expect(pieces).toBeLessThan(20)
    expect([...(await entriesOf(client))[0]!.fields.keys()]).toEqual(['id', 'message', 'event'])
  })

  test.each([
    ['parsed view that fits goes along', () => 1000, 1000, 'content'],
    ['parsed view too large goes along without attachments', (inline: number) => (inline > 0 ? eventOctets : 1000), 1000, 'content'],
    ['parsed view too large even so is left out', () => eventOctets, 0, null],
  ] satisfies readonly (readonly [string, (inline: number) => number, number, string | null])[])(
    'a %s',
    async (_, size, expected, there) => {
      const { redis, client } = await server()
      const content = async ({ inline }: { inline: number }): Promise<Uint8Array> =>
        Buffer.from(JSON.stringify({ status: 'parsed', text: 'x'.repeat(size(inline)) }))
      await give(processor({ url: redis.url }), numbered(1), { ...source(raw), content })
      const event = JSON.parse(String((await entriesOf(client))[0]!.fields.get('event')))
      expect(event.data.content?.text.length ?? 0).toBe(expected)
      expect(event.data.content === null ? null : 'content').toBe(there)
    },
  )

  test('has no parsed view where it is not wanted, and nothing is parsed for it; a bounce is told all the same', async () => {
    const { redis, client } = await server()
    const asked: string[] = []
    const content = async (): Promise<Uint8Array> => {
      asked.push('content')
      return Buffer.from('{"status":"parsed"}')
    }
    const to = processor({ url: redis.url, event: { content: false, attachments: 1000, larger: 'link' } })
    await give(to, numbered(1), { ...source(raw), content, bounce: async () => ({ kind: 'bounce' }) })
    const [entry] = await entriesOf(client)
    expect(JSON.parse(String(entry!.fields.get('event'))).data).toMatchObject({ content: null, bounce: { kind: 'bounce' } })
    expect([...entry!.fields.keys()]).toContain('raw')
    expect(asked).toEqual([])
  })

  test('trims the oldest, and none where max-length is 0', async () => {
    const { redis, client } = await server({ settings: ['--stream-node-max-entries', '10'] })
    const [some, all] = [processor({ url: redis.url, maxLength: 50 }), processor({ url: redis.url, maxLength: 0, stream: 'all' })]
    for (let number = 1; number <= 100; number++) for (const to of [some, all]) await give(to, numbered(number))
    expect(await client.xlen('all')).toBe(100)
    const kept = await entriesOf(client)
    expect(kept.length).toBeGreaterThanOrEqual(50)
    expect(kept.length).toBeLessThanOrEqual(60)
    expect(String(kept.at(-1)!.fields.get('id'))).toBe(idOf(100))
  })
})

describe.skipIf(missing !== null)('the parsed view is made before the call', () => {
  test('as its event wants it, and not while Redis is down', async () => {
    const { redis } = await server()
    const to = processor({ url: redis.url })
    expect((await give(to)).kind).toBe('delivered')
    expect(to.content?.()).toEqual({ inline: 1000, larger: 'link' })
    expect(processor({ url: redis.url, event: { content: false, attachments: 1000, larger: 'link' } }).content?.()).toBeNull()
    const alone = processor({ url: `redis://127.0.0.1:${await freePort()}` })
    expect((await give(alone)).kind).toBe('retry')
    expect(alone.content?.()).toBeNull()
  })
})

describe.skipIf(missing !== null)('a call that is broken off while its message is read', () => {
  test('adds nothing', async () => {
    const { redis, client } = await server()
    const to = processor({ url: redis.url })
    const controller = new AbortController()
    const slow = async function* (): AsyncGenerator<Uint8Array> {
      controller.abort(new Error('stopping'))
      await sleep(20)
      yield raw
    }
    const outcome = await to.deliver(numbered(1), { ...source(raw), raw: async () => slow() }, controller.signal)
    expect(outcome.kind).toBe('retry')
    await sleep(200)
    expect(await client.exists('postern:mail')).toBe(0)
    expect((await give(to, numbered(1))).kind).toBe('delivered')
  })
})

describe.skipIf(missing !== null)('the mark', () => {
  test('keeps a second push of the same delivery from adding anything, and tells the first entry', async () => {
    const { redis, client } = await server()
    const to = processor({ url: redis.url, mark: 60_000 })
    const first = await give(to)
    const again = await Promise.all([give(to), give(to), give(processor({ url: redis.url }))])
    const [entry, ...others] = await entriesOf(client)
    expect(others).toEqual([])
    expect(first.detail).toBe(`in the stream postern:mail: ${entry!.entry}`)
    for (const outcome of again)
      expect(outcome).toEqual({ kind: 'delivered', detail: `in the stream postern:mail since an earlier attempt: ${entry!.entry}` })
    const name = `postern:mark:{postern:mail}:app:${idOf(1)}`
    expect(await client.keys('*')).toEqual(expect.arrayContaining([name]))
    expect(await client.get(name)).toBe(entry!.entry)
    expect(await client.pttl(name)).toBeGreaterThan(50_000)
  })

  test('is of one processor: another that pushes to the same stream adds its own', async () => {
    const { redis, client } = await server()
    for (const name of ['app', 'archive']) await give(processor({ url: redis.url }), numbered(1, { processor: name }))
    expect(await client.xlen('postern:mail')).toBe(2)
  })

  test('ends', async () => {
    const { redis, client } = await server()
    const to = processor({ url: redis.url, mark: 50 })
    await give(to)
    await sleep(100)
    await give(to)
    expect(await client.xlen('postern:mail')).toBe(2)
  })

  test('goes with a push that Redis refuses, so that it is done later', async () => {
    const { redis, client } = await server()
    await client.set('postern:mail', 'no stream')
    const to = processor({ url: redis.url })
    expect(await give(to)).toMatchObject({ kind: 'retry', detail: expect.stringMatching(/^the key holds something else .*WRONGTYPE/) })
    await client.del('postern:mail')
    expect((await give(to)).kind).toBe('delivered')
    expect(await client.xlen('postern:mail')).toBe(1)
  })

  test('goes with a push that this user may not do; and one that can’t be written keeps the push from being done', async () => {
    const { redis, client } = await server()
    await client.call('ACL', 'SETUSER', 'half', 'on', '>half', '~*', '+@all', '-xadd')
    await client.call('ACL', 'SETUSER', 'unmarked', 'on', '>unmarked', '~*', '+@all', '-set')
    for (const user of ['half', 'unmarked']) {
      const to = processor({ url: redis.url, username: user, password: user })
      expect(await give(to)).toMatchObject({ kind: 'retry', detail: expect.stringContaining('may not do this') })
    }
    expect(await client.xlen('postern:mail')).toBe(0)
    expect((await give(processor({ url: redis.url }))).kind).toBe('delivered')
  })
})

describe.skipIf(missing !== null)('Redis in trouble', () => {
  test('out of memory: a retry that says so, the connection stays, and mail goes on when there is room', async () => {
    const { redis, client } = await server()
    const to = processor({ url: redis.url })
    await give(to)
    const connections = async () => /^total_connections_received:(\d+)/m.exec(await client.info('stats'))?.[1]
    const before = await connections()
    await client.config('SET', 'maxmemory', '1')
    expect(await give(to, numbered(2))).toMatchObject({ kind: 'retry', detail: expect.stringContaining('out of memory') })
    await client.config('SET', 'maxmemory', '0')
    expect((await give(to, numbered(2))).kind).toBe('delivered')
    expect(await client.xlen('postern:mail')).toBe(2)
    expect(await connections()).toBe(before)
  })

  test('became a replica: a retry that says so', async () => {
    const { redis, client } = await server()
    const other = await server()
    const to = processor({ url: redis.url })
    await give(to)
    await client.replicaof('127.0.0.1', other.redis.port)
    expect(await give(to, numbered(2))).toMatchObject({ kind: 'retry', detail: expect.stringContaining('read-only replica') })
    await client.replicaof('NO', 'ONE')
    expect((await untilDelivered(to, numbered(2))).kind).toBe('delivered')
  })

  test('paused: a retry in time; whether the push was done or not, it is there once', async () => {
    const { redis, client } = await server()
    const to = processor({ url: redis.url, timeout: 500 })
    await untilDelivered(to)
    await client.call('CLIENT', 'PAUSE', '60000', 'WRITE')
    const start = performance.now()
    expect((await give(to, numbered(2))).kind).toBe('retry')
    expect(performance.now() - start).toBeLessThan(10_000)
    await client.call('CLIENT', 'UNPAUSE')
    expect((await untilDelivered(to, numbered(2))).kind).toBe('delivered')
    expect((await entriesOf(client)).map(({ fields }) => String(fields.get('id')))).toEqual([idOf(1), idOf(2)])
  })

  test('stopped in the middle and killed: retries at once while it is down, without reading the message', async () => {
    const { redis } = await server({ settings: ['--appendonly', 'yes', '--appendfsync', 'always'] })
    const log = keptLog()
    const to = processor({ url: redis.url, log })
    await give(to)
    await redis.kill()
    await give(to, numbered(2))
    let read = 0
    const message: MessageSource = { ...source(raw), raw: () => Promise.reject(new Error(`read ${++read}`)) }
    const start = performance.now()
    expect(await give(to, numbered(2), message)).toMatchObject({ kind: 'retry', detail: expect.stringContaining('ECONNREFUSED') })
    // At once, not after the time-out of 5 s.
    expect(performance.now() - start).toBeLessThan(3_000)
    expect(read).toBe(0)
    await redis.start()
    expect((await untilDelivered(to, numbered(2))).kind).toBe('delivered')
    expect(await (await redis.client()).xlen('postern:mail')).toBe(2)
    expect(log.lines.map(line => line.text)).toEqual(expect.arrayContaining(['mail waits: Redis gives no answer', 'Redis answers again']))
  })

  test('grants what the page says and no more', async () => {
    const { redis, client } = await server()
    const page = readFileSync(new URL('../../../docs/redis-stream.md', import.meta.url), 'utf8')
    await client.call(...(/^ACL SETUSER .*$/m.exec(page)![0].split(' ') as [string, ...string[]]))
    const to = processor({ url: redis.url, username: 'postern', password: 'PASSWORD' })
    for (const expected of ['in the stream postern:mail: ', 'in the stream postern:mail since'])
      expect(await give(to)).toMatchObject({ kind: 'delivered', detail: expect.stringContaining(expected) })
  })

  test('forgot its scripts: they are sent again', async () => {
    const { redis, client } = await server()
    const to = processor({ url: redis.url })
    await give(to)
    await client.script('FLUSH')
    expect((await give(to, numbered(2))).kind).toBe('delivered')
  })

  test('wants a password, or knows another one', async () => {
    const { redis } = await server({ password: 'secret' })
    expect(await give(processor({ url: redis.url }))).toMatchObject({ kind: 'retry', detail: expect.stringContaining('wants a password') })
    expect(await give(processor({ url: redis.url, password: 'other' }))).toMatchObject({
      kind: 'retry',
      detail: expect.stringContaining('doesn’t accept'),
    })
    expect((await give(processor({ url: redis.url, password: 'secret' }))).kind).toBe('delivered')
  })

  test('fell over to its replica: Sentinel leads there', { timeout: 60_000 }, async () => {
    const sentinel = await startSentinel()
    endings.push(() => sentinel.stop())
    const to = processor({ sentinel: { master: sentinel.name, nodes: sentinel.nodes } })
    expect((await give(to)).kind).toBe('delivered')
    await sentinel.replicated()
    await sentinel.master.kill()
    await sentinel.switchedTo(sentinel.replica)
    expect((await untilDelivered(to)).detail).toContain('since an earlier attempt')
    expect((await untilDelivered(to, numbered(2))).kind).toBe('delivered')
    expect(await (await sentinel.replica.client()).xlen('postern:mail')).toBe(2)
  })
})

describe.skipIf(missing !== null)('1,000 deliveries', () => {
  test('while Redis is killed and restarted: none lost, none twice', { timeout: 90_000 }, async () => {
    const { redis } = await server({ settings: ['--appendonly', 'yes', '--appendfsync', 'always'] })
    const to = processor({ url: redis.url })
    const waiting = Array.from({ length: 1000 }, (_, number) => number + 1)
    const said = { delivered: 0, again: 0, retry: 0 }
    const work = async () => {
      for (let number = waiting.shift(); number !== undefined; number = waiting.shift()) {
        const outcome = await give(to, numbered(number))
        if (outcome.kind === 'delivered') said[outcome.detail?.includes('earlier') ? 'again' : 'delivered']++
        else {
          said.retry++
          waiting.push(number)
          await sleep(20)
        }
      }
    }
    const killing = async () => {
      for (let round = 0; round < 3; round++) {
        while (said.delivered + said.again < 250 * (round + 1)) await sleep(1)
        await redis.kill()
        await sleep(100)
        await redis.start()
      }
    }
    await Promise.all([killing(), ...Array.from({ length: 16 }, work)])
    const ids = (await entriesOf(await redis.client())).map(({ fields }) => String(fields.get('id')))
    expect(ids.length).toBe(1000)
    expect(new Set(ids).size).toBe(1000)
    expect(said.retry).toBeGreaterThan(0)
    console.log(`redis-stream, 1,000 deliveries, three kills: ${JSON.stringify(said)}`)
  })
})
