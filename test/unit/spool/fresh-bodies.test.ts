import { describe, expect, test } from 'vitest'
import { makeFreshBodies } from '../../../src/spool/sqlite/fresh-bodies.ts'

const octets = (length: number, value = 1): Uint8Array => new Uint8Array(length).fill(value)

describe('fresh bodies', () => {
  test('are given as a whole, in memory of their own', () => {
    const fresh = makeFreshBodies()
    const chunk = octets(3)
    fresh.add('m', [chunk, octets(2, 2)])
    chunk.fill(9)
    expect(fresh.get('m')).toEqual(Uint8Array.of(1, 1, 1, 2, 2))
    expect(fresh.get('other')).toBeUndefined()
  })

  test('are kept up to the limit, the last ones', () => {
    const fresh = makeFreshBodies(10)
    fresh.add('a', [octets(5)])
    fresh.add('b', [octets(5)])
    expect(fresh.get('a')).toBeDefined()
    fresh.add('c', [octets(1)])
    expect([fresh.get('a'), fresh.get('b')?.length, fresh.get('c')?.length]).toEqual([undefined, 5, 1])
    fresh.add('large', [octets(11)])
    expect(['b', 'c', 'large'].map(fresh.get)).toEqual([undefined, undefined, undefined])
    fresh.add('again', [octets(10)])
    expect(fresh.get('again')?.length).toBe(10)
  })

  test('count once where they are added twice', () => {
    const fresh = makeFreshBodies(10)
    for (let i = 0; i < 3; i++) fresh.add('a', [octets(6)])
    fresh.add('b', [octets(4)])
    expect(['a', 'b'].map(id => fresh.get(id)?.length)).toEqual([6, 4])
  })

  test('are forgotten', () => {
    const fresh = makeFreshBodies(10)
    fresh.add('a', [octets(10)])
    fresh.clear()
    expect(fresh.get('a')).toBeUndefined()
    fresh.add('b', [octets(10)])
    expect(fresh.get('b')?.length).toBe(10)
  })
})
