import { expect, test } from 'vitest'
import { placed, places } from '../../../src/lib/places.ts'

test('given in the order of coming, and not to those who left', async () => {
  const { take } = places(1)
  const never = new AbortController().signal
  const leaving = new AbortController()
  const first = await take(never)
  const got: string[] = []
  const second = take(leaving.signal).then(
    () => got.push('second'),
    () => got.push('left'),
  )
  const third = take(never).then(giveBack => {
    got.push('third')
    return giveBack
  })
  leaving.abort(new Error('enough'))
  await second
  first()
  const giveBack = await third
  expect(got).toEqual(['left', 'third'])
  giveBack()
  await expect(take(AbortSignal.abort())).rejects.toThrow()
  await take(never)
})

test('a place is free again after work that gave something, and after work that failed', async () => {
  const at = places(1)
  const did: string[] = []
  const work = async (what: string) => {
    did.push(`${what} begins`)
    await null
    did.push(`${what} ends`)
    if (what === 'b') throw new Error('b failed')
    return what
  }
  const running = ['a', 'b', 'c'].map(what => placed(at, () => work(what)))
  // Whoever finds a place free doesn't wait for anything.
  expect(did).toEqual(['a begins'])
  const all = await Promise.allSettled(running)
  expect(did).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})
