import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTogether, mostTogether } from '../../../src/content/together.ts'
import { places } from '../../../src/lib/places.ts'

interface Item {
  readonly size: number
  /** What becomes of a task that it is in, and of it alone; behind a slow one a task ends. */
  readonly harm: 'none' | 'slow' | 'breaks-tasks' | 'fails'
}
const items = fc.array(
  fc.record({
    size: fc.oneof(fc.integer({ min: 0, max: 40_000 }), fc.constant(mostTogether.octets)),
    harm: fc.oneof(
      { weight: 6, arbitrary: fc.constant('none' as const) },
      fc.constantFrom('slow' as const, 'breaks-tasks' as const, 'fails' as const),
    ),
  }),
  { maxLength: 60 },
)
const tick = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

interface Run {
  readonly results: readonly PromiseSettledResult<Item>[]
  readonly tasks: readonly (readonly Item[])[]
  readonly alone: readonly Item[]
  readonly most: number
}

async function runAll(all: readonly Item[], atOnce: number): Promise<Run> {
  const tasks: (readonly Item[])[] = []
  const single: Item[] = []
  let [running, most] = [0, 0]
  const atWork = async <T>(work: () => T): Promise<T> => {
    most = Math.max(most, ++running)
    await tick()
    running--
    return work()
  }
  const together = createTogether<Item, Item>({
    threads: places(atOnce),
    several: group =>
      atWork(() => {
        tasks.push(group)
        if (group.some(({ harm }) => harm === 'breaks-tasks' || harm === 'fails')) throw new Error('a task broke')
        const slow = group.findIndex(({ harm }) => harm === 'slow')
        return slow < 0 ? group : group.slice(0, slow + 1)
      }),
    alone: item =>
      atWork(() => {
        single.push(item)
        if (item.harm === 'fails') throw new Error('it failed')
        return item
      }),
    sizeOf: ({ size }) => size,
  })
  const results = await Promise.allSettled(all.map(item => together.run(item)))
  return { results, tasks, alone: single, most }
}

describe('messages that share tasks', () => {
  test('each have their own result, whatever the others do to the task', () =>
    fc.assert(
      fc.asyncProperty(items, fc.integer({ min: 1, max: 3 }), async (all, atOnce) => {
        const { results, most, tasks, alone } = await runAll(all, atOnce)
        for (const [i, item] of all.entries()) {
          const result = results[i]!
          if (item.harm === 'fails') expect(result.status).toBe('rejected')
          else expect(result).toEqual({ status: 'fulfilled', value: item })
        }
        expect(most).toBeLessThanOrEqual(atOnce)
        for (const task of tasks) {
          expect(task.length).toBeGreaterThan(1)
          expect(task.length).toBeLessThanOrEqual(mostTogether.items)
          expect(task.slice(1).reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(mostTogether.octets)
        }
        // Nobody is done alone a second time.
        expect(new Set(alone).size).toBe(alone.length)
      }),
      { numRuns: 300 },
    ))

  test('go in the order in which they came, as many as may', async () => {
    const all = Array.from({ length: 2 * mostTogether.items + 1 }, (): Item => ({ size: 1, harm: 'none' }))
    const { tasks, alone } = await runAll(all, 1)
    // The first one found the thread free, or the first ones that came in one go.
    expect([...tasks.flat(), ...alone].length).toBe(all.length)
    expect(tasks.map(task => task.length)).toContain(mostTogether.items)
    expect(tasks.flat().map(item => all.indexOf(item))).toEqual(
      tasks
        .flat()
        .map(item => all.indexOf(item))
        .toSorted((a, b) => a - b),
    )
  })

  test('the first may be of any size: what it is read ahead with counts', async () => {
    const { octets } = mostTogether
    const all = [1, octets, octets / 2, octets / 2, 1].map((size): Item => ({ size, harm: 'none' }))
    const { tasks, alone } = await runAll(all, 1)
    expect([alone, tasks]).toEqual([[all[0], all[4]], [all.slice(1, 4)]])
  })
})
