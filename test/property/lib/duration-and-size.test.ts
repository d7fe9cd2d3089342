// Durations and sizes: what is written is what is read, and nothing else is read.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatDuration, parseDuration } from '../../../src/lib/duration.ts'
import { formatSize, parseSize } from '../../../src/lib/size.ts'

const amount = fc.maxSafeNat()
const pairs = [
  { parse: parseDuration, format: formatDuration, units: { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5 } },
  { parse: parseSize, format: formatSize, units: { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } },
] as const

test.each(pairs)('parsing a formatted amount gives it back', ({ parse, format }) => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 1e14 }), value => void expect(parse(format(value))).toBe(value)))
})

test.each(pairs)('every unit counts as it should, or is refused where it can’t be counted exactly', ({ parse, units }) => {
  fc.assert(
    fc.property(fc.nat({ max: 1e9 }), fc.constantFrom(...Object.entries(units)), (count, [unit, worth]) => {
      const exact = BigInt(count) * BigInt(worth)
      expect(parse(`${count}${unit}`)).toBe(exact <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(exact) : null)
    }),
  )
})

test.each(pairs)('no text throws; a bare number, a sign, a fraction, white space or another unit is refused', ({ parse }) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), amount.map(String)), text => {
      const value = parse(text)
      expect(value === null || (Number.isSafeInteger(value) && value >= 0)).toBe(true)
    }),
  )
  for (const text of [
    '',
    '5',
    '-5s',
    '+5s',
    '1.5h',
    ' 5s',
    '5s ',
    '5 s',
    '5S',
    '5MB',
    '5kb',
    '05s',
    '05B',
    '1h30m',
    '5s\n',
    '1e3s',
    '٣s',
  ]) {
    expect(parse(text)).toBeNull()
  }
})
