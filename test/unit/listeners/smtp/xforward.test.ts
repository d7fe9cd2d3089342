import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { attributes, type Forwarded, parseXforward } from '../../../../src/listeners/smtp/xforward.ts'

describe('what is understood', () => {
  test.each<[string, Forwarded]>([
    ['ADDR=192.0.2.1', { address: '192.0.2.1' }],
    ['addr=192.0.2.1', { address: '192.0.2.1' }],
    ['ADDR=IPv6:2001:db8::1', { address: '2001:db8::1' }],
    ['ADDR=2001:db8::1', { address: '2001:db8::1' }],
    ['ADDR=::ffff:192.0.2.1', { address: '192.0.2.1' }],
    ['ADDR=[UNAVAILABLE]', { address: null }],
    ['ADDR=[TEMPUNAVAIL]', { address: null }],
    ['ADDR=', { address: null }],
    ['NAME=[UNAVAILABLE] HELO=[unavailable]', { address: null, name: null, helo: null }],
    ['NAME=a.example HELO=b.example IDENT=4d5', { address: null, name: 'a.example', helo: 'b.example', ident: '4d5' }],
    ['HELO=a+2Bb', { address: null, helo: 'a+b' }],
    ['PORT=25 PROTO=ESMTP SOURCE=LOCAL', { address: null }],
    [' ADDR=192.0.2.1  NAME=x ', { address: '192.0.2.1', name: 'x' }],
    [`HELO=${'x'.repeat(255)}`, { address: null, helo: 'x'.repeat(255) }],
  ])('%s', (argument, expected) => expect(parseXforward(argument, {})).toEqual(expected))

  test('several commands add up; a later value stands', () => {
    const first = parseXforward('NAME=a.example ADDR=192.0.2.1', {})!
    expect(parseXforward('HELO=b.example NAME=c.example', first)).toEqual({ address: '192.0.2.1', name: 'c.example', helo: 'b.example' })
  })
})

describe('what is refused whole', () => {
  test.each([
    '',
    ' ',
    'ADDR',
    '=192.0.2.1',
    'ADDR=192.0.2.256',
    'ADDR=example.org',
    'ADDR=192.0.2.1 COLOUR=blue',
    '__proto__=x',
    'HELO=a+0D+0Ab',
    'HELO=a+00',
    'HELO=a+7F',
    'HELO=a+9',
    'HELO=a+',
    `HELO=${'x'.repeat(256)}`,
    'HELO=a\tb',
  ])('%s', argument => expect(parseXforward(argument, { address: '192.0.2.9' })).toBeNull())
})

test('whatever a peer sends: never a throw, never a control character, never what is no address', () => {
  const word = fc.oneof(
    fc
      .tuple(fc.constantFrom(...attributes, 'addr', '__proto__', 'toString', ''), fc.constantFrom('=', '', '=='), fc.string())
      .map(w => w.join('')),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('ADDR=192.0.2.1', 'ADDR=::1', 'NAME=+41', 'HELO=+C3+A9', 'IDENT=+0A'),
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), words => {
      const told = parseXforward(words.join(' '), {})
      if (told === null) return
      for (const value of Object.values(told)) {
        if (value === null) continue
        expect(value).not.toMatch(/[\x00-\x1f\x7f-\x9f]/)
        expect(value.length).toBeLessThanOrEqual(255)
      }
      expect(told.address ?? '::').toMatch(/^[0-9a-f.:%]/i)
      expect(Object.keys(told).every(key => ['address', 'name', 'helo', 'ident'].includes(key))).toBe(true)
    }),
  )
})
