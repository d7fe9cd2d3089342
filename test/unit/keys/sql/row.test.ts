import { describe, expect, test } from 'vitest'
import { parseArray } from '../../../../src/keys/sql/array.ts'
import { judgeRows } from '../../../../src/keys/sql/row.ts'

const at = Date.parse('2026-11-21T12:00:00Z')
const types = {
  bool: 16,
  int8: 20,
  int4: 23,
  text: 25,
  json: 114,
  timestamp: 1114,
  timestamptz: 1184,
  date: 1082,
  array: 1009,
  jsonb: 3802,
}
const judge = (...columns: [name: string, type: keyof typeof types, text: string | null][]) =>
  judgeRows({ columns: columns.map(([name, type]) => ({ name, type: types[type] })), rows: [columns.map(([, , text]) => text)] }, at)
const valid = (claims: object = {}) => ({ kind: 'valid', claims })

test('no row is unknown, two are unavailable', () => {
  const columns = [{ name: 'subject', type: types.text }]
  expect(judgeRows({ columns, rows: [] }, at)).toEqual({ kind: 'unknown' })
  expect(judgeRows({ columns, rows: [['a']] }, at)).toEqual(valid({ subject: 'a' }))
  expect(judgeRows({ columns, rows: [['a'], ['a']] }, at)).toEqual({
    kind: 'unavailable',
    cause: expect.stringContaining('more than one row'),
  })
})

describe('one row', () => {
  test.each([
    ['nothing', [], valid()],
    [
      'columns of no meaning',
      [
        ['?column?', 'int4', '1'],
        ['?column?', 'int4', '2'],
        ['Revoked', 'bool', 't'],
      ],
      valid(),
    ],
    [
      'nulls',
      [
        ['subject', 'text', null],
        ['senders', 'array', null],
        ['expires', 'timestamptz', null],
        ['revoked', 'bool', null],
      ],
      valid(),
    ],
    ['a number', [['subject', 'int8', '9007199254740993']], valid({ subject: '9007199254740993' })],
    ['an empty list', [['senders', 'array', '{}']], valid({ senders: [] })],
    ['a list', [['senders', 'array', '{a@example.org,"b c@example.org"}']], valid({ senders: ['a@example.org', 'b c@example.org'] })],
    [
      'a list of a type of somebody',
      [['senders', 'text', '{a@example.org,example.net}']],
      valid({ senders: ['a@example.org', 'example.net'] }),
    ],
    ['a list in JSON', [['senders', 'jsonb', '["a@example.org"]']], valid({ senders: ['a@example.org'] })],
    ['one sender', [['senders', 'text', '{a@example.org']], valid({ senders: ['{a@example.org'] })],
    ['not revoked', [['revoked', 'bool', 'f']], valid()],
    [
      'revoked',
      [
        ['revoked', 'bool', 't'],
        ['expires', 'timestamptz', '2020-01-01 00:00:00+00'],
      ],
      { kind: 'revoked' },
    ],
    ['a millisecond left', [['expires', 'timestamptz', '2026-11-21 12:00:00.001+00']], valid({ expires: at + 1 })],
    ['microseconds', [['expires', 'timestamptz', '2026-11-21 12:00:00.001999+00']], valid({ expires: at + 1 })],
    ['no time left', [['expires', 'timestamptz', '2026-11-21 12:00:00+00']], { kind: 'expired', expired: at }],
    ['a day', [['expires', 'date', '2026-11-22']], valid({ expires: Date.parse('2026-11-22') })],
    ['seconds', [['expires', 'int8', String(at / 1000 + 1)]], valid({ expires: at + 1000 })],
    ['never', [['expires', 'timestamptz', 'infinity']], valid()],
    ['always', [['expires', 'timestamptz', '-infinity']], { kind: 'expired', expired: 0 }],
    ['before our era', [['expires', 'timestamptz', '0044-03-15 00:00:00+00 BC']], { kind: 'expired', expired: 0 }],
    ['the year 12345', [['expires', 'timestamptz', '12345-01-01 00:00:00+00']], valid({ expires: Date.parse('+012345-01-01T00:00:00Z') })],
  ] as [string, [string, keyof typeof types, string | null][], object][])('%s', (_, columns, check) =>
    expect(judge(...columns)).toEqual(check),
  )
})

describe('a row that can’t be understood is unavailable', () => {
  test.each([
    ['a time without its zone', [['expires', 'timestamp', '2099-01-01 00:00:00']], /AT TIME ZONE/],
    ['a time in another form', [['expires', 'timestamptz', '01.01.2099 00:00:00 CET']], /expires/],
    ['a year beyond all', [['expires', 'timestamptz', '294276-12-31 00:00:00+00']], /expires/],
    ['no day', [['expires', 'timestamptz', '2099-13-01 00:00:00+00']], /expires/],
    ['no number', [['expires', 'int4', '']], null],
    ['revoked at a time', [['revoked', 'timestamptz', '2020-01-01 00:00:00+00']], /revoked/],
    ['revoked as a number', [['revoked', 'int4', '1']], /revoked/],
    ['revoked as a text', [['revoked', 'text', 't']], /revoked/],
    ['a list with a NULL', [['senders', 'array', '{NULL}']], /senders/],
    ['a list of lists', [['senders', 'array', '{{a},{b}}']], /senders/],
    ['an object for senders', [['senders', 'json', '{"a":1}']], /senders/],
    [
      'two columns of a name',
      [
        ['expires', 'timestamptz', null],
        ['expires', 'timestamptz', '2020-01-01 00:00:00+00'],
      ],
      /two columns/,
    ],
    ['a control character', [['subject', 'text', 'a\nb']], /subject/],
  ] as [string, [string, keyof typeof types, string | null][], RegExp | null][])('%s', (_, columns, cause) => {
    if (cause !== null) expect(judge(...columns)).toEqual({ kind: 'unavailable', cause: expect.stringMatching(cause) })
    else expect(judge(...columns).kind).not.toBe('valid')
  })
})

describe('arrays', () => {
  test.each([
    ['{}', []],
    ['{a}', ['a']],
    ['{a,b}', ['a', 'b']],
    ['{"a,b","c\\"d","e\\\\f",""}', ['a,b', 'c"d', 'e\\f', '']],
    ['{NULL,"NULL",null}', [null, 'NULL', null]],
    ['{ä,"{x}"}', ['ä', '{x}']],
  ])('%s', (text, elements) => expect(parseArray(text)).toEqual(elements))
  test.each(['', '{', '}', 'a', '{a', 'a}', '{a,}', '{,a}', '{,}', '{"a}', '{"a"b}', '{a b"c"}', '{{a}}', '[2:3]={a,b}', '{a}}'])(
    '%j is none',
    text => expect(parseArray(text)).toBeNull(),
  )
})
