import { expect, test } from 'vitest'
import { idTime, newId } from '../../../src/lib/id.ts'

test('an id is 16 characters of an alphabet without i, l, o and u', () => {
  for (let n = 0; n < 1000; n++) expect(newId(1_700_000_000_000 + n)).toMatch(/^[0-9a-hjkmnp-tv-z]{16}$/)
})

test('ids sort by time, over every carry', () => {
  const times = [0, 1, 31, 32, 2 ** 25 - 1, 2 ** 25, 1_700_000_000_000, 1_700_000_000_001, 2 ** 45 - 1]
  const ids = times.map(newId)
  expect([...ids].sort()).toEqual(ids)
  expect(ids.map(idTime)).toEqual(times)
})

test('ids of the same millisecond differ', () => {
  expect(new Set(Array.from({ length: 10_000 }, () => newId(1_700_000_000_000))).size).toBe(10_000)
})

test('what is no id has no time', () => {
  const id = newId(0)
  expect([
    idTime(''),
    idTime(id.slice(1)),
    idTime(`${id}0`),
    idTime(id.toUpperCase().replace(/./, 'A')),
    idTime(`u${id.slice(1)}`),
  ]).toEqual([null, null, null, null, null])
})
