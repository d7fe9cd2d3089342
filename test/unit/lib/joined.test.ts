import { expect, test } from 'vitest'
import { joined } from '../../../src/lib/joined.ts'

test('pieces in their order, in memory of their own', () => {
  const pool = Buffer.from('-abc-')
  const whole = joined([pool.subarray(1, 2), new Uint8Array(0), pool.subarray(2, 4)])
  expect(Buffer.from(whole).toString()).toBe('abc')
  expect(whole.buffer.byteLength).toBe(3)
  pool.fill(0)
  expect(whole[0]).toBe(97)
  expect(joined([])).toHaveLength(0)
})
