import { describe, expect, test } from 'vitest'
import { type CachedOptions, cached } from '../../../src/keys/cached.ts'
import type { KeyVerifier } from '../../../src/transaction/ports.ts'
import { down, expired, query, revoked, says, slow, unknown, valid } from './scripted.ts'

const settings = { positive: 1_000, negative: 100, entries: 10 }

function remember(verifier: KeyVerifier, more: Partial<CachedOptions> = {}) {
  const time = { now: 5_000 }
  return { time, cache: cached({ ...settings, verifier, clock: () => time.now, ...more }) }
}

describe('an answer is said again', () => {
  test.each([
    ['valid', valid({ subject: '1' }), 1_000],
    ['unknown', unknown, 100],
    ['revoked', revoked, 100],
    ['expired', expired(0), 100],
  ])('%s, for its time to live and no longer', (_, answer, life) => {
    const store = says(answer)
    const { time, cache } = remember(store)
    expect(cache.verify(query('k'))).toEqual(answer)
    time.now += life - 1
    expect(cache.verify(query('k'))).toEqual(answer)
    expect(store.asked).toHaveLength(1)
    time.now += 1
    expect(cache.verify(query('k'))).toEqual(answer)
    expect(store.asked).toHaveLength(2)
  })

  test('“later” never is', () => {
    const store = says(down)
    const { cache } = remember(store)
    for (let i = 0; i < 3; i++) expect(cache.verify(query('k'))).toEqual(down)
    expect(store.asked).toHaveLength(3)
  })

  test('without a promise, also where the store needed one', async () => {
    const store = slow()
    const { cache } = remember(store)
    const first = cache.verify(query('k'))
    store.open[0]!.answer(valid())
    expect(await first).toEqual(valid())
    expect(cache.verify(query('k'))).toEqual(valid())
  })

  test('0 is for not at all', () => {
    const store = says({ good: valid() })
    const { cache } = remember(store, { positive: 0, negative: 0 })
    for (const key of ['good', 'good', 'bad', 'bad']) cache.verify(query(key))
    expect(store.asked).toHaveLength(4)
    expect(cache.forget!()).toBe(0)
  })

  test('and not while the clock stands before it was given', () => {
    const store = says(unknown)
    const { time, cache } = remember(store)
    cache.verify(query('k'))
    time.now -= 1
    cache.verify(query('k'))
    expect(store.asked).toHaveLength(2)
  })

  test('for the same mailbox, route and key only', () => {
    const store = says(unknown)
    const { cache } = remember(store)
    const places = [
      { mailbox: 'ab', route: 'c', key: 'd' },
      { mailbox: 'a', route: 'bc', key: 'd' },
      { mailbox: 'ab', route: '', key: 'cd' },
      { mailbox: 'ab', route: 'c', key: 'D' },
    ]
    for (const place of [...places, ...places]) cache.verify(query(place.key, place))
    expect(store.asked).toEqual(['d', 'd', 'cd', 'D'])
    for (const more of [{ sender: 'eve@example.net' }, { client: null }, { recipient: '' }])
      cache.verify(query('d', { ...places[0]!, ...more }))
    expect(store.asked).toHaveLength(4)
  })

  test('and not to who asks with an author: he is answered by the store, and that is not remembered', () => {
    const store = says(valid({ subject: '1' }))
    const { cache } = remember(store)
    const asked = () => store.asked.length
    for (const expected of [1, 2]) {
      cache.verify(query('k', { author: 'ann@example.net' }))
      expect(asked()).toBe(expected)
    }
    cache.verify(query('k'))
    cache.verify(query('k'))
    expect(asked()).toBe(3)
    cache.verify(query('k', { author: 'ann@example.net' }))
    expect([asked(), cache.forget!()]).toEqual([4, 1])
  })

  test('for a key in any case where the verifier folds ASCII letters', () => {
    const store = says(unknown, { foldsCase: true })
    const { cache } = remember(store)
    for (const key of ['Key', 'KEY', '\u212aey', 'É', 'é']) cache.verify(query(key))
    expect(store.asked).toEqual(['Key', '\u212aey', 'É', 'é'])
    expect(cache.forget!('kEy')).toBe(1)
  })
})

