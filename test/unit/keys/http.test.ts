/** Questions over real connections: what is sent, what may come back, and how many at once. */
import type { ServerResponse } from 'node:http'
import { Webhook } from 'standardwebhooks'
import { afterEach, describe, expect, test } from 'vitest'
import { type HttpKeysOptions, httpKeys, httpUrlProblem } from '../../../src/keys/http.ts'
import type { KeyCheck, KeyVerifier } from '../../../src/transaction/ports.ts'
import { type Application, answering, type Script, startApplication } from '../../support/scripted-application.ts'

const secret = `whsec_${Buffer.alloc(24, 9).toString('base64')}`
const log = { debug() {}, info() {}, warn() {}, error() {} }
const json = { 'content-type': 'application/json' }
const valid = answering(200, '{"verdict":"valid"}', json)

let application: Application | null = null
let verifier: KeyVerifier | null = null
afterEach(async () => {
  await verifier?.close?.()
  await application?.close()
  verifier = application = null
})

async function start(script: Script, options: Partial<HttpKeysOptions> = {}) {
  application = await startApplication(script)
  verifier = httpKeys({ url: application.url, timeout: 5000, concurrency: 4, log, ...options })
  return application
}
const query = (key: string) => ({
  mailbox: 'incoming',
  route: 'reply',
  key,
  recipient: `incoming+${key}@incoming.example.com`,
  sender: '',
  client: null,
  at: Date.parse('2026-11-21T12:00:00Z'),
})
const ask = async (key = 'abc'): Promise<KeyCheck> => await verifier!.verify(query(key))
const causeOf = async (check: Promise<KeyCheck>) => {
  const settled = await check
  return settled.kind === 'unavailable' ? settled.cause : settled.kind
}

test('the question, signed', async () => {
  const { requests } = await start(valid, { secret })
  await ask('Abc')
  const { method, path, headers, body } = requests[0]!
  expect([method, path]).toEqual(['POST', '/inbound?a=b'])
  expect(JSON.parse(body)).toEqual({
    type: 'key.check',
    version: 1,
    timestamp: '2026-11-21T12:00:00.000Z',
    mailbox: 'incoming',
    route: 'reply',
    key: 'Abc',
    recipient: 'incoming+Abc@incoming.example.com',
    sender: '',
    client: null,
  })
  expect(headers).toMatchObject({ ...json, accept: 'application/json', 'content-length': String(Buffer.byteLength(body)) })
  expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({ key: 'Abc' })
  expect(() => new Webhook(secret).verify(body.replace('Abc', 'Abd'), headers as Record<string, string>)).toThrow()
})

test('without a secret it is not signed, and two questions have two ids', async () => {
  const { requests } = await start(valid)
  await ask()
  await ask()
  expect(requests[0]!.headers['webhook-signature']).toBeUndefined()
  expect(requests[0]!.headers['webhook-id']).not.toBe(requests[1]!.headers['webhook-id'])
})

test('a connection is used again', async () => {
  const app = await start(valid)
  for (let left = 10; left > 0; left--) expect((await ask()).kind).toBe('valid')
  // The pool may open a second while the first is being given back.
  expect(app.connections()).toBeLessThanOrEqual(2)
})

test('a kept connection that the application closes just then costs no answer', async () => {
  let count = 0
  const app = await start((request, response, received) =>
    ++count % 2 === 0 ? void request.socket.destroy() : valid(request, response, received),
  )
  for (let left = 5; left > 0; left--) expect((await ask()).kind).toBe('valid')
  const ids = app.requests.map(({ headers }) => headers['webhook-id'])
  expect(ids[1]).toBe(ids[2])
})

test('an application that always hangs up is asked twice, not for ever', async () => {
  const app = await start(request => void request.socket.destroy())
  expect(await causeOf(ask())).toMatch(/^no answer from the application: /)
  expect(app.requests).toHaveLength(2)
})

