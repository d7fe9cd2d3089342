/** How long answers are remembered, and how many. */
import { describe, expect, it } from 'vitest'
import { createCache } from '../../../../src/authentication/dns/cache.ts'

const records = (text: string, ttl = 10_000) => ({ kind: 'records', records: [text], ttl }) as const

describe('the cache', () => {
  it('gives an answer until its time is over, not after', () => {
    const cache = createCache(10)
    cache.keep('a', records('1'), 5_000)
    expect(cache.find('a', 14_999)).toEqual({ answer: records('1'), until: 15_000 })
    expect(cache.find('a', 15_000)).toBeNull()
    expect(cache.size).toBe(0)
  })

  it('keeps a failure two seconds', () => {
    const cache = createCache(10)
    cache.keep('a', { kind: 'failed', code: 'ESERVFAIL' }, 0)
    expect(cache.find('a', 1_999)?.answer).toEqual({ kind: 'failed', code: 'ESERVFAIL' })
    expect(cache.find('a', 2_000)).toBeNull()
  })

  it('holds so many entries, and lets the one go that was used least recently', () => {
    const cache = createCache(3)
    for (const key of ['a', 'b', 'c']) cache.keep(key, records(key), 0)
    cache.find('a', 1)
    expect(cache.size).toBe(3)
    cache.keep('d', records('d'), 0)
    expect(cache.size).toBe(3)
    expect(cache.find('b', 1)).toBeNull()
    expect(cache.find('a', 1)).not.toBeNull()
  })

  it('holds so many octets, however few the entries are', () => {
    const cache = createCache(10_000)
    for (let at = 0; at < 2_000; at++) cache.keep(`k${at}`, records('x'.repeat(60_000)), 0)
    expect(cache.size).toBeGreaterThan(300)
    expect(cache.size).toBeLessThan(350)
  })

  it.each([0, -1, 1.5, Number.NaN])('needs a size: %d', entries => {
    expect(() => createCache(entries)).toThrow(RangeError)
  })
})
