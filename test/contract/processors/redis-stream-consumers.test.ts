/**
 * The sample consumers, as they stand in examples/: two in one group, one killed in the middle of a message. Every message is worked on,
 * what the dead one had is taken over, and no id is applied twice, though some stand in the stream twice.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Redis } from 'ioredis'
import { afterEach, describe, expect, test } from 'vitest'
import { redisStream } from '../../../src/delivery/processors/redis-stream.ts'
import { type RedisServer, startRedis } from '../../support/redis.ts'
import { type Service, skipWithout } from '../../support/services.ts'
import { idOf, numbered, streamOptions } from '../../support/stream.ts'
import { source } from './suite.ts'

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

const fileOf = (name: string): string => fileURLToPath(new URL(`../../../examples/consumers/${name}`, import.meta.url))
const count = 60
const raw = (number: number): Buffer => Buffer.from(`Subject: ${number}\r\n\r\nGr\xfc\xdfe ${'x'.repeat(number)}\r\n`, 'latin1')
const trace = 'Return-Path: <alice@example.org>\r\n'

/** One message for each number, every sixteenth of them twice: its mark was lost. */
async function fill(redis: RedisServer, client: Redis, { from, to: last }: { from: number; to: number }): Promise<void> {
  const to = redisStream(streamOptions({ url: redis.url }))
  const give = async (number: number) => {
    const delivery = numbered(number, { subject: `Ünser Betreff ${number}` })
    expect((await to.deliver(delivery, source(raw(number), trace), new AbortController().signal)).kind).toBe('delivered')
  }
  for (let number = from; number <= last; number++) await give(number)
  for (const mark of await client.keys('postern:mark:*0')) await client.del(mark)
  for (let number = from; number <= last; number++) await give(number)
  await to.close?.()
}

function consumer(command: readonly [string, string], redis: RedisServer, work: number): ChildProcess {
  const env = { ...process.env, REDIS_URL: `${redis.url}/0`, IDLE_MS: '1000', WORK_MS: `${work}` }
  const child = spawn(command[0], [command[1]], { stdio: ['ignore', 'ignore', 'inherit'], env })
  endings.push(() => end(child, 'SIGKILL'))
  return child
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const last = Date.now() + 30_000
  while (!(await condition())) {
    if (Date.now() > last) throw new Error(`after 30 s still not: ${what}`)
    await sleep(20)
  }
}

const pendingOf = async (client: Redis): Promise<number> => Number((await client.xpending('postern:mail', 'app'))[0])
const group = async (client: Redis): Promise<Record<string, unknown>> => {
  const [flat] = (await client.xinfo('GROUPS', 'postern:mail')) as unknown[][]
  return Object.fromEntries(flat!.flatMap((name, at) => (at % 2 === 0 ? [[String(name), flat![at + 1]]] : [])))
}

const languages: readonly (readonly [string, Service, readonly [string, string]])[] = [
  ['TypeScript', 'redis', [process.execPath, fileOf('consumer.ts')]],
  ['Python', 'redis for Python', ['/usr/bin/python3', fileOf('consumer.py')]],
  ['Ruby', 'redis for Ruby', ['ruby', fileOf('consumer.rb')]],
]

describe.each(languages)('the consumer in %s', (_, service, command) => {
  test.skipIf(skipWithout('redis', service) !== null)('loses nothing and applies nothing twice', { timeout: 60_000 }, async () => {
    const redis = await startRedis()
    endings.push(() => redis.stop())
    const client = await redis.client()
    await fill(redis, client, { from: 1, to: count })
    expect(await client.xlen('postern:mail')).toBeGreaterThan(count)

    // The first takes long over a message and dies over it.
    const dying = consumer(command, redis, 60_000)
    await until('the first consumer has begun', async () => (await client.llen('app:started')) === 1)
    const [begun] = await client.lrange('app:started', 0, 0)
    await end(dying, 'SIGKILL')
    expect(await client.exists(`app:mail:${begun}`)).toBe(0)
    expect(await pendingOf(client)).toBe(1)

    const others = [consumer(command, redis, 5), consumer(command, redis, 5)]
    const consumers = async () => ((await client.xinfo('CONSUMERS', 'postern:mail', 'app')) as unknown[]).length
    await until('both read', async () => (await consumers()) === 3)
    await fill(redis, client, { from: count + 1, to: 2 * count })
    const entries = await client.xlen('postern:mail')
    await until('all is done', async () => {
      const { lag, pending, 'entries-read': read } = await group(client)
      return Number(read) === entries && Number(lag) === 0 && Number(pending) === 0
    })
    expect((await client.lrange('app:started', 0, -1)).filter(id => id === begun)).toHaveLength(2)
    expect(Number(await client.get('app:applied'))).toBe(2 * count)
    for (let number = 1; number <= 2 * count; number++)
      expect(JSON.parse((await client.get(`app:mail:${idOf(number)}`))!)).toEqual({
        subject: `Ünser Betreff ${number}`,
        octets: trace.length + raw(number).length,
      })
    for (const child of others) {
      await end(child, 'SIGTERM')
      expect(child.signalCode).toBeNull()
    }
  })
})