describe('a key that expires', () => {
  test('is expired from then on, without another question', () => {
    const store = says(valid({ subject: '1', expires: 9_000 }))
    const { cache } = remember(store)
    expect(cache.verify(query('k', { at: 0 }))).toEqual(valid({ subject: '1', expires: 9_000 }))
    expect(cache.verify(query('k', { at: 8_999 }))).toEqual(valid({ subject: '1', expires: 9_000 }))
    expect(cache.verify(query('k', { at: 9_000 }))).toEqual(expired(9_000))
    expect(store.asked).toHaveLength(1)
  })

  test('and was remembered as expired is asked about anew for a time before', () => {
    const store: KeyVerifier & { asked: number } = {
      asked: 0,
      verify({ at }) {
        store.asked++
        return at >= 9_000 ? expired(9_000) : valid({ expires: 9_000 })
      },
    }
    const { cache } = remember(store)
    expect(cache.verify(query('k', { at: 9_000 }))).toEqual(expired(9_000))
    expect(cache.verify(query('k', { at: 9_500 }))).toEqual(expired(9_000))
    expect(store.asked).toBe(1)
    expect(cache.verify(query('k', { at: 8_999 }))).toEqual(valid({ expires: 9_000 }))
    expect(cache.verify(query('k', { at: 9_000 }))).toEqual(expired(9_000))
    expect(store.asked).toBe(2)
  })

  test('is judged by each who waits at his own time', async () => {
    const store = slow()
    const { cache } = remember(store)
    const [before, after] = [cache.verify(query('k', { at: 1 })), cache.verify(query('k', { at: 9 }))]
    store.open[0]!.answer(valid({ expires: 5 }))
    expect([await before, await after]).toEqual([valid({ expires: 5 }), expired(5)])
    const [late, early] = [cache.verify(query('l', { at: 9 })), cache.verify(query('l', { at: 1 }))]
    store.open[1]!.answer(expired(5))
    expect(await late).toEqual(expired(5))
    expect(store.open[2]!.query.at).toBe(1)
    store.open[2]!.answer(valid({ expires: 5 }))
    expect(await early).toEqual(valid({ expires: 5 }))
  })
})

describe('a time long ago', () => {
  test('is answered and not remembered: the key may be good no more', () => {
    const { time, cache } = remember({ verify: ({ at }) => (at < 70_000 ? valid() : expired(70_000)) })
    time.now = 200_000
    expect(cache.verify(query('k', { at: 60_000 }))).toEqual(valid())
    expect(cache.verify(query('k', { at: time.now }))).toEqual(expired(70_000))
    expect(cache.verify(query('k', { at: 60_000 }))).toEqual(valid())
    expect(cache.verify(query('k', { at: time.now }))).toEqual(expired(70_000))
  })

  test('is not answered for who asks about now meanwhile', async () => {
    const store = slow()
    const { time, cache } = remember(store)
    time.now = 200_000
    const then = cache.verify(query('k', { at: 60_000 }))
    const now = cache.verify(query('k', { at: time.now }))
    store.open[0]!.answer(valid())
    store.open[1]!.answer(expired(70_000))
    expect([await then, await now]).toEqual([valid(), expired(70_000)])
  })
})

