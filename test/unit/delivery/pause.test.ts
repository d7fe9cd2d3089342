import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Runner, startRunner } from '../../../src/delivery/runner.ts'
import type { Delivery, Outcome, Processor } from '../../../src/transaction/ports.ts'
import { type MemoryQueue, memoryQueue } from '../../support/memory-queue.ts'

// A processor that fails in a row, seen from the queue: who is called when, and what is said of it.
const schedule = { first: 600_000, factor: 2, max: 3_600_000, for: 36_000_000 }
const pause = { after: 3, longest: 60_000 }
const bad: Outcome = { kind: 'retry', detail: 'HTTP 503' }
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

let queue: MemoryQueue
let lines: string[]
let calls: number[]
let running: number
let most: number
let outcome: Outcome
let runner: Runner

const at = (level: string) => (_: object, text: string) => void lines.push(`${level} ${text}`)
const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }

const app = (concurrency = 4): Processor => ({
  concurrency,
  async deliver(_: Delivery) {
    calls.push(Date.now())
    most = Math.max(most, ++running)
    await new Promise(resolve => setTimeout(resolve, 10))
    running--
    return outcome
  },
})

function begin(concurrency = 4): void {
  const options = { schedule, pause, clock: Date.now, random: () => 0, log, traceFields: () => '' }
  runner = startRunner({ spool: queue.open(), processors: new Map([['app', app(concurrency)]]), ...options })
}

beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
  queue = memoryQueue()
  lines = []
  calls = []
  running = most = 0
  outcome = bad
  for (let id = 1; id <= 40; id++) queue.add({ id })
})
afterEach(() => void vi.useRealTimers())

const saying = (text: string) => lines.filter(line => line.includes(text))
const attempts = () => queue.entries().reduce((sum, { delivery }) => sum + delivery.attempts, 0)

describe('a processor that fails in a row', () => {
  test('gets one call at a time, and its mail uses up no attempt', async () => {
    begin()
    await pass(400)
    // Two places were free again before the third call failed.
    expect([calls.length, attempts()]).toEqual([6, 6])
    most = 0
    await pass(7_700)
    // The first pause began at 10 ms, each try takes 10 ms: 510, 1520, 3530, 7540.
    expect([calls.slice(6), most, attempts()]).toEqual([[510, 1_520, 3_530, 7_540], 1, 10])
    expect(saying('paused')).toEqual(['warn the calls of a processor failed in a row: paused; it is tried from time to time'])
    expect(runner.processors()[0]).toMatchObject({ allowed: 0, paused: { since: 10, until: 15_550, cause: 'HTTP 503' } })
  })

  test('new mail does not hurry it', async () => {
    begin()
    await pass(100)
    for (let i = 0; i < 40; i++) {
      runner.notify('app')
      await pass(10)
    }
    expect(calls).toHaveLength(6)
  })

  test('gets all its mail when it answers again, by and by more at once', async () => {
    begin()
    await pass(400)
    most = 0
    outcome = { kind: 'delivered' }
    await pass(119)
    expect(most).toBe(1)
    await pass(5)
    expect(most).toBe(2)
    await pass(1_000)
    expect(most).toBe(4)
    expect(queue.entries().filter(({ state }) => state === 'delivered')).toHaveLength(34)
    expect(saying('answers again')).toHaveLength(1)
    expect(runner.processors()[0]).toMatchObject({ allowed: 4, paused: null })
  })

  test('is called at once when it is resumed, and after other processors were given', async () => {
    begin()
    await pass(100)
    expect([runner.resume('app'), runner.resume('other')]).toEqual([true, false])
    await pass(5)
    expect(calls).toHaveLength(10)
    await pass(100)
    const before = calls.length
    await runner.replace(new Map([['app', app()]]))
    await pass(5)
    expect(calls).toHaveLength(before + 4)
  })

  test('and is gone, it says: an error is logged once, it is tried every ten minutes at the most', async () => {
    outcome = { ...bad, gone: true }
    begin(1)
    await pass(1_000_000)
    expect([calls, saying('error')]).toEqual([[0, 300_010, 600_020, 900_030], [expect.stringContaining('gone for good')]])
  })
})

describe('a call that somebody waits for', () => {
  const ask = (id: number, within = 5_000) => {
    queue.add({ id, since: Date.now() }, Buffer.from(''), 'delivering')
    return runner.handoff.ask({ processor: 'app', delivery: id, others: [], within })
  }
  const state = (id: number) => queue.entries().find(({ delivery }) => delivery.id === id)?.state

  test('is not made in a pause, and its client does not wait', async () => {
    begin()
    await pass(100)
    const asked = ask(100)
    expect(await asked.outcome).toEqual({ kind: 'retry', detail: 'the processor is paused: HTTP 503' })
    expect(calls).toHaveLength(6)
    asked.said('kept')
    await pass(1)
    expect(state(100)).toBe('queued')
  })

  test('is the try where a try is due', async () => {
    for (const { delivery } of queue.entries()) queue.redeliver(delivery.id, 'discard', 0)
    for (let id = 50; id < 53; id++) queue.add({ id })
    begin()
    await pass(1_000)
    outcome = { kind: 'delivered' }
    const asked = ask(100)
    await pass(20)
    expect([await asked.outcome, state(100), runner.processors()[0]?.paused]).toEqual([
      { kind: 'delivered', detail: '' },
      'delivered',
      null,
    ])
  })
})
