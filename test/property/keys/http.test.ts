import fc from 'fast-check'
import { expect, test } from 'vitest'
import { judgeAnswer } from '../../../src/keys/http/answer.ts'
import { makeQuestion } from '../../../src/keys/http/question.ts'
import { signer } from '../../../src/lib/standard-webhooks.ts'

const kinds = ['valid', 'unknown', 'expired', 'revoked', 'unavailable']
const at = Date.parse('2026-11-21T12:00:00Z')
const field = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.string(), { maxLength: 3 }),
  fc.json(),
  fc.date().map(String),
)
const verdict = fc.oneof(fc.constantFrom('valid', 'unknown', 'expired', 'revoked'), field)
const answer = fc.record({ verdict, subject: field, senders: field, expires: field, expired: field, revoked: field }, { requiredKeys: [] })
const body = fc.oneof(
  answer.map(value => Buffer.from(JSON.stringify(value))),
  fc.json().map(text => Buffer.from(text)),
  fc.uint8Array(),
  fc.string().map(text => Buffer.from(text)),
)
const contentType = fc.oneof(fc.constantFrom('application/json', 'application/json; charset=utf-8', 'text/html', ''), fc.string())

test('whatever comes, a key is good only by an explicit verdict in JSON with 200', () => {
  const status = fc.oneof(fc.constantFrom(200, 200, 404, 500), fc.nat(999))
  fc.assert(
    fc.property(fc.record({ status, contentType, body }), fc.integer(), (answer, at) => {
      const check = judgeAnswer(answer, at)
      expect(kinds).toContain(check.kind)
      if (check.kind === 'unavailable') return void expect(check.cause).toMatch(/\S/)
      expect(answer.status).toBe(200)
      expect(answer.contentType).toMatch(/json/i)
      const said = JSON.parse(Buffer.from(answer.body).toString()) as { verdict: unknown; expires?: unknown; revoked?: unknown }
      const meant =
        said.verdict === 'valid'
          ? ['valid', ...(said.expires == null ? [] : ['expired']), ...(said.revoked === true ? ['revoked'] : [])]
          : [said.verdict]
      expect(meant).toContain(check.kind)
    }),
    { numRuns: 2_000 },
  )
})

test('an answer that is cut short is no answer', () => {
  fc.assert(
    fc.property(answer, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (answer, share) => {
      const whole = Buffer.from(JSON.stringify({ ...answer, verdict: 'unknown' }))
      const cut = whole.subarray(0, Math.floor(whole.length * share))
      expect(judgeAnswer({ status: 200, contentType: 'application/json', body: cut }, at).kind).toBe('unavailable')
    }),
  )
})

test('a question is JSON with everything in it, and signed as it is sent', () => {
  const text = fc.string({ unit: 'grapheme' })
  const query = fc.record({
    mailbox: text,
    route: text,
    key: text,
    recipient: text,
    sender: text,
    client: fc.option(text),
    at: fc.oneof(fc.integer(), fc.double({ noNaN: true })),
  })
  const secret = Buffer.alloc(32, 1)
  fc.assert(
    fc.property(query, fc.nat(), (query, now) => {
      const { body, headers } = makeQuestion(query, secret, now)
      const { at: _, ...asked } = query
      expect(JSON.parse(body)).toMatchObject(asked)
      for (const value of Object.values(headers)) expect(value).toMatch(/^[\x20-\x7e]+$/)
      const sign = signer(secret, headers['webhook-id']!, Number(headers['webhook-timestamp']))
      sign.update(Buffer.from(body))
      expect(headers['webhook-signature']).toBe(sign.signature())
    }),
  )
})