describe('one question for many', () => {
  test('who asks while it is open gets the same answer, “later” too', async () => {
    for (const answer of [valid({ subject: '1' }), unknown, down]) {
      const store = slow()
      const { cache } = remember(store)
      const waiting = Array.from({ length: 50 }, () => cache.verify(query('k')))
      expect(store.open).toHaveLength(1)
      store.open[0]!.answer(answer)
      expect(await Promise.all(waiting)).toEqual(waiting.map(() => answer))
    }
  })

  test('after “later” the next one asks again', async () => {
    const store = slow()
    const { cache } = remember(store)
    const first = cache.verify(query('k'))
    store.open[0]!.answer(down)
    await first
    cache.verify(query('k'))
    expect(store.open).toHaveLength(2)
  })

  test('an error reaches all who wait, and none after them', async () => {
    const store = slow()
    const { cache } = remember(store, { questions: 1 })
    const waiting = [cache.verify(query('k')), cache.verify(query('k'))]
    store.open[0]!.fail(new Error('a bug'))
    for (const one of waiting) await expect(one).rejects.toThrow('a bug')
    const next = cache.verify(query('k'))
    store.open[1]!.answer(unknown)
    expect(await next).toEqual(unknown)
  })

  test('no more are open than are allowed', async () => {
    const store = slow()
    const { cache } = remember(store, { questions: 2 })
    const first = cache.verify(query('a'))
    cache.verify(query('b'))
    expect(cache.verify(query('c'))).toEqual({ kind: 'unavailable', cause: 'too many keys are being asked about' })
    expect(cache.verify(query('a'))).toBeInstanceOf(Promise)
    store.open[0]!.answer(unknown)
    await first
    expect(cache.verify(query('c'))).toBeInstanceOf(Promise)
    expect(store.open.map(({ query: asked }) => asked.key)).toEqual(['a', 'b', 'c'])
  })
})

describe('forget', () => {
  test('drops one key, or all, and says how many answers that were', () => {
    const store = says(unknown)
    const { cache } = remember(store)
    const ask = () => ['a', 'b', 'c'].forEach(key => void cache.verify(query(key)))
    ask()
    cache.verify(query('a', { route: 'other' }))
    expect([cache.forget!('a'), cache.forget!('a'), cache.forget!('nobody')]).toEqual([2, 0, 0])
    ask()
    expect(store.asked).toEqual(['a', 'b', 'c', 'a', 'a'])
    expect([cache.forget!(), cache.forget!()]).toEqual([3, 0])
    ask()
    expect(store.asked).toHaveLength(8)
  })

  test.each([['k'], [undefined]])('an answer under way is not kept (%s)', async key => {
    const store = slow()
    const { cache } = remember(store, { questions: 2 })
    const before = cache.verify(query('k'))
    expect(cache.forget!(key)).toBe(0)
    const after = cache.verify(query('k'))
    expect(store.open).toHaveLength(2)
    store.open[1]!.answer(revoked)
    store.open[0]!.answer(valid())
    expect([await before, await after]).toEqual([valid(), revoked])
    expect(cache.verify(query('k'))).toEqual(revoked)
    // Both questions are over.
    for (const other of ['x', 'y']) expect(cache.verify(query(other))).toBeInstanceOf(Promise)
  })

  test('reaches the verifier behind', () => {
    const { cache } = remember({ ...says(unknown), forget: key => (key === 'k' ? 5 : 7) })
    cache.verify(query('k'))
    expect([cache.forget!('k'), cache.forget!()]).toEqual([6, 7])
  })
})

describe('bounds', () => {
  test('the entry unused for longest goes first', () => {
    const store = says(unknown)
    const { cache } = remember(store, { entries: 2 })
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) cache.verify(query(key))
    expect(store.asked).toEqual(['a', 'b', 'c', 'b'])
  })

  test('a key of 512 characters is kept, a longer one is not', () => {
    const store = says(unknown)
    const { cache } = remember(store)
    for (const length of [512, 512, 513, 513]) cache.verify(query('a'.repeat(length)))
    expect(store.asked.map(key => key.length)).toEqual([512, 513, 513])
  })

  test.each([0, -1, 1.5, Number.NaN])('%d entries are an error', entries => {
    expect(() => remember(says(unknown), { entries })).toThrow(RangeError)
  })
})

test('what the verifier tells of case is passed on, and so is close', async () => {
  const log: string[] = []
  const { cache } = remember(says(unknown, { foldsCase: true, mayBe: key => key === 'k', close: () => void log.push('closed') }))
  expect([cache.foldsCase, cache.mayBe!('k'), cache.mayBe!('l')]).toEqual([true, true, false])
  await cache.close!()
  expect(log).toEqual(['closed'])
  const { cache: plain } = remember(says(unknown))
  expect([plain.foldsCase, plain.mayBe]).toEqual([false, undefined])
  await plain.close!()
})
