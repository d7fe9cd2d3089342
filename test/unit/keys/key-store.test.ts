import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createKeyStore, longestKey } from '../../../src/keys/key-store.ts'

test('is a map: whatever is added is found, with its value, and nothing else', () => {
  const key = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }),
    fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 }),
  )
  const added = fc.array(fc.tuple(key, fc.option(fc.nat(3))), { maxLength: 60 })
  fc.assert(
    fc.property(added, fc.array(key), (pairs, others) => {
      const [store, map] = [createKeyStore<number>(), new Map<string, number | null>()]
      for (const [name, value] of pairs) {
        expect(store.add(name, value)).toBe(!map.has(name))
        if (!map.has(name)) map.set(name, value)
      }
      for (const name of [...map.keys(), ...others]) {
        expect(store.get(name)).toBe(map.get(name))
        expect(store.has(name)).toBe(map.has(name))
      }
      expect([...store]).toEqual([...map])
      expect(store.size).toBe(map.size)
    }),
  )
})

test('grows over slots and blocks', () => {
  const store = createKeyStore<never>()
  const long = (n: number) => `${n}${'x'.repeat(n % 400)}`
  for (let n = 1; n <= 20_000; n++) expect(store.add(long(n), null)).toBe(true)
  for (let n = 1; n <= 20_000; n++) expect([store.has(long(n)), store.has(`${long(n)}.`)]).toEqual([true, false])
  expect([...store].map(([key]) => key)).toEqual(Array.from({ length: 20_000 }, (_, n) => long(n + 1)))
})

test.each([11, 12, 13, 14, 15])('a last key of %i octets at the end of a block', octets => {
  const store = createKeyStore<never>()
  // 514 octets each with the length: 2,040 of them leave 16, of which 2 are for the length and 2 for the end.
  const keys = Array.from({ length: 2_040 }, (_, n) => String(n).padStart(longestKey, '0'))
  const all = [...keys, 'e'.repeat(octets), 'one more']
  for (const key of all) expect(store.add(key, null)).toBe(true)
  expect(all.filter(key => !store.has(key))).toEqual([])
  expect([...store].map(([key]) => key)).toEqual(all)
})

test('the longest key is kept, a longer one is an error and not found', () => {
  const store = createKeyStore<never>()
  for (const unit of ['k', 'ü', '💌']) {
    const key = unit.repeat(longestKey / Buffer.byteLength(unit))
    expect([store.add(key, null), store.has(key), store.has(`${key}k`)]).toEqual([true, true, false])
    expect(() => store.add(`${key}k`, null)).toThrow(RangeError)
  }
  expect(() => store.add('', null)).toThrow(RangeError)
  expect([store.get(''), store.size]).toEqual([undefined, 3])
})

test('half a surrogate pair is not the character that UTF-8 writes for it', () => {
  const store = createKeyStore<never>()
  store.add('\ufffd', null)
  expect([store.has('\ufffd'), store.has('\ud83d')]).toEqual([true, false])
})
