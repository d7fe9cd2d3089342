/**
 * Keys in Redis while Redis falls over, under load: killed and restarted, stopped dead, failed over by Sentinel. The one
 * thing that must never be said is that a good key is unknown. Asked of the verifier itself, thousands of questions a second.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { type RedisKeysOptions, redisKeys } from '../../src/keys/redis.ts'
import type { KeyCheck, KeyVerifier } from '../../src/transaction/ports.ts'
import { type RedisSentinel, type RedisServer, startRedis, startSentinel } from '../support/redis.ts'
import { skipWithout } from '../support/services.ts'

const missing = skipWithout('redis')
const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

const query = (key: string) => ({ mailbox: 'incoming', route: 'reply', key, recipient: '', sender: '', client: null, at: Date.now() })
const ask = async (verifier: KeyVerifier, key: string): Promise<KeyCheck> => await verifier.verify(query(key))
const goodKeys = Array.from({ length: 200 }, (_, i) => `good${i}`)

function verifierFor(options: Partial<RedisKeysOptions>) {
  const lines: { level: string; cause?: string }[] = []
  const note = (level: string) => (fields: object) => void lines.push({ level, ...fields })
  const log = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') }
  const verifier = redisKeys({ lookUp: { kind: 'key', template: 'reply:%{key}' }, timeout: 500, log, ...options })
  endings.push(() => verifier.close?.())
  return { verifier, lines }
}

async function until(condition: () => boolean | Promise<boolean>, timeout = 20_000): Promise<void> {
  const end = Date.now() + timeout
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`after ${timeout} ms still not: ${condition}`)
    await sleep(10)
  }
}
const answers = (verifier: KeyVerifier) => until(async () => (await ask(verifier, 'good0')).kind === 'valid')

/** Asks without end for good keys and for others, many at once; counts the answers, and notes each that is wrong. */
function load(verifier: KeyVerifier, keys: readonly string[]) {
  const counts = { valid: 0, unknown: 0, unavailable: 0 }
  const wrong: unknown[] = []
  let slowest = 0
  let on = true
  async function one(from: number): Promise<void> {
    for (let i = from; on; i++) {
      const good = i % 3 !== 0
      const key = good ? keys[i % keys.length]! : `nobody${i}`
      const asked = performance.now()
      const check = await ask(verifier, key)
      slowest = Math.max(slowest, performance.now() - asked)
      if (check.kind !== 'unavailable' && check.kind !== (good ? 'valid' : 'unknown')) wrong.push({ key, check })
      counts[check.kind as keyof typeof counts]++
      // A turn of the loop for the others: an unavailable store answers without one.
      if (i % 16 === 0 || check.kind === 'unavailable') await sleep(1)
    }
  }
  const running = Promise.all(Array.from({ length: 32 }, (_, i) => one(i)))
  return {
    counts,
    wrong,
    slowest: () => slowest,
    async end() {
      on = false
      await running
    },
  }
}

async function fill(server: RedisServer): Promise<void> {
  const client = await server.client()
  await client.mset(goodKeys.flatMap(key => [`reply:${key}`, `{"subject":"${key}"}`]))
}

/** Writes one key after another while it can; what Redis said OK to is added to `keys`. */
function keepWriting(server: RedisServer, keys: string[]) {
  let on = true
  async function write(): Promise<void> {
    for (let i = 0; on; i++) {
      try {
        const client = await server.client()
        for (; on; i++) {
          await client.set(`reply:new${i}`, '')
          keys.push(`new${i}`)
          await sleep(1)
        }
      } catch {
        await sleep(20)
      }
    }
  }
  const running = write()
  return async () => {
    on = false
    await running
  }
}

