/**
 * Whatever the processors answer, however often the spool fails and the program restarts: every delivery ends delivered or
 * failed, as its processor last said; none is lost, none runs twice at the same time, none is called again after its end.
 */
import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import { type Runner, startRunner } from '../../../src/delivery/runner.ts'
import { type Delivery, type Outcome, type Processor, SpoolUnavailable } from '../../../src/transaction/ports.ts'
import { memoryQueue } from '../../support/memory-queue.ts'

afterEach(() => void vi.useRealTimers())

const schedule = { first: 10_000, factor: 2, max: 100_000, for: 1_000_000 }
const log = { debug() {}, info() {}, warn() {}, error() {} }

/** What happens in one call: after `ms` an answer, or a throw, or (`hang`) nothing until the signal, or (`deaf`)
 * nothing for a long time, whatever the signal says. */
const step = fc.record({
  ms: fc.integer({ min: 0, max: 6_000 }),
  does: fc.constantFrom('delivered', 'retry', 'failed', 'throw', 'hang', 'deaf', 'nonsense'),
})
const delivery = fc.record({
  processor: fc.constantFrom('one', 'two'),
  since: fc.integer({ min: 0, max: 60_000 }),
  steps: fc.array(step, { maxLength: 5 }),
})
/** The program stops, or is killed, after so many ms; at the end it runs undisturbed. */
const life = fc.record({ ms: fc.integer({ min: 0, max: 60_000 }), deadline: fc.option(fc.integer({ min: 0, max: 3_000 }), { nil: null }) })
const world = fc.record({
  deliveries: fc.array(delivery, { minLength: 1, maxLength: 12 }),
  lives: fc.array(life, { maxLength: 4 }),
  /** The n-th call of the spool fails. */
  trouble: fc.uniqueArray(fc.integer({ min: 0, max: 150 }), { maxLength: 40 }),
  concurrency: fc.integer({ min: 1, max: 4 }),
})
type World = typeof world extends fc.Arbitrary<infer T> ? T : never

async function play({ deliveries, lives, trouble, concurrency }: World): Promise<void> {
  const queue = memoryQueue()
  for (const [id, { processor, since }] of deliveries.entries()) queue.add({ id, processor, since })
  const cursor = deliveries.map(() => 0)
  const last: (Outcome['kind'] | undefined)[] = []
  const ended: number[] = []
  // The runner takes a throw for an answer, so what is wrong is noted here.
  const wrong: string[] = []
  const check = (good: boolean, text: string): void => void (good || wrong.push(text))
  let epoch = 0
  let spoolCalls = 0
  let running = new Map<string, Set<number>>()
  const deaf = new Set<number>()

  const processor = (name: string): Processor => ({
    concurrency,
    timeout: 2_000,
    async deliver({ id }: Delivery, _message, signal) {
      const born = epoch
      const mine = running.get(name) ?? new Set()
      running.set(name, mine)
      check(!mine.has(id), 'runs twice at the same time')
      check(queue.entries()[id]!.state === 'delivering', 'called when not claimed')
      check(ended[id] !== epoch, 'called again after its end')
      mine.add(id)
      check([...mine].filter(other => !deaf.has(other)).length <= concurrency, 'more calls than the processor bears')
      const { ms, does } = deliveries[id]!.steps[cursor[id]!++] ?? { ms: 1, does: 'delivered' }
      const cut = await new Promise<boolean>(resolve => {
        if (does !== 'hang') setTimeout(resolve, does === 'deaf' ? ms * 20 : ms, false)
        signal.addEventListener('abort', () => (does === 'deaf' ? deaf.add(id) : resolve(true)))
      })
      if (born === epoch) mine.delete(id)
      if (born === epoch) deaf.delete(id)
      if (cut || does === 'throw') throw new Error('broken')
      if (born === epoch && (does === 'delivered' || does === 'failed')) {
        last[id] = does
        ended[id] = epoch
      }
      return (does === 'nonsense' ? undefined : { kind: does === 'deaf' ? 'retry' : does, detail: does }) as Outcome
    },
  })

  const begin = (calm: boolean): { runner: Runner; close(): void } => {
    const spool = queue.open(() => (!calm && trouble.includes(spoolCalls++) ? new SpoolUnavailable('trouble', false) : null))
    const processors = new Map(['one', 'two'].map(name => [name, processor(name)]))
    const runner = startRunner({ spool, processors, schedule, clock: Date.now, random: () => 0.5, log, traceFields: () => '' })
    return { runner, close: () => spool.close() }
  }
  const kill = (close: () => void): void => {
    close()
    epoch++
    deaf.clear()
    running = new Map()
  }

  for (const { ms, deadline } of lives) {
    const { runner, close } = begin(false)
    await vi.advanceTimersByTimeAsync(ms)
    if (deadline !== null) {
      const stopped = runner.stop(deadline)
      await vi.advanceTimersByTimeAsync(deadline + 1_000)
      await stopped
    }
    kill(close)
  }
  const { runner, close } = begin(true)
  await vi.advanceTimersByTimeAsync(2_000_000)
  const stopped = runner.stop(0)
  await vi.advanceTimersByTimeAsync(1_000)
  await stopped
  kill(close)

  expect(wrong).toEqual([])
  expect(queue.entries()).toHaveLength(deliveries.length)
  for (const { state, detail, delivery } of queue.entries()) {
    if (!detail.startsWith('given up')) expect([delivery.id, state]).toEqual([delivery.id, last[delivery.id]])
    else expect(state).toBe('failed')
  }
  for (const { running } of runner.processors()) expect(running).toBe(0)
}

test('every delivery ends, once, as its processor said', async () => {
  vi.useFakeTimers({ now: 0 })
  await fc.assert(
    fc.asyncProperty(world, async some => {
      vi.clearAllTimers()
      vi.setSystemTime(0)
      await play(some)
    }),
    { numRuns: 150 },
  )
})
