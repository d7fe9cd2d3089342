import { createHmac, randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { decodeProtectedHeader, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { type Credentials, credentialsField, type JwtOptions } from '../../../src/delivery/processors/webhook/credentials.ts'
import { webhook } from '../../../src/delivery/processors/webhook.ts'
import { aDelivery } from '../../support/memory-queue.ts'
import { answering } from '../../support/scripted-application.ts'
import { webhookOptions, webhooks } from '../../support/webhooks.ts'
import { source } from './suite.ts'

const { open } = webhooks()
const raw = Buffer.from('Subject: Hi\r\n\r\nText\r\n')

async function headersOf(auth: Credentials): Promise<IncomingHttpHeaders> {
  const { application, processor } = await open(answering(200), { auth, body: 'raw', contentType: 'text/plain' })
  expect((await processor.deliver(aDelivery(), source(raw), new AbortController().signal)).kind).toBe('delivered')
  return application.requests[0]!.headers
}

test('Basic, as Action Mailbox takes it', async () => {
  const { authorization } = await headersOf({ basic: { username: 'actionmailbox', password: 'pass:wörd' } })
  const [scheme, value] = authorization!.split(' ')
  expect([scheme, Buffer.from(value!, 'base64').toString()]).toEqual(['Basic', 'actionmailbox:pass:wörd'])
})

test('a bearer token', async () => expect((await headersOf({ bearer: 'abc.def~_-+/==' })).authorization).toBe('Bearer abc.def~_-+/=='))

describe('a JWT', () => {
  const secret = randomBytes(64)
  const jwt = (more: Partial<JwtOptions> = {}): Credentials => ({ jwt: { secret: secret.toString('base64'), ...more } })

  test.each(['HS256', 'HS384', 'HS512'] as const)('by %s, with every claim', async algorithm => {
    const claims = { issuer: 'postern', audience: 'app', subject: 'mail' }
    const { authorization } = await headersOf(jwt({ algorithm, ...claims }))
    const token = authorization!.replace(/^Bearer /, '')
    const { payload } = await jwtVerify(token, secret, { algorithms: [algorithm], ...claims })
    expect(decodeProtectedHeader(token)).toEqual({ alg: algorithm, typ: 'JWT' })
    const now = Date.now() / 1_000
    expect(now - payload.iat!).toBeGreaterThanOrEqual(2)
    expect(now - payload.iat!).toBeLessThan(6)
    expect(payload.exp! - now).toBeGreaterThan(55)
    expect(payload.exp! - now).toBeLessThanOrEqual(60)
    expect(payload.jti).toMatch(/^[0-9a-f]{24}$/)
    await expect(jwtVerify(token, randomBytes(64), { algorithms: [algorithm] })).rejects.toThrow()
  })

  test('is made anew for each call, and says no more than it is told to', async () => {
    const field = credentialsField(jwt({ expires: 5_000, skew: 3_000 }))
    const at = 1_800_000_000_999
    const [one, two] = [await field.value(at), await field.value(at)]
    expect(one).not.toBe(two)
    const { payload } = await jwtVerify(one.replace('Bearer ', ''), secret, { currentDate: new Date(at) })
    expect(payload).toEqual({ iat: 1_799_999_997, exp: 1_800_000_005, jti: payload.jti, nonce: payload.jti })
  })

  test('the secret may come as octets', async () => {
    const value = await credentialsField({ jwt: { secret } }).value(Date.now())
    await jwtVerify(value.replace('Bearer ', ''), secret)
  })

  // What GitLab's API does: a token in a field of its own, its issuer, made within the last 300 s and not in the future.
  const gitlab = (token: string, key: Buffer, at = Date.now()): number => {
    const [header, payload, signature] = token.split('.')
    if (createHmac('sha256', key).update(`${header}.${payload}`).digest('base64url') !== signature) return 401
    if (JSON.parse(Buffer.from(header!, 'base64url').toString()).alg !== 'HS256') return 401
    const { iss, iat } = JSON.parse(Buffer.from(payload!, 'base64url').toString())
    return iss === 'gitlab-mailroom' && Number.isInteger(iat) && iat >= at / 1_000 - 300 && iat <= at / 1_000 ? 200 : 401
  }

  test('GitLab takes the call, also where its clock is 2 seconds slow', async () => {
    const key = randomBytes(32)
    const headers = await headersOf({
      jwt: { secret: `${key.toString('base64')}\n`, header: 'Gitlab-Mailroom-Api-Request', issuer: 'gitlab-mailroom' },
    })
    expect(headers).toMatchObject({ 'content-type': 'text/plain' })
    expect(headers).not.toHaveProperty('authorization')
    const token = String(headers['gitlab-mailroom-api-request'])
    expect(gitlab(token, key)).toBe(200)
    const made = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).iat * 1_000
    expect([made - 1, made, made + 300_000, made + 300_001].map(at => gitlab(token, key, at))).toEqual([401, 200, 200, 401])
    expect(gitlab(token, randomBytes(32))).toBe(401)
  })
})

describe('credentials that are refused with a clear error, which holds no secret', () => {
  const octets = (count: number) => Buffer.alloc(count, 1).toString('base64')
  test.each<[Credentials, string]>([
    [{ basic: { username: 'a:b', password: 'hush' } }, 'no colon'],
    [{ basic: { username: 'a', password: 'hu\nsh' } }, 'control characters'],
    [{ bearer: 'hu sh' }, 'visible ASCII'],
    [{ bearer: '' }, 'visible ASCII'],
    [{ jwt: { secret: '!hush!' } }, 'not base64'],
    [{ jwt: { secret: octets(31) } }, 'at least 32 octets, this one has 31'],
    [{ jwt: { secret: octets(47), algorithm: 'HS384' } }, 'at least 48'],
    [{ jwt: { secret: octets(63), algorithm: 'HS512' } }, 'at least 64'],
    [{ jwt: { secret: octets(64), algorithm: 'none' as never } }, 'HS256, HS384, HS512'],
    [{ jwt: { secret: octets(32), header: 'X Y' } }, 'header field'],
    [{ jwt: { secret: octets(32), header: 'Webhook-Signature' } }, 'set by Postern itself'],
  ])('%j', (auth, text) => {
    const error = (() => {
      try {
        webhook(webhookOptions('http://127.0.0.1/', { auth }))
      } catch (thrown) {
        return String(thrown)
      }
    })()
    expect(error).toContain(text)
    expect(error).not.toMatch(/hush|AQEB/)
  })
})
