/**
 * Small messages share a task of a thread, since to wake a thread and to be woken by it takes as long as a small message does. What
 * breaks such a task is not known to be one's fault or another's: then each is done alone. Knows nothing of threads.
 */
import { type Places, placed } from '../lib/places.ts'

export interface TogetherOptions<Item, Result> {
  /** A task takes one. */
  readonly threads: Places
  /**
   * In the order of the items; rejects where anything goes wrong with any of them. Given two or more. May stop after the first or a
   * later one, where that took long: the others are given again.
   */
  several(items: readonly Item[]): Promise<readonly Result[]>
  alone(item: Item): Promise<Result>
  /** Octets. */
  sizeOf(item: Item): number
}

export interface Together<Item, Result> {
  /** Rejects as `alone` does. */
  run(item: Item): Promise<Result>
}

/** Items of a task, and octets of all of them but the first. */
export const mostTogether = { items: 8, octets: 128 * 1024 } as const

interface Waiting<Item, Result> {
  readonly item: Item
  resolve(result: Result | Promise<Result>): void
}

export function createTogether<Item, Result>(options: TogetherOptions<Item, Result>): Together<Item, Result> {
  const { threads, several, alone, sizeOf } = options
  let waiting: Waiting<Item, Result>[] = []

  const next = (): readonly Waiting<Item, Result>[] => {
    let octets = 0
    let count = 0
    for (const { item } of waiting) {
      if (count > 0) octets += sizeOf(item)
      if (count === mostTogether.items || octets > mostTogether.octets) break
      count++
    }
    const taken = waiting.slice(0, count)
    waiting = waiting.slice(count)
    return taken
  }
  /** Before all others: they came before them. */
  const again = (rest: readonly Waiting<Item, Result>[]): void => {
    waiting = [...rest, ...waiting]
    for (const _ of rest) void placed(threads, task)
  }
  const aloneLater = ({ item, resolve }: Waiting<Item, Result>): void => resolve(placed(threads, () => alone(item)))
  const task = async (): Promise<void> => {
    const taken = next()
    const [first] = taken
    // Another task took it along.
    if (first === undefined) return
    if (taken.length === 1) {
      const only = alone(first.item)
      first.resolve(only)
      // Whoever waits for it is told of a failure.
      await only.catch(() => {})
      return
    }
    await several(taken.map(({ item }) => item)).then(
      results => {
        for (const [i, { resolve }] of taken.slice(0, results.length).entries()) resolve(results[i]!)
        if (results.length === 0) taken.forEach(aloneLater)
        else again(taken.slice(results.length))
      },
      () => taken.forEach(aloneLater),
    )
  }
  return {
    run: item =>
      new Promise(resolve => {
        waiting.push({ item, resolve })
        void placed(threads, task)
      }),
  }
}