test('a key that no store can hold is not asked for', async () => {
  const { requests } = await start(valid)
  for (const key of ['', 'a\0b', 'half \ud83d']) expect(await ask(key)).toEqual({ kind: 'unknown' })
  expect(requests).toEqual([])
})

describe('what is no answer', () => {
  test('a redirect is not followed', async () => {
    const { requests } = await start(answering(302, '', { location: '/inbound?moved' }))
    expect(await causeOf(ask())).toBe('the application answered 302, not 200: redirects are not followed, configure the final URL')
    expect(requests).toHaveLength(1)
  })

  test('64 KiB are read, one octet more is too much', async () => {
    const body = (octets: number) => '{"verdict":"valid"}'.padEnd(octets)
    let octets = 64 * 1024
    await start((_request, response) => void response.writeHead(200, json).end(body(octets)))
    expect((await ask()).kind).toBe('valid')
    octets++
    expect(await causeOf(ask())).toMatch(/^no answer from the application: .*size/i)
  })

  test('an answer cut off in its middle', async () => {
    await start((_request, response) => {
      response.writeHead(200, { ...json, 'content-length': '19' }).write('{"verdict":')
      setTimeout(() => response.destroy(), 20)
    })
    expect(await causeOf(ask())).toMatch(/^no answer from the application: /)
  })

  test('an answer later than the time-out, its body included', async () => {
    let answer = (response: ServerResponse) => void setTimeout(() => response.writeHead(200, json).end('{"verdict":"valid"}'), 100)
    await start((_request, response) => answer(response), { timeout: 2_000 })
    expect((await ask()).kind).toBe('valid')
    // Its end never comes, which ends nothing by itself.
    answer = response => void response.writeHead(200, json).write('{"verdict":')
    const began = performance.now()
    expect(await causeOf(ask())).toMatch(/^no answer from the application at http:\/\/127.0.0.1:\d+ within 2000 ms$/)
    expect(performance.now() - began).toBeLessThan(10_000)
  })
})

test('no more questions and connections at once than may be', async () => {
  const waiting: ServerResponse[] = []
  const app = await start((_request, response) => void waiting.push(response), { concurrency: 3 })
  const answers = Array.from({ length: 8 }, (_, index) => ask(`key${index}`))
  const answered: string[] = []
  while (answered.length < 8) {
    const wanted = Math.min(3, 8 - answered.length)
    await expect.poll(() => waiting.length).toBe(wanted)
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(waiting).toHaveLength(wanted)
    answered.push('one')
    waiting.shift()!.writeHead(200, json).end('{"verdict":"unknown"}')
  }
  expect((await Promise.all(answers)).map(({ kind }) => kind)).toEqual(Array.from({ length: 8 }, () => 'unknown'))
  expect(app.connections()).toBe(3)
})

test('close ends what is under way, and the connections', async () => {
  const app = await start(() => {})
  const answer = ask()
  await expect.poll(() => app.requests.length).toBe(1)
  await verifier!.close!()
  expect(await causeOf(answer)).toBe('the server is stopping')
  expect(await causeOf(ask())).toBe('the server is stopping')
})

describe('options', () => {
  test.each(['', 'no url', 'ftp://127.0.0.1/', '127.0.0.1:3000', 'http://name:word@127.0.0.1/', 'http://name@127.0.0.1/'])(
    'the URL %j is refused',
    url => {
      expect(httpUrlProblem(url)).toMatch(/^(?:the|a) URL/)
      expect(() => httpKeys({ url, timeout: 1, concurrency: 1, log })).toThrow(/URL/)
    },
  )
  test('an error never holds the secret', () => {
    const options = { url: 'http://127.0.0.1/', timeout: 1, concurrency: 1, log }
    expect(() => httpKeys({ ...options, secret: 'whsec_!!secret!!' })).toThrow(/webhook secret/)
    expect(() => httpKeys({ ...options, secret: 'whsec_!!secret!!' })).not.toThrow(/!!/)
  })
})
