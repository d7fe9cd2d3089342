import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createSites, type OpenSite } from '../../../src/main/sites.ts'
import { testSite } from '../../support/site.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const closed: string[] = []
const siteNamed = (name: string): OpenSite => ({
  ...testSite(),
  async close() {
    closed.push(name)
  },
})

test('an old site is closed after its rest, or with all the others', async () => {
  closed.length = 0
  const sites = createSites(siteNamed('a'))
  sites.replace(siteNamed('b'), 1_000)
  await vi.advanceTimersByTimeAsync(999)
  expect(closed).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(closed).toEqual(['a'])
  sites.replace(siteNamed('c'), 1_000)
  await sites.close()
  expect(closed.sort()).toEqual(['a', 'b', 'c'])
})

test('after many reloads in a row no more than two old ones are open', async () => {
  closed.length = 0
  const sites = createSites(siteNamed('0'))
  for (let i = 1; i <= 200; i++) sites.replace(siteNamed(`${i}`), 60_000)
  expect(closed).toEqual(Array.from({ length: 198 }, (_, i) => `${i}`))
  await vi.advanceTimersByTimeAsync(60_000)
  expect(closed).toHaveLength(200)
  await sites.close()
  expect(closed).toHaveLength(201)
})
