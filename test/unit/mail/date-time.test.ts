import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseDateTime, receivedAt } from '../../../src/mail/date-time.ts'

const good: readonly [string, string][] = [
  ['Sat, 21 Nov 2026 06:10:11 +0000', '2026-11-21T06:10:11Z'],
  ['Sat, 21 Nov 2026 06:10:11 +0100 (CET)', '2026-11-21T05:10:11Z'],
  ['21 Nov 2026 06:10 -0930', '2026-11-21T15:40:00Z'],
  ['  Sat,  1 Nov 2026\r\n\t06:10:11 GMT', '2026-11-01T06:10:11Z'],
  ['Sat,21 nov 2026 06:10:11 UT', '2026-11-21T06:10:11Z'],
  ['Tue, 29 Feb 2028 23:59:60 +0000', '2028-02-29T23:59:59Z'],
  ['Thu, 1 Jan 1970 00:00:00 -0000', '1970-01-01T00:00:00Z'],
]
const bad = [
  '',
  'Sat, 30 Feb 2026 06:10:11 +0000',
  'Sat, 31 Nov 2026 06:10:11 +0000',
  'Sat, 0 Nov 2026 06:10:11 +0000',
  'Sat, 21 Nov 2026 24:10:11 +0000',
  'Sat, 21 Nov 2026 06:60:11 +0000',
  'Sat, 21 Nov 2026 06:10:61 +0000',
  'Sat, 21 Nov 2026 06:10:11 +2400',
  'Sat, 21 Nov 2026 06:10:11 EST',
  'Sat, 21 Nov 26 06:10:11 +0000',
  '2026-11-21T06:10:11Z',
  `Sat, 21 Nov 2026 06:10:11 +0000 (${'x'.repeat(200)})`,
]

test.each(good)('%s', (text, instant) => expect(parseDateTime(text)).toBe(Date.parse(instant)))
test.each(bad)('no date: %s', text => expect(parseDateTime(text)).toBeNull())

test('what toUTCString writes comes back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_102_444_800 }), seconds => {
      expect(parseDateTime(new Date(seconds * 1000).toUTCString())).toBe(seconds * 1000)
    }),
  )
})

test('any text is a date or null', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), text => {
      expect(parseDateTime(text) ?? 0).toBeTypeOf('number')
    }),
  )
})

test('the last semicolon of the Received field counts', () => {
  const field = 'from a (b [192.0.2.1; x]) by mx; id 1;\r\n\tSat, 21 Nov 2026 06:10:11 +0100 (CET)'
  expect(receivedAt(field)).toBe(Date.parse('2026-11-21T05:10:11Z'))
  expect(receivedAt('from a by b')).toBeNull()
  expect(receivedAt('from a by b;')).toBeNull()
  expect(receivedAt(undefined)).toBeNull()
})
