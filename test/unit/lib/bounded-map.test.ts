import { expect, test } from 'vitest'
import { createBoundedMap } from '../../../src/lib/bounded-map.ts'

test('keeps as many as its limit, and one more makes the oldest go', () => {
  const gone: [string, number][] = []
  const map = createBoundedMap<string, number>(2, (key, value) => gone.push([key, value]))
  map.set('a', 1)
  map.set('b', 2)
  expect([map.size, gone]).toEqual([2, []])
  map.set('c', 3)
  expect([map.size, gone, [...map.entries()]]).toEqual([
    2,
    [['a', 1]],
    [
      ['b', 2],
      ['c', 3],
    ],
  ])
})

test('get and set count as use, peek does not', () => {
  const map = createBoundedMap<string, number>(3)
  for (const key of ['a', 'b', 'c']) map.set(key, 0)
  map.get('a')
  map.peek('b')
  map.set('c', 1)
  map.set('d', 0)
  map.set('e', 0)
  expect([...map.entries()].map(([key]) => key)).toEqual(['c', 'd', 'e'])
})

test('setting a key again evicts nobody', () => {
  const map = createBoundedMap<string, number>(2)
  map.set('a', 1)
  map.set('b', 1)
  map.set('a', 2)
  expect([...map.entries()]).toEqual([
    ['b', 1],
    ['a', 2],
  ])
})

test('works on after being cleared and emptied', () => {
  const map = createBoundedMap<string, number>(1)
  for (const key of ['a', 'b', 'c']) map.set(key, 1)
  map.clear()
  map.set('d', 1)
  expect(map.delete('d')).toBe(true)
  expect(map.delete('d')).toBe(false)
  for (const key of ['e', 'f']) map.set(key, 1)
  expect([...map.entries()]).toEqual([['f', 1]])
})

test.each([0, -1, 1.5, Number.NaN])('a size of %s is an error', size => {
  expect(() => createBoundedMap(size)).toThrow('at least 1')
})
