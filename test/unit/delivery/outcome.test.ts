import { describe, expect, test } from 'vitest'
import { oneLine, outcomeOf, outcomeOfError, statusRows } from '../../../src/delivery/outcome.ts'
import { verdictWords } from '../../../src/delivery/verdict-body.ts'

const at = Date.UTC(2026, 0, 1)
const judge = (status: number, body = '', retryAfter: string | null = null) => outcomeOf({ status, body, retryAfter }, at)
const refuse = JSON.stringify({ verdict: 'refuse', text: 'The topic is closed' })

describe('a status without a verdict', () => {
  test.each([200, 201, 202, 204, 299])('%i is delivered', status => expect(judge(status).kind).toBe('delivered'))
  test.each([
    100, 199, 300, 301, 308, 399, 400, 401, 403, 404, 405, 408, 410, 413, 415, 422, 425, 429, 451, 499, 500, 502, 503, 599, 600, 999,
  ])('%i is tried again', status => {
    const outcome = judge(status)
    expect(outcome.kind).toBe('retry')
    expect(outcome.detail).toMatch(new RegExp(`^${status} \\S`))
  })
  test('nothing is failed, whatever the status', () => {
    for (let status = 0; status < 1_000; status++) expect(judge(status, 'verdict: refuse').kind).not.toBe('failed')
  })
  test('the rows that matter say what to do', () => {
    expect(judge(302).detail).toContain('redirects are not followed')
    expect(judge(410).detail).toContain('GONE FOR GOOD')
    expect(judge(413).detail).toContain('raise its limit')
    expect(judge(401).detail).toContain('secret')
  })
  test('a row is never hidden behind an earlier one', () => {
    for (const row of statusRows) expect(statusRows.find(({ from, to }) => row.from >= from && row.from <= to)).toBe(row)
  })
})

const refused = (text: string, refusal = text) => ({ kind: 'failed', detail: `refused by the application: ${text}`, refusal })

describe('an explicit verdict', () => {
  test.each([200, 204, 299, 400, 404, 410, 413, 422, 499])('refuse in a %i fails the delivery', status =>
    expect(judge(status, refuse)).toEqual(refused('The topic is closed')),
  )
  test.each([199, 300, 302, 399, 500, 503])('%i: not believed', status => {
    for (const verdict of verdictWords) {
      const outcome = judge(status, JSON.stringify({ verdict }))
      expect(outcome.kind).toBe('retry')
      expect(outcome).not.toHaveProperty('verdict')
    }
  })
  test.each([
    ['accept', 'accepted'],
    ['hold', 'to be held'],
    ['discard', 'to be discarded'],
  ])('%s', (verdict, says) => {
    for (const status of [200, 202, 422]) {
      const detail = `${status} ${says}, says the application`
      expect(judge(status, JSON.stringify({ verdict }))).toEqual({ kind: 'delivered', detail, verdict })
      expect(judge(status, JSON.stringify({ verdict, text: 'a\nb' }))).toEqual({ kind: 'delivered', detail: `${detail}: a b`, verdict })
    }
  })
  test.each([
    '{"verdict":"refuse"}',
    '{"verdict":"refuse","text":""}',
    '{"verdict":"refuse","text":" \\n"}',
    '{"verdict":"refuse","text":7}',
    '{"verdict":"refuse","text":["x"]}',
  ])('without a text: %s', body => expect(judge(422, body)).toEqual(refused('no text given', 'The message was not accepted')))
  test.each([
    ['{"verdict":"Refuse"}', '“Refuse”'],
    ['{"verdict":"rejected"}', '“rejected”'],
    ['{"verdict":" refuse"}', '“refuse”'],
    ['{"verdict":["refuse"]}', 'of type object'],
    ['{"verdict":null}', 'of type object'],
    ['{"verdict":true}', 'of type boolean'],
    [`{"verdict":"${'x'.repeat(100)}"}`, `“${'x'.repeat(40)}”`],
  ])('a word that is none: %s', (body, word) => {
    const more = `(its verdict is none that Postern knows: ${word})`
    expect(judge(200, body)).toEqual({ kind: 'delivered', detail: `200 accepted ${more}` })
    expect(judge(422, body)).toEqual({ kind: 'retry', detail: `422 refused without a verdict: see the application’s log ${more}` })
  })
  test.each([
    '["verdict","refuse"]',
    '[{"verdict":"refuse"}]',
    '{"answer":{"verdict":"refuse"}}',
    '{"__proto__":{"verdict":"refuse"}}',
    '"verdict refuse"',
    'verdict=refuse',
    '{"verdict":"refuse"',
    '{"verdict":"refuse"} {}',
    'null',
    '',
  ])('not a verdict: %s', body => {
    expect(judge(200, body)).toEqual({ kind: 'delivered', detail: '200 accepted' })
    expect(judge(422, body).kind).toBe('retry')
  })
  test.each(['\ufeff{"verdict":"refuse","text":"no"}', ' \r\n{"text":"no","verdict":"refuse","more":[{}]}'])('taken: %j', body =>
    expect(judge(200, body)).toEqual(refused('no')),
  )
  test.each([
    ['a\r\n250 ok\u2028c\0d', 'a 250 ok c d'],
    ['\u202egnp.exe\u202c \ufeff!', 'gnp.exe !'],
    ['half \ud800 of one', 'half of one'],
    ['x'.repeat(200), 'x'.repeat(200)],
    ['x'.repeat(201), 'x'.repeat(200)],
    [`${'x'.repeat(199)}😀`, 'x'.repeat(199)],
    [`${'x'.repeat(198)}😀`, `${'x'.repeat(198)}😀`],
  ])('its text becomes one short line: %j', (text, line) =>
    expect(judge(422, JSON.stringify({ verdict: 'refuse', text }))).toEqual(refused(line)),
  )
})

