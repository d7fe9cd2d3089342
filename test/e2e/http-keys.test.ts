/** An application that is asked for keys is killed, frozen and restarted under load: no good key is ever unknown. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { httpKeys } from '../../src/keys/http.ts'
import type { KeyVerifier } from '../../src/transaction/ports.ts'
import { type KeyLoad, queryOf, startKeyLoad } from '../support/key-load.ts'
import { type KeysApplication, keysApplication } from '../support/keys-application.ts'

let application: KeysApplication
let verifier: KeyVerifier
let load: KeyLoad | null = null
let lines: string[]
beforeEach(async () => {
  lines = []
  const say = (_: object, text: string) => void lines.push(text)
  application = await keysApplication({ good: { verdict: 'valid', subject: '42' } })
  verifier = httpKeys({
    url: application.url,
    secret: application.secret,
    timeout: 1_000,
    concurrency: 8,
    log: { debug() {}, info: say, warn: say, error: say },
  })
})
afterEach(async () => {
  await load?.stop()
  load = null
  await verifier.close?.()
  application.thaw()
  await application.kill()
})

const kind = async () => (await verifier.verify(queryOf('good'))).kind
const answersAgain = () => expect.poll(kind, { timeout: 3_000, interval: 50 }).toBe('valid')

test('killed and restarted under load', async () => {
  await application.start()
  load = startKeyLoad(verifier, { good: 'good', bad: 'bad' }, 20)
  for (let round = 0; round < 3; round++) {
    await sleep(400)
    await application.kill()
    await sleep(400)
    await application.start()
    await answersAgain()
  }
  await load.stop()
  const { good, bad } = load.counts()
  expect(Object.keys(good).sort()).toEqual(['unavailable', 'valid'])
  expect(Object.keys(bad).sort()).toEqual(['unavailable', 'unknown'])
  expect(good.valid).toBeGreaterThan(100)
  expect(lines.filter(line => line.startsWith('a key could not be checked')).length).toBeLessThanOrEqual(1)
})

test('not there yet at the start: unavailable at once, and good when it comes', async () => {
  const began = performance.now()
  for (let left = 20; left > 0; left--) expect(await kind()).toBe('unavailable')
  expect(performance.now() - began).toBeLessThan(1_000)
  await application.start()
  await answersAgain()
  expect(lines).toEqual(['a key could not be checked: mail for such keys is deferred', 'the key store answers again'])
})

test('frozen: the first questions wait for their time-out, the others are answered at once', async () => {
  await application.start()
  load = startKeyLoad(verifier, { good: 'good', bad: 'bad' }, 20)
  await sleep(300)
  application.freeze()
  await sleep(1_500)
  load.counts()
  expect(load.slowest()).toBeLessThan(1_400)
  await sleep(500)
  const { good, bad } = load.counts()
  expect(Object.keys({ ...good, ...bad })).toEqual(['unavailable'])
  // Twenty that waited a second each would be ten a half second.
  expect((good.unavailable ?? 0) + (bad.unavailable ?? 0)).toBeGreaterThan(500)
  application.thaw()
  await answersAgain()
  await load.stop()
  expect(Object.keys(load.counts().good)).not.toContain('unknown')
})

test('a secret that the application doesn’t share is unavailable, never unknown', async () => {
  await application.start()
  const stranger = httpKeys({
    url: application.url,
    secret: `whsec_${Buffer.alloc(32, 6).toString('base64')}`,
    timeout: 1_000,
    concurrency: 1,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  })
  expect(await stranger.verify(queryOf('bad'))).toEqual({
    kind: 'unavailable',
    cause: 'the application answered 401, not 200: check the secret on both sides',
  })
  await stranger.close?.()
})
