import { describe, expect, test } from 'vitest'
import { type Header, parseHeader, readableSubject } from '../../../src/mail/header-fields.ts'

const octets = (text: string): Uint8Array => new TextEncoder().encode(text)
const latin1 = (text: string): Uint8Array => Uint8Array.from(text, c => c.charCodeAt(0))
const parse = (text: string, limit?: number): Header => parseHeader(octets(text), limit)

describe('where the header section ends', () => {
  test.each([
    ['A: 1\r\nB: 2\r\n\r\nbody\r\n', 14, ['a', 'b']],
    ['A: 1\nB: 2\n\nbody\n', 11, ['a', 'b']],
    ['A: 1\r\n\nbody', 7, ['a']],
    ['A: 1\n\r\nbody', 7, ['a']],
    ['\r\nA: 1\r\n', 2, []],
    ['\nA: 1\r\n', 1, []],
    ['', 0, []],
    ['A: 1', 4, ['a']],
    ['A: 1\r\n', 6, ['a']],
    ['A: 1\r\n b\r\n', 10, ['a']],
    // A line that is no field belongs to the body.
    ['A: 1\r\nno field here\r\nB: 2\r\n\r\n', 6, ['a']],
    ['A: 1\r\nno field', 6, ['a']],
    ['A: 1\r\n: x\r\n\r\n', 6, ['a']],
    ['A: 1\r\nä: x\r\n\r\n', 6, ['a']],
    [' folded first\r\nA: 1\r\n', 0, []],
    ['From somewhere Mon Jan 1\r\nA: 1\r\n', 0, []],
    // A bare CR is no line end.
    ['A: 1\r\rB: 2\r\n\r\n', 14, ['a']],
    ['A: 1\r\n\rB: 2\r\n\r\n', 6, ['a']],
    ['A: 1\r\n\r', 6, ['a']],
    // White space before the colon is obsolete, not wrong; a line of white space continues the field.
    ['A \t: 1\r\n\r\n', 10, ['a']],
    ['A: 1\r\n \r\nB: 2\r\n\r\n', 17, ['a', 'b']],
  ])('%j: %d', (text, bodyStart, names) => {
    const header = parse(text)
    expect(header.bodyStart).toBe(bodyStart)
    expect(header.names()).toEqual(names)
    expect(header.complete).toBe(true)
  })

  test.each([5, 4090, 4091, 4092, 4093, 4094, 4095, 4096, 4097, 4098, 9000])(
    'a field of %d octets, and nothing is lost at the first look’s end',
    length => {
      const text = `A: ${'x'.repeat(length)}\r\nB: 2\r\n\r\nbody`
      for (const spelled of [text, text.replaceAll('\r\n', '\n')]) {
        const header = parse(spelled)
        expect(header.bodyStart).toBe(spelled.length - 4)
        expect([header.first('a')?.length, header.first('b')]).toEqual([length, '2'])
      }
    },
  )
})

describe('limits', () => {
  const text = 'A: 1\r\nB: 2\r\n\r\nbody'
  test.each([
    [14, true, 14],
    [13, false, 13],
    [12, false, 12],
    [18, true, 14],
    [3, false, 3],
    [0, false, 0],
  ])('limit %d: complete is %s', (limit, complete, bodyStart) => {
    const header = parse(text, limit)
    expect([header.complete, header.bodyStart]).toEqual([complete, bodyStart])
  })

  test('a message shorter than the limit is complete, with a body or without', () => {
    expect(parse('A: 1\r\n', 6).complete).toBe(true)
    expect(parse('A: 1\r\n', 5).complete).toBe(false)
  })

  test('the default limit is 256 KiB', () => {
    expect(parse(`A: ${'x'.repeat(256 * 1024 - 7)}\r\n\r\nbody`).complete).toBe(true)
    expect(parse(`A: ${'x'.repeat(256 * 1024 - 6)}\r\n\r\nbody`).complete).toBe(false)
  })

  test.each([
    [2000, true, 2000],
    [2001, false, 2000],
  ])('%d fields', (fields, complete, counted) => {
    const header = parse(`${'A: 1\r\n'.repeat(fields)}\r\nbody`)
    expect([header.complete, header.count('a'), header.bodyStart]).toEqual([complete, counted, fields * 6 + 2])
  })

  test('a fold behind the last counted field is not taken for its own', () => {
    expect(
      parse(`${'A: 1\r\n'.repeat(2000)}B: 2\r\n 3\r\n\r\n`)
        .all('a')
        .at(-1),
    ).toBe('1')
  })
})