test('410 alone asks to be left alone', () => {
  for (let status = 200; status < 600; status++) expect([status, 'gone' in judge(status)]).toEqual([status, status === 410])
  expect(judge(410, '', '60')).toMatchObject({ kind: 'retry', gone: true, after: 60_000 })
})

describe('Retry-After', () => {
  test.each([
    ['120', 120_000],
    ['0', 1_000],
    ['999999999999999', 86_400_000],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Thursday, 01-Jan-26 00:01:00 GMT', 60_000],
    ['Thu Jan  1 00:01:00 2026', 60_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 1_000],
    ['Sat, 01 Jan 2028 00:00:00 GMT', 86_400_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 1_000],
  ])('%s is a pause of %i ms', (field, after) => {
    expect(judge(429, '', field)).toMatchObject({ kind: 'retry', after })
    expect(judge(503, '', field)).toMatchObject({ kind: 'retry', after })
  })
  test.each([
    '',
    'soon',
    '-1',
    '1.5',
    '1e3',
    '9999999999999999',
    'Thu, 31 Feb 2026 00:00:00 GMT',
    'Thu, 01 Jam 2026 00:00:00 GMT',
    'Thu, 01 Jan 2026 24:00:00 GMT',
    'Thu, 01 Jan 2026 00:00:00 CET',
  ])('%j says nothing', field => expect(judge(429, '', field)).not.toHaveProperty('after'))
})

describe('no whole answer', () => {
  const coded = (code: string, message = 'text') => Object.assign(new Error(message), { code })
  test.each(['ECONNREFUSED', 'ECONNRESET', 'UND_ERR_SOCKET', 'CERT_HAS_EXPIRED', 'UND_ERR_RES_EXCEEDED_MAX_SIZE'])(
    '%s is tried again, and named',
    code => {
      const outcome = outcomeOfError(coded(code))
      expect(outcome.kind).toBe('retry')
      expect(outcome.detail).toContain(`(${code})`)
    },
  )
  test.each([undefined, null, 'text', 7, {}, { code: 7 }, { message: 7 }])('%j was thrown', thrown =>
    expect(outcomeOfError(thrown)).toEqual({ kind: 'retry', detail: 'the call failed: unknown error' }),
  )
  test('the text of an error becomes one line', () => expect(outcomeOfError(new Error('a\r\n\tb')).detail).toBe('the call failed: a b'))
})

test('oneLine keeps 500 characters and no more', () => {
  expect(oneLine('x'.repeat(500))).toHaveLength(500)
  expect(oneLine('x'.repeat(501))).toHaveLength(500)
})

test('what an application says has nothing in it that can’t be seen, turns the writing round, or is half a character', () => {
  const said = 'a\u202eb\u061cc\u00add\u2028e\r\n250 ok\u{e0041}\u001b[31m\ud83d'
  expect(oneLine(said)).toBe('a b c d e 250 ok [31m')
  expect(judge(200, JSON.stringify({ verdict: 'refuse', text: said }))).toMatchObject({ refusal: 'a b c d e 250 ok [31m' })
  expect(oneLine(`${'x'.repeat(499)}🎉`)).toBe('x'.repeat(499))
})
