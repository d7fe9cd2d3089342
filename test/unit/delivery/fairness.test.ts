import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startRunner } from '../../../src/delivery/runner.ts'
import { memoryQueue } from '../../support/memory-queue.ts'

// By the order of the calls, not by the clock: neither new mail nor a backlog waits for the other.
beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

const log = { debug() {}, info() {}, warn() {}, error() {} }
const schedule = { first: 60_000, factor: 2, max: 600_000, for: 3_600_000 }
const dead = 1_000
const concurrency = 4

test('new mail is called soon while a backlog is worked off, and the backlog goes on at full speed', async () => {
  const queue = memoryQueue()
  for (let id = 1; id <= dead; id++) queue.add({ id }, undefined, 'held')
  const order: number[] = []
  const came = new Map<number, number>()
  const app = {
    concurrency,
    async deliver({ id }: { id: number }) {
      order.push(id)
      await new Promise(resolve => setTimeout(resolve, 10))
      return { kind: 'delivered' } as const
    },
  }
  const options = { schedule, clock: Date.now, random: () => 0, log, traceFields: () => '' }
  const runner = startRunner({ spool: queue.open(), processors: new Map([['app', app]]), ...options })
  await vi.advanceTimersByTimeAsync(1_000)
  for (let id = 1; id <= dead; id++) queue.redeliver(id, 'release', Date.now())
  runner.notify('app')
  for (let id = dead + 1; id <= dead + 50; id++) {
    await vi.advanceTimersByTimeAsync(20)
    came.set(id, order.length)
    queue.add({ id, since: Date.now() })
    runner.notify('app')
  }
  await vi.advanceTimersByTimeAsync(5_000)
  const waited = [...came].map(([id, then]) => order.indexOf(id) - then)
  expect(Math.max(...waited)).toBeLessThanOrEqual(concurrency * 2)
  expect(order).toHaveLength(dead + 50)
  // Each 10 ms all places were used: nothing was lost to new mail but its own share.
  expect(came.get(dead + 50)).toBeGreaterThanOrEqual(50 * 2 * concurrency * 0.9)
})
