import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RedisKeysOptions, redisKeys } from '../../../src/keys/redis.ts'
import type { KeyVerifier } from '../../../src/transaction/ports.ts'
import { freePort } from '../../support/ports.ts'
import { type RedisServer, startRedis } from '../../support/redis.ts'
import { skipWithout } from '../../support/services.ts'
import { keyVerifierContract, queryFor } from './suite.ts'

const missing = skipWithout('redis')
const log = { debug() {}, info() {}, warn() {}, error() {} }
const at = Date.parse('2027-01-01T00:00:00Z')
const records = {
  GoodKey_AbC: '{"subject":"42","senders":["ann@example.net","example.org"],"role":"customer"}',
  'plain-1': 'ticket 43',
  'bare-1': '',
  passing: '{"subject":44,"expires":"2027-01-01T00:00:00Z"}',
  gone: '{"subject":"45","revoked":true}',
  broken: '{"subject":',
  odd: '{"expires":"next week"}',
}
const claims = { subject: '42', senders: ['ann@example.net', 'example.org'] }

describe.skipIf(missing !== null)('keys in Redis', () => {
  let server: RedisServer
  const made: KeyVerifier[] = []
  beforeAll(async () => {
    server = await startRedis()
    const client = await server.client()
    await client.mset(Object.entries(records).flatMap(([key, value]) => [`reply:${key}`, value]))
    await client.hset('replies:incoming/reply', records)
    await client.sadd('replies', 'GoodKey_AbC', 'other')
    await client.sadd('reply:a-set', 'member')
  })
  afterAll(async () => {
    await Promise.all(made.map(verifier => verifier.close?.()))
    await server.stop()
  })

  async function verifierOf(lookUp: RedisKeysOptions['lookUp'], port = server.port): Promise<KeyVerifier> {
    const verifier = redisKeys({ url: `redis://127.0.0.1:${port}`, lookUp, timeout: 10_000, log })
    made.push(verifier)
    const deadline = Date.now() + 20_000
    while (port === server.port && (await verifier.verify(queryFor('x'))).kind === 'unavailable' && Date.now() < deadline)
      await new Promise(resolve => setTimeout(resolve, 5))
    return verifier
  }

  const lookUps = {
    key: { kind: 'key', template: 'reply:%{key}' },
    hash: { kind: 'hash', template: 'replies:%{mailbox}/%{route}' },
    set: { kind: 'set', template: 'replies' },
  } as const

  for (const lookUp of [lookUps.key, lookUps.hash])
    keyVerifierContract(`by ${lookUp.kind}`, async () => ({
      verifier: await verifierOf(lookUp),
      valid: { key: 'GoodKey_AbC', claims },
      expiring: { key: 'passing', at, claims: { subject: '44', expires: at } },
      unknown: ['nobody', 'GoodKey_Ab', 'GoodKey_AbC ', '*', '%{key}', 'a'.repeat(512)],
      revoked: 'gone',
      unavailable: await verifierOf(lookUp, await freePort()),
      foldsCase: false,
    }))

  keyVerifierContract(
    'by set',
    async () => ({
      verifier: await verifierOf(lookUps.set),
      valid: { key: 'GoodKey_AbC', claims: {} },
      unknown: ['nobody', 'GoodKey_Ab', '*', 'replies'],
      unavailable: await verifierOf(lookUps.set, await freePort()),
      foldsCase: false,
    }),
    ['expiring', 'revoked'],
  )

  for (const lookUp of [lookUps.key, lookUps.hash])
    test(`by ${lookUp.kind}: plain text is the subject, an empty value claims nothing, what can’t be read is unavailable`, async () => {
      const verifier = await verifierOf(lookUp)
      const ask = async (key: string) => await verifier.verify(queryFor(key))
      expect(await ask('plain-1')).toEqual({ kind: 'valid', claims: { subject: 'ticket 43' } })
      expect(await ask('bare-1')).toEqual({ kind: 'valid', claims: {} })
      expect(await ask('broken')).toMatchObject({ kind: 'unavailable', cause: expect.stringContaining('JSON') })
      expect(await ask('odd')).toMatchObject({ kind: 'unavailable', cause: expect.stringContaining('expires') })
    })

  test('what can be no key is unknown without asking, one of 512 octets is asked for', async () => {
    const dead = await verifierOf(lookUps.key, await freePort())
    for (const key of ['', 'GoodKey_AbC\r\nGET', 'a\0', '\x7f', '\ud800', 'a'.repeat(513), 'é'.repeat(257)])
      expect(dead.verify(queryFor(key)), key).toEqual({ kind: 'unknown' })
    for (const key of ['a'.repeat(512), 'é'.repeat(256)]) expect(dead.verify(queryFor(key)), key).toMatchObject({ kind: 'unavailable' })
  })
})