describe.skipIf(missing !== null)('keys in Redis, when Redis falls over', () => {
  test('killed and restarted, three times, while keys are added: appendfsync always', async () => {
    const server = await startRedis({ settings: ['--appendonly', 'yes', '--appendfsync', 'always'] })
    endings.push(() => server.stop())
    await fill(server)
    const { verifier, lines } = verifierFor({ url: server.url })
    await answers(verifier)
    const keys = [...goodKeys]
    const endWriting = keepWriting(server, keys)
    const asking = load(verifier, keys)
    for (let round = 0; round < 3; round++) {
      await sleep(400)
      const { unavailable } = asking.counts
      await server.kill()
      await sleep(300)
      expect(asking.counts.unavailable).toBeGreaterThan(unavailable)
      await server.start()
      await answers(verifier)
    }
    await sleep(300)
    await endWriting()
    await asking.end()
    expect(asking.wrong).toEqual([])
    expect(keys.length).toBeGreaterThan(goodKeys.length + 20)
    for (const key of keys) expect((await ask(verifier, key)).kind, key).toBe('valid')
    expect(lines.filter(line => line.level === 'info')).toHaveLength(3)
    console.log(`killed: ${JSON.stringify(asking.counts)}, ${keys.length - goodKeys.length} keys added, ${lines.length} log lines`)
  })

  test('killed and restarted: appendfsync everysec keeps keys that are two seconds old', async () => {
    const server = await startRedis({ settings: ['--appendonly', 'yes', '--appendfsync', 'everysec'] })
    endings.push(() => server.stop())
    await fill(server)
    const { verifier } = verifierFor({ url: server.url })
    await answers(verifier)
    const asking = load(verifier, goodKeys)
    await sleep(2000)
    await server.kill()
    await server.start()
    await answers(verifier)
    await asking.end()
    expect(asking.wrong).toEqual([])
  })

  test('stopped dead: one time-out, then at once unavailable, and right again when it goes on', async () => {
    const server = await startRedis()
    endings.push(() => server.stop())
    await fill(server)
    const { verifier, lines } = verifierFor({ url: server.url })
    await answers(verifier)
    const asking = load(verifier, goodKeys)
    await sleep(300)
    server.signal('SIGSTOP')
    await until(() => asking.counts.unavailable > 100, 3000)
    const from = performance.now()
    for (let i = 0; i < 100; i++) expect(verifier.verify(query('good1'))).toMatchObject({ kind: 'unavailable' })
    expect(performance.now() - from).toBeLessThan(100)
    await sleep(3000)
    // 500 ms of patience, and what a loaded machine adds.
    expect(asking.slowest()).toBeLessThan(1500)
    server.signal('SIGCONT')
    await until(async () => (await ask(verifier, 'good0')).kind === 'valid', 4000)
    await asking.end()
    expect(asking.wrong).toEqual([])
    expect(lines.filter(line => line.level === 'info')).toHaveLength(1)
    expect(lines.length).toBeLessThan(6)
    console.log(`stopped: ${JSON.stringify(asking.counts)}, slowest answer ${Math.round(asking.slowest())} ms, ${JSON.stringify(lines)}`)
  })

  describe('with Sentinel', () => {
    async function sentinelWith(options?: Parameters<typeof startSentinel>[0]): Promise<RedisSentinel> {
      const sentinel = await startSentinel(options)
      endings.push(() => sentinel.stop())
      await fill(sentinel.master)
      await sentinel.replicated()
      return sentinel
    }
    const optionsOf = ({ name, nodes }: RedisSentinel) => ({ sentinel: { master: name, nodes } })

    test('the master is killed, and comes back as a replica', async () => {
      const sentinel = await sentinelWith({ password: 'open sesame'.replace(' ', '-') })
      const { verifier, lines } = verifierFor({ ...optionsOf(sentinel), password: 'open-sesame' })
      await answers(verifier)
      const asking = load(verifier, goodKeys)
      await sleep(300)
      const killed = performance.now()
      await sentinel.master.kill()
      await until(() => asking.counts.unavailable > 0)
      await answers(verifier)
      const back = Math.round(performance.now() - killed)
      await sentinel.switchedTo(sentinel.replica)
      await (await sentinel.replica.client()).set('reply:later', '')
      expect((await ask(verifier, 'later')).kind).toBe('valid')
      await sentinel.master.start()
      for (let i = 0; i < 300; i++) {
        expect(['valid', 'unavailable']).toContain((await ask(verifier, 'later')).kind)
        await sleep(10)
      }
      await asking.end()
      expect(asking.wrong).toEqual([])
      console.log(`master killed: right again after ${back} ms, ${JSON.stringify(asking.counts)}, ${lines.length} log lines`)
    })

    test('a master that slept through its own replacement is never believed', async () => {
      const sentinel = await sentinelWith()
      const { verifier } = verifierFor(optionsOf(sentinel))
      await answers(verifier)
      // Nobody asks meanwhile: no time-out tells that the server is gone.
      sentinel.master.signal('SIGSTOP')
      await sentinel.switchedTo(sentinel.replica)
      await (await sentinel.replica.client()).set('reply:later', '')
      sentinel.master.signal('SIGCONT')
      for (let i = 0; i < 300; i++) {
        expect(['valid', 'unavailable']).toContain((await ask(verifier, 'later')).kind)
        await sleep(10)
      }
      expect((await ask(verifier, 'later')).kind).toBe('valid')
    })

    test('told to fail over, with one Sentinel hung and one killed before', async () => {
      const sentinel = await sentinelWith()
      sentinel.sentinels[0]!.signal('SIGSTOP')
      // The other two agree, so nobody waits for the hung one.
      const { verifier } = verifierFor({ ...optionsOf(sentinel), timeout: 6000 })
      await until(async () => (await ask(verifier, 'good0')).kind === 'valid', 4000)
      const asking = load(verifier, goodKeys)
      await sleep(200)
      sentinel.sentinels[0]!.signal('SIGCONT')
      await sentinel.sentinels[2]!.kill()
      const [, node] = sentinel.nodes
      await failOver(node!.port, sentinel.name)
      await sentinel.switchedTo(sentinel.replica)
      await answers(verifier)
      await asking.end()
      expect(asking.wrong).toEqual([])
    })

    test('a Sentinel that still names a server which is no master any more is not followed', async () => {
      const sentinel = await sentinelWith({ sentinels: 1 })
      const [first, second] = await Promise.all([sentinel.master.client(), sentinel.replica.client()])
      sentinel.sentinels[0]!.signal('SIGSTOP')
      await second.replicaof('NO', 'ONE')
      await first.replicaof('127.0.0.1', sentinel.replica.port)
      sentinel.sentinels[0]!.signal('SIGCONT')
      expect(await sentinel.masterPort()).toBe(sentinel.master.port)
      const { verifier } = verifierFor(optionsOf(sentinel))
      for (let i = 0; i < 20; i++) {
        expect(await ask(verifier, 'good0')).toMatchObject({ kind: 'unavailable' })
        await sleep(20)
      }
      expect(await ask(verifier, 'good0')).toMatchObject({ cause: expect.stringContaining('no longer the master') })
    })

    test('no Sentinel, or one that knows no such master: unavailable, with the reason', async () => {
      const sentinel = await sentinelWith({ sentinels: 1 })
      const { verifier } = verifierFor({ sentinel: { master: 'other', nodes: sentinel.nodes } })
      await sleep(500)
      expect(await ask(verifier, 'good0')).toMatchObject({ kind: 'unavailable', cause: expect.stringContaining('knows no master other') })
      await sentinel.sentinels[0]!.kill()
      const { verifier: alone } = verifierFor(optionsOf(sentinel))
      await sleep(500)
      expect(await ask(alone, 'good0')).toMatchObject({ kind: 'unavailable', cause: expect.stringContaining('ECONNREFUSED') })
      await sentinel.sentinels[0]!.start()
      await answers(alone)
    })
  })
})

async function failOver(port: number, name: string): Promise<void> {
  const { Redis } = await import('ioredis')
  const client = new Redis({ host: '127.0.0.1', port })
  await client.call('SENTINEL', 'failover', name)
  client.disconnect()
}
