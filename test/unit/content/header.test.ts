/** What is read from the header for people: dates, addresses, parameters, names. Whole messages stand in messages.test.ts. */
import { describe, expect, test } from 'vitest'
import { readAddresses } from '../../../src/content/header/addresses.ts'
import { readDate } from '../../../src/content/header/date.ts'
import { readFields } from '../../../src/content/header/fields.ts'
import { readMessageIds } from '../../../src/content/header/message-ids.ts'
import { readParameters } from '../../../src/content/header/parameters.ts'
import { unflow } from '../../../src/content/parts/flowed.ts'
import { cleanName } from '../../../src/content/parts/name.ts'
import { shallow } from '../../../src/content/parts/shallow.ts'
import { processorTime } from '../../support/processor-time.ts'

test.each([
  ['Sat, 21 Nov 2026 10:00:00 +0100', '2026-11-21T09:00:00.000Z'],
  ['21 Nov 2026 10:00', '2026-11-21T10:00:00.000Z'],
  ['Sat,21 Nov 2026 10:00:60 -0000', '2026-11-21T10:00:59.000Z'],
  ['Saturday, 21-Nov-26 10:00:00 EDT', '2026-11-21T14:00:00.000Z'],
  ['21 November 2026 3:05 PM GMT', '2026-11-21T15:05:00.000Z'],
  ['21 Nov 2026 12:05 AM', '2026-11-21T00:05:00.000Z'],
  ['21 Nov 99 10:00:00 +0000', '1999-11-21T10:00:00.000Z'],
  ['21 Nov 126 10:00:00 +0000', '2026-11-21T10:00:00.000Z'],
  ['Nov 21, 2026 10:00:00 +0200 2026', null],
  ['21 Nov 2026 24:00:00', null],
  ['31 Apr 2026 10:00:00', null],
  ['', null],
])('%s is %s', (text, time) => expect(readDate(text)).toBe(time))

test.each<[string, { name: string; address: string }[]]>([
  ['', []],
  [', ,;', []],
  ['a@b.example', [{ name: '', address: 'a@b.example' }]],
  ['A <a@b.example', [{ name: 'A', address: 'a@b.example' }]],
  ['"A, B" <a@b.example>', [{ name: 'A, B', address: 'a@b.example' }]],
  ['=?utf-8?q?A=2C_B?= <a@b.example>', [{ name: 'A, B', address: 'a@b.example' }]],
  ['=?utf-8?q?x=40y.example?=', [{ name: 'x@y.example', address: '' }]],
  ['a @ b . example', [{ name: '', address: 'a@b.example' }]],
  ['G: a@b.example, c@d.example; e@f.example', ['a@b.example', 'c@d.example', 'e@f.example'].map(address => ({ name: '', address }))],
  ['(only a comment', []],
])('the addresses in %s', (text, found) => expect(readAddresses([text], 100)).toEqual(found))

test.each([
  ['text/plain', 'text/plain', {}],
  ['TEXT / Plain; Charset = "a\\"b"; charset=c', 'text/plain', { charset: 'a"b' }],
  ['a/b; name=two words.pdf; x=1', 'a/b', { name: 'two words.pdf', x: '1' }],
  ['a/b; name="open', 'a/b', { name: 'open' }],
  ["a/b; name*1=b; name*0*=utf-8''%C3%A4", 'a/b', { name: 'äb' }],
  ['a/b; name*1=b; name*2=c', 'a/b', { name: 'bc' }],
  ['a/b;;; =x; ;name=n', 'a/b', { name: 'n' }],
  ['a/b; __proto__=p; constructor=c', 'a/b', { ['__proto__']: 'p', constructor: 'c' }],
])('the parameters of %s', (text, value, parameters) => {
  const read = readParameters(text)
  expect([read.value, [...read.parameters].sort()]).toEqual([value, Object.entries(parameters).sort()])
})

test.each([
  ['a.pdf', 'a.pdf'],
  ['/etc/a.pdf', 'a.pdf'],
  ['C:\\x\\a.pdf', 'a.pdf'],
  ['a\r\nb', 'ab'],
  ['..', null],
  ['/', null],
  ['a\u202efdp.exe', 'afdp.exe'],
  ['\ud800x', '\ufffdx'],
  [`${'n'.repeat(196)}.pdf`, `${'n'.repeat(196)}.pdf`],
  [`${'n'.repeat(197)}.pdf`, `${'n'.repeat(196)}.pdf`],
])('the name %j is %j', (name, clean) => expect(cleanName(name)).toBe(clean))

test.each<[string, string[]]>([
  ['<a@b> (c) <d@e>', ['<a@b>', '<d@e>']],
  ['<a\r\n @b>', ['<a@b>']],
  ['a@b, c', ['<a@b>']],
  ['<>', []],
])('the identifiers in %j', (text, found) => expect(readMessageIds(text)).toEqual(found))

test('tags as deep as may be, and one more; those that hold nothing do not count', () => {
  expect(shallow('<div><br><br><p><p><b>x</b></div>', 2)).toBe('<div><br><br><p><p><b>x</b></div>')
  expect(shallow('<div><b>x<i>y', 2)).toBe('<div><b>x')
})

describe('readFields', () => {
  const read = (text: string, limit = 1000) => readFields(Buffer.from(text, 'latin1'), limit)
  test('finds the body behind an empty line, and where there is none', () => {
    expect(read('A: b\r\n\r\nbody')).toEqual({ fields: [{ name: 'A', value: 'b' }], bodyStart: 8, cut: false })
    expect(read('A: b\nbody')).toMatchObject({ bodyStart: 5 })
    expect(read('A: b')).toMatchObject({ fields: [{ value: 'b' }], bodyStart: 4 })
    expect(read('\r\nbody')).toMatchObject({ fields: [], bodyStart: 2 })
  })
  test('leaves out a field that ends beyond the limit, with all its folds, and finds the body all the same', () => {
    const text = 'A: b\r\nC: d\r\n e\r\nF: g\r\n\r\nbody'
    expect(read(text, 16)).toMatchObject({ fields: [{ name: 'A' }, { value: 'd e' }], cut: true, bodyStart: 24 })
    expect(read(text, 15)).toMatchObject({ fields: [{ name: 'A' }], cut: true, bodyStart: 24 })
  })
})

test.each([
  ['a \nb', false, 'a b'],
  ['a \nb', true, 'ab'],
  ['a \n-- \nb', false, 'a \n-- \nb'],
  ['> a \nb', false, '> a \nb'],
  [' From\n >x', false, 'From\n>x'],
])('flowed %j, DelSp %j, is %j', (text, delSp, plain) => expect(unflow(text, delSp)).toBe(plain))

test.each([
  ['an address', `<a${' '.repeat(250_000)}b@c.example>`],
  ['words of EUC-KR', '=?euc-kr?q?=B0=A1?= x '.repeat(12_000)],
])('%s in a field as long as may be take no seconds', (_, field) => {
  expect(processorTime(() => expect(readAddresses([field], 2000)).toHaveLength(1))).toBeLessThan(3_000)
})
