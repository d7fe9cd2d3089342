import { describe, expect, test } from 'vitest'
import { judgeAnswer } from '../../../../src/keys/http/answer.ts'

const at = Date.parse('2026-11-21T12:00:00Z')
const judge = (body: unknown, { status = 200, contentType = 'application/json' } = {}) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return judgeAnswer({ status, contentType, body: Buffer.from(text) }, at)
}
const good = { verdict: 'valid' }

describe('verdicts', () => {
  test.each([
    [{ verdict: 'valid' }, { kind: 'valid', claims: {} }],
    [
      { verdict: 'valid', subject: '42', other: [1] },
      { kind: 'valid', claims: { subject: '42' } },
    ],
    [
      { verdict: 'valid', subject: 42, senders: 'example.org' },
      { kind: 'valid', claims: { subject: '42', senders: ['example.org'] } },
    ],
    [
      { verdict: 'valid', expires: '2026-11-21T12:00:00.001Z' },
      { kind: 'valid', claims: { expires: at + 1 } },
    ],
    [
      { verdict: 'valid', expires: '2026-11-21T12:00:00Z' },
      { kind: 'expired', expired: at },
    ],
    [
      { verdict: 'valid', expires: at / 1000 + 1, subject: null },
      { kind: 'valid', claims: { expires: at + 1000 } },
    ],
    [{ verdict: 'valid', revoked: true }, { kind: 'revoked' }],
    [{ verdict: 'unknown' }, { kind: 'unknown' }],
    [{ verdict: 'unknown', subject: { a: 1 } }, { kind: 'unknown' }],
    [{ verdict: 'revoked' }, { kind: 'revoked' }],
    [{ verdict: 'expired' }, { kind: 'expired', expired: 0 }],
    [
      { verdict: 'expired', expired: '2026-01-01', senders: ['a@x.example'] },
      { kind: 'expired', expired: Date.parse('2026-01-01'), claims: { senders: ['a@x.example'] } },
    ],
    [
      { verdict: 'expired', expired: null },
      { kind: 'expired', expired: 0 },
    ],
    [
      { verdict: 'expired', expired: '2026-01-01' },
      { kind: 'expired', expired: Date.parse('2026-01-01') },
    ],
    [
      { verdict: 'expired', expired: '2027-01-01T00:00:00Z' },
      { kind: 'expired', expired: Date.parse('2027-01-01') },
    ],
    [
      { verdict: 'expired', expired: 1_767_225_600 },
      { kind: 'expired', expired: 1_767_225_600_000 },
    ],
  ])('%j', (body, check) => expect(judge(body)).toEqual(check))
})

describe('no answer', () => {
  const cases: [string, unknown, object?][] = [
    ['no verdict', {}],
    ['a verdict nobody knows', { verdict: 'VALID' }],
    ['true for a verdict', { verdict: true }],
    ['a list for a verdict', { verdict: ['valid'] }],
    ['a verdict inherited', '{"__proto__":{"verdict":"valid"}}'],
    ['a list', [good]],
    ['null', null],
    ['a text', '"valid"'],
    ['nothing', ''],
    ['half of JSON', '{"verdict":"valid"'],
    ['two answers', '{"verdict":"valid"}{"verdict":"valid"}'],
    ['HTML', '<html>valid</html>'],
    ['a wrong subject', { verdict: 'valid', subject: ['42'] }],
    ['wrong senders', { verdict: 'valid', senders: [1] }],
    ['a wrong expiry', { verdict: 'valid', expires: 'tomorrow' }],
    ['a wrong time of expiry', { verdict: 'expired', expired: 'yesterday' }],
    ['an expiry that is a list', { verdict: 'expired', expired: [] }],
    ['revoked in words', { verdict: 'valid', revoked: 'no' }],
    ['HTML as its type', good, { contentType: 'text/html; charset=utf-8' }],
    ['text as its type', good, { contentType: 'text/plain' }],
    ['no type', good, { contentType: '' }],
    ['JSON in its type', good, { contentType: 'text/html; note=application/json' }],
    ['a type like JSON', good, { contentType: 'application/jsonp' }],
    ...[201, 204, 206, 301, 302, 400, 401, 403, 404, 410, 429, 500, 503].map(
      status => [`a status ${status}`, good, { status }] as [string, unknown, object],
    ),
    ...[200, 404, 410].map(
      status => [`unknown in HTML with ${status}`, '<h1>unknown</h1>', { status, contentType: 'text/html' }] as [string, unknown, object],
    ),
    ['unknown with 404', { verdict: 'unknown' }, { status: 404 }],
  ]
  test.each(cases)('%s', (_, body, more) => {
    expect(judge(body, more)).toEqual({ kind: 'unavailable', cause: expect.stringMatching(/\S/) })
  })

  test('octets that are no UTF-8', () => {
    const body = Buffer.concat([Buffer.from('{"verdict":"valid","subject":"'), Buffer.of(0xff), Buffer.from('"}')])
    expect(judgeAnswer({ status: 200, contentType: 'application/json', body }, at).kind).toBe('unavailable')
  })
})

test.each([
  'application/json',
  'Application/JSON; charset=utf-8',
  'application/json;charset=utf-8',
  'application/problem+json',
  'application/vnd.a.v1+json ; a=b',
])('%s is JSON', contentType => expect(judge(good, { contentType }).kind).toBe('valid'))
