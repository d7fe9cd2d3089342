/** Netstrings: what is read, what is refused, and the limit on both sides. */
import { describe, expect, test } from 'vitest'
import { most, netstring, netstringReader } from '../../../../src/listeners/socketmap/netstring.ts'

function first(text: string) {
  const reader = netstringReader()
  reader.feed(Buffer.from(text))
  return reader.next()
}

test.each([
  ['5:hello,', 'hello'],
  ['12:hello,world!,', 'hello,world!'],
  ['7:schön!,', 'schön!'],
  ['7:schön!', null],
  ['8:schön!,', null],
  ['', null],
  ['1', null],
  ['12', null],
  ['12:', null],
])('%j', (text, expected) => expect(first(text)).toBe(expected))

test('the length counts octets', () => {
  expect(first('6:schön!,')).toEqual({ malformed: 'netstring without its comma' })
})

test('several in one piece, and the rest of one in the next', () => {
  const reader = netstringReader()
  reader.feed(Buffer.from('1:a,2:bc,3:d'))
  expect([reader.next(), reader.next(), reader.next(), reader.next()]).toEqual(['a', 'bc', null, null])
  reader.feed(Buffer.from('ef,'))
  expect([reader.next(), reader.next()]).toEqual(['def', null])
})

test.each([':', ':a,', '05:hello,', '0:,', '00', 'x', '-1:a,', '+1:a,', ' 1:a,', '1 :a,', '1x:a,', 'GET / HTTP/1.1', '\0'])(
  'malformed: %j',
  text => {
    expect(first(text)).toHaveProperty('malformed')
  },
)

describe('the most octets', () => {
  test.each([
    [`${most}:${'x'.repeat(most)},`, true],
    [`${most + 1}:`, false],
    ['9999:', false],
    ['99999', false],
    ['9999', null],
    ['100000:', false],
  ])('%#', (text, ok) => {
    const found = first(text)
    if (ok === null) expect(found).toBeNull()
    else if (ok) expect(found).toHaveLength(most)
    else expect(found).toEqual({ malformed: `netstring over ${most} octets` })
  })
})

test('written with the length in octets', () => {
  expect(netstring('OK ü@x.example')).toBe('15:OK ü@x.example,')
})
