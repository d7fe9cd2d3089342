import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Runner, startRunner } from '../../../src/delivery/runner.ts'
import type { Delivery, Outcome, Processor } from '../../../src/transaction/ports.ts'
import { type MemoryQueue, memoryQueue } from '../../support/memory-queue.ts'

// A reload: what is under way ends with the old processors, the rest goes to the new ones, and together they make no more calls than one bears.
const schedule = { first: 60_000, factor: 2, max: 600_000, for: 3_600_000 }
const delivered: Outcome = { kind: 'delivered' }
const log = { debug() {}, info() {}, warn() {}, error() {} }

const processor = (deliver: (delivery: Delivery) => Promise<Outcome>, concurrency = 2): Processor => ({
  concurrency,
  timeout: 1_000,
  deliver,
})
const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

let queue: MemoryQueue

beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
  queue = memoryQueue()
})
afterEach(() => void vi.useRealTimers())

const states = () => queue.entries().map(entry => entry.state)

function run(processors: Record<string, Processor>): Runner {
  const options = { schedule, clock: Date.now, random: () => 0, log, traceFields: () => '' }
  return startRunner({ spool: queue.open(), processors: new Map(Object.entries(processors)), ...options })
}

describe('other processors', () => {
  test('a call under way ends with the old one, what is queued waits for its place in the new one, and nothing is called twice', async () => {
    const calls: string[] = []
    queue.add({ id: 1 })
    queue.add({ id: 2 })
    const called = (name: string, ms: number) =>
      processor(async ({ id }) => {
        calls.push(`${name} ${id}`)
        await sleep(ms)
        return delivered
      }, 1)
    const runner = run({ app: called('old', 500) })
    await pass(100)
    let replaced = false
    void runner.replace(new Map([['app', called('new', 10)]])).then(() => {
      replaced = true
    })
    await pass(300)
    expect([calls, replaced]).toEqual([['old 1'], false])
    await pass(200)
    expect([calls, replaced, states()]).toEqual([['old 1', 'new 2'], true, ['delivered', 'delivered']])
  })

  test('what the old one puts off, the new one tries when it is due', async () => {
    queue.add({ id: 1 })
    const runner = run({
      app: processor(async () => {
        await sleep(100)
        return { kind: 'retry', after: 30_000, detail: 'later' }
      }),
    })
    await pass(10)
    void runner.replace(new Map([['app', processor(async () => delivered)]]))
    await pass(90)
    expect(states()).toEqual(['queued'])
    await pass(30_100)
    expect(states()).toEqual(['delivered'])
  })

  test('a processor that is gone keeps its mail, one that is new gets it', async () => {
    queue.add({ id: 1 })
    const runner = run({ other: processor(async () => delivered) })
    runner.notify('app')
    await pass(100)
    expect(states()).toEqual(['queued'])
    void runner.replace(new Map([['app', processor(async () => delivered)]]))
    await pass(100)
    expect(states()).toEqual(['delivered'])
  })

  test('a stop waits for old calls too', async () => {
    queue.add({ id: 1 })
    const slow = processor(async () => {
      await sleep(500)
      return delivered
    })
    const runner = run({ app: slow })
    await pass(100)
    void runner.replace(new Map([['app', slow]]))
    let ended = false
    void runner.stop(1_000).then(() => {
      ended = true
    })
    await pass(399)
    expect(ended).toBe(false)
    await pass(1)
    expect([ended, states()]).toEqual([true, ['delivered']])
  })
})