describe('values', () => {
  test.each([
    ['A: 1\r\n\r\n', '1'],
    ['A:1\r\n\r\n', '1'],
    ['a : 1\r\n\r\n', '1'],
    ['A:\t 1 \t\r\n\r\n', '1'],
    ['A:\r\n\r\n', ''],
    ['A:\r\n 1\r\n\r\n', '1'],
    ['A: 1\r\n  2\r\n\t3\r\n\r\n', '1  2\t3'],
    ['A: 1\n 2\n\n', '1 2'],
    ['A: 1\r\n \r\n\r\n', '1'],
    ['A: b: c\r\n\r\n', 'b: c'],
    ['A: ü\r\n\r\n', 'ü'],
    ['A: ü\r\n ü\r\n\r\n', 'ü ü'],
    ['A: \ufeffx\r\n\r\n', '\ufeffx'],
    ['A: \u00a0x\u00a0\r\n\r\n', '\u00a0x\u00a0'],
  ])('%j: %j', (text, value) => {
    expect(parse(text).first('a')).toBe(value)
  })

  test('invalid UTF-8 is read as Windows-1252; raw values keep each octet apart', () => {
    const wrong = parseHeader(latin1('A: \xfc\x80\r\n\r\n'))
    expect(wrong.first('a')).toBe('ü€')
    expect(parse('A: ü€\r\n\r\n').first('a')).toBe('ü€')
    expect(wrong.raw('a')).not.toEqual(parse('A: ü€\r\n\r\n').raw('a'))
    expect(wrong.raw('a')[0]).toHaveLength(2)
  })

  test('fields of a name, in any case, from the top', () => {
    const header = parse('Aa: 1\r\nB: x\r\nAA: 2\r\nab: y\r\naA: 3\r\n\r\n')
    expect([header.first('aa'), header.all('aa'), header.count('aa')]).toEqual(['1', ['1', '2', '3'], 3])
    expect([header.first('c'), header.all('c'), header.count('c')]).toEqual([undefined, [], 0])
    expect(header.count('')).toBe(0)
  })

  test('names that objects have are names like others', () => {
    const header = parse('__proto__: 1\r\nconstructor: 2\r\n\r\n')
    expect([header.first('__proto__'), header.first('constructor'), header.first('tostring')]).toEqual(['1', '2', undefined])
  })
})

describe('subjects for people', () => {
  test.each([
    ['Plain', 'Plain'],
    ['Grüße', 'Grüße'],
    ['=?utf-8?Q?Gr=C3=BC=C3=9Fe?=', 'Grüße'],
    ['=?UTF-8?q?a_b=20c?= d', 'a b c d'],
    ['=?iso-8859-1?Q?Gr=FC=DFe?=', 'Grüße'],
    ['=?windows-1252?Q?=80?=', '€'],
    ['=?utf-8?B?R3LDvMOfZQ==?=', 'Grüße'],
    ['=?utf-8?b?R3LDvMOfZQ?=', 'Grüße'],
    ['=?utf-8*en?Q?a?=', 'a'],
    ['=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=', '日本'],
    ['=?gb2312?B?1tDOxA==?=', '中文'],
    ['=?koi8-r?Q?=F0=D2?=', 'Пр'],
    // White space between words goes, other white space stays; a character may be split over two words.
    ['=?utf-8?Q?a?= =?utf-8?Q?b?=', 'ab'],
    ['=?utf-8?Q?a?=   =?iso-8859-1?Q?=FC?=', 'aü'],
    ['=?utf-8?Q?a?= x =?utf-8?Q?b?=', 'a x b'],
    ['=?utf-8?B?ww?= =?utf-8?B?vA==?=', 'ü'],
    ['=?utf-8?Q?=C3?= =?utf-8?Q?=BC?=', 'ü'],
    ['=?utf-8?Q?=C3?=', '\ufffd'],
    // What can't be decoded stays.
    ['=?x-unknown?Q?a?= =?x-unknown?Q?b?=', '=?x-unknown?Q?a?= =?x-unknown?Q?b?='],
    ['=?utf-8?X?a?=', '=?utf-8?X?a?='],
    ['=?utf-8?Q?a', '=?utf-8?Q?a'],
    ['=?utf-8?Q?=ZZ=?=', '=ZZ='],
    ['=?utf-8?Q?ü😀?=', 'ü😀'],
    ['=?utf-8?Q?a=0D=0ABcc:_x?=', 'a Bcc: x'],
    ['a\u202eb\u2066c\u0000d\u0085e\u200bf', 'abcdef'],
    ['a\u200db', 'a\u200db'],
    ['a\t\r\nb', 'a b'],
    ['  a  ', '  a  '],
  ])('%j: %j', (value, expected) => {
    expect(readableSubject(value)).toBe(expected)
  })

  test('at most 1,000 characters, and never half a surrogate pair', () => {
    expect(readableSubject('x'.repeat(1000))).toHaveLength(1000)
    expect(readableSubject('x'.repeat(1001))).toHaveLength(1000)
    expect(readableSubject(`${'x'.repeat(999)}😀`)).toBe('x'.repeat(999))
    expect(readableSubject('\ud800x')).toBe('\ufffdx')
  })

  test('of thousands of encoded-words the first 200 are decoded', () => {
    expect(readableSubject(`${'=?utf-8?Q??= '.repeat(200)}=?utf-8?Q?a?=`)).toBe('=?utf-8?Q?a?=')
    expect(readableSubject(`${'=?utf-8?Q??= '.repeat(199)}=?utf-8?Q?a?=`)).toBe('a')
  })
})
