import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Runner, startRunner } from '../../../src/delivery/runner.ts'
import type { Schedule } from '../../../src/delivery/schedule.ts'
import { type Delivery, type MessageSource, type Outcome, type Processor, SpoolUnavailable } from '../../../src/transaction/ports.ts'
import { type MemoryQueue, memoryQueue } from '../../support/memory-queue.ts'

const schedule: Schedule = { first: 60_000, factor: 2, max: 600_000, for: 3_600_000 }
const delivered: Outcome = { kind: 'delivered' }
const retry: Outcome = { kind: 'retry', detail: 'later' }

type Deliver = (delivery: Delivery, signal: AbortSignal, message: MessageSource) => Promise<Outcome>
const processor = (deliver: Deliver, concurrency = 2, timeout = 1_000): Processor => ({
  concurrency,
  timeout,
  deliver: (delivery, message, signal) => deliver(delivery, signal, message),
})

const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    setTimeout(resolve, ms)
    signal?.addEventListener('abort', () => reject(signal.reason))
  })

let queue: MemoryQueue
let lines: { level: string; text: string; fields: Record<string, unknown> }[]
let spool: ReturnType<MemoryQueue['open']>

beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
  queue = memoryQueue()
  lines = []
})
afterEach(() => void vi.useRealTimers())

const log = Object.fromEntries(
  (['debug', 'info', 'warn', 'error'] as const).map(level => [
    level,
    (fields: object, text: string) => lines.push({ level, text, fields: { ...fields } }),
  ]),
) as unknown as Parameters<typeof startRunner>[0]['log']

function run(processors: Record<string, Processor>, trouble?: Parameters<MemoryQueue['open']>[0]): Runner {
  spool = queue.open(trouble)
  const map = new Map(Object.entries(processors))
  const traceFields = ({ recipient }: Delivery) => `Delivered-To: ${recipient}\r\n`
  return startRunner({ spool, processors: map, schedule, clock: Date.now, random: () => 0, log, traceFields })
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const states = () => queue.entries().map(entry => entry.state)

describe('working off', () => {
  test('what is queued at the start is delivered, by turns what is due longest and what became due last', async () => {
    const order: number[] = []
    for (const [id, since] of [
      [1, -10],
      [2, -30],
      [3, -20],
      [4, 5_000],
    ] as const)
      queue.add({ id, since })
    run({
      app: processor(async ({ id }) => {
        order.push(id)
        return delivered
      }, 1),
    })
    await pass(100)
    expect(order).toEqual([2, 1, 3])
    await pass(4_899)
    expect(order).toHaveLength(3)
    await pass(2)
    expect(order).toEqual([2, 1, 3, 4])
    expect(states()).toEqual(['delivered', 'delivered', 'delivered', 'delivered'])
  })

  test('new mail is delivered when it is told of, at once', async () => {
    const runner = run({ app: processor(async () => delivered) })
    await pass(100)
    queue.add({ id: 1 })
    runner.notify('app')
    await pass(0)
    expect(states()).toEqual(['delivered'])
  })

  test('news in any moment of a look at the queue is not missed', async () => {
    for (let moment = 0; moment < 40; moment++) {
      queue = memoryQueue()
      const runner = run({ app: processor(async () => delivered) })
      for (let tick = 0; tick < moment; tick++) await null
      queue.add({ id: 1 })
      runner.notify('app')
      await pass(0)
      expect([moment, ...states()]).toEqual([moment, 'delivered'])
    }
  })

  test('what another process queued is found within a minute', async () => {
    run({ app: processor(async () => delivered) })
    await pass(1_000)
    queue.add({ id: 1 })
    await pass(60_000)
    expect(states()).toEqual(['delivered'])
  })

  test.each([1, 3])('never more than %i at once, nor claimed', async concurrency => {
    let now = 0
    let most = 0
    let claimed = 0
    for (let id = 1; id <= 20; id++) queue.add({ id })
    run({
      app: processor(async () => {
        most = Math.max(most, ++now)
        claimed = Math.max(claimed, states().filter(state => state === 'delivering').length)
        await sleep(10)
        now--
        return delivered
      }, concurrency),
    })
    await pass(1_000)
    expect([most, claimed]).toEqual([concurrency, concurrency])
    expect(new Set(states())).toEqual(new Set(['delivered']))
  })

  test('what the application wrote is kept with the delivery, fit to be shown', async () => {
    for (const id of [1, 2, 3]) queue.add({ id })
    const wrote: Outcome[] = [
      { kind: 'retry', detail: 'later', answer: 'a\u001b\r\nb\n' },
      { kind: 'delivered', answer: ' ' },
      { kind: 'failed', detail: 'no', answer: 'c' },
    ]
    run({ app: processor(async ({ id }) => wrote[id - 1]!, 1) })
    await pass(100)
    expect(queue.entries().map(({ state, answer }) => [state, answer])).toEqual([
      ['queued', 'a\nb'],
      ['delivered', null],
      ['failed', 'c'],
    ])
  })

  test('the processor is given the message with the trace fields of its delivery', async () => {
    let seen = ''
    queue.add({ id: 1, recipient: 'a@b.example' }, Buffer.from('Text\r\n'))
    run({
      app: processor(async (_delivery, _signal, message) => {
        seen = message.traceFields()
        for await (const chunk of await message.raw()) seen += Buffer.from(chunk).toString()
        return delivered
      }),
    })
    await pass(10)
    expect(seen).toBe('Delivered-To: a@b.example\r\nText\r\n')
  })

  test('a processor that hangs delays no other', async () => {
    queue.add({ id: 1, processor: 'stuck' })
    queue.add({ id: 2, processor: 'app' })
    run({ stuck: processor(() => new Promise(() => {}), 1), app: processor(async () => delivered) })
    await pass(10)
    expect(states()).toEqual(['delivering', 'delivered'])
  })

  test('poison messages block nobody: each goes to the end of the line', async () => {
    for (let id = 1; id <= 5; id++) queue.add({ id, since: -10 })
    for (let id = 6; id <= 8; id++) queue.add({ id })
    run({ app: processor(async ({ id }) => (id <= 5 ? Promise.reject(new Error('poison')) : delivered), 1) })
    await pass(100)
    expect(states()).toEqual(['queued', 'queued', 'queued', 'queued', 'queued', 'delivered', 'delivered', 'delivered'])
  })

  test('mail of a processor that is not configured stays queued, and is told of once', async () => {
    queue.add({ id: 1, processor: 'gone' })
    const runner = run({ app: processor(async () => delivered) })
    runner.notify('gone')
    runner.notify('gone')
    await pass(100_000)
    expect(states()).toEqual(['queued'])
    expect(lines.filter(line => line.fields.processor === 'gone')).toHaveLength(1)
  })
})

describe('outcomes', () => {
  test('a retry waits for its time, and its detail is kept', async () => {
    const calls: number[] = []
    queue.add({ id: 1 })
    run({
      app: processor(async ({ attempts }) => {
        calls.push(Date.now())
        return attempts < 2 ? retry : delivered
      }),
    })
    await pass(10)
    expect(queue.entries()[0]).toMatchObject({ state: 'queued', detail: 'later', due: 30_000 })
    await pass(29_989)
    expect(calls).toHaveLength(1)
    await pass(1)
    expect(calls).toEqual([0, 30_000])
    await pass(60_000)
    expect(calls).toEqual([0, 30_000, 90_000])
    expect(states()).toEqual(['delivered'])
  })

  test('the pause that a processor asks for is kept', async () => {
    queue.add({ id: 1 })
    run({ app: processor(async () => ({ ...retry, after: 7_000 })) })
    await pass(10)
    expect(queue.entries()[0]?.due).toBe(7_000)
  })

  test('failed is final', async () => {
    queue.add({ id: 1 })
    run({ app: processor(async () => ({ kind: 'failed', detail: 'refused' })) })
    await pass(100_000)
    expect(queue.entries()[0]).toMatchObject({ state: 'failed', detail: 'refused', delivery: { attempts: 1 } })
    expect(lines.some(line => line.level === 'error')).toBe(true)
  })

  test('when the schedule ends the delivery has failed, and says how often it was tried', async () => {
    queue.add({ id: 1 })
    run({ app: processor(async () => retry) })
    await pass(3_700_000)
    expect(queue.entries()[0]!.state).toBe('failed')
    expect(queue.entries()[0]!.detail).toMatch(/^given up after \d+ attempts: later$/)
  })

  test.each<[string, () => unknown]>([
    ['rejects', () => Promise.reject(new Error('no'))],
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
    ['answers nothing', () => undefined],
    ['answers true', async () => true],
    ['answers null', async () => null],
    ['answers another word', async () => ({ kind: 'ok' })],
    ['never answers', () => new Promise(() => {})],
  ])('a processor that %s: a retry', async (_, deliver) => {
    queue.add({ id: 1 })
    run({ app: processor(deliver as Deliver) })
    await pass(3_001)
    expect(queue.entries()[0]).toMatchObject({ state: 'queued', delivery: { attempts: 1 } })
    expect(queue.entries()[0]!.detail).not.toBe('')
  })

  test('a call is hung after its time-out and the grace, and not before; its signal fires', async () => {
    let fired = 0
    queue.add({ id: 1 })
    run({
      app: processor((_, signal) => {
        signal.addEventListener('abort', () => {
          fired = Date.now()
        })
        return new Promise(() => {})
      }),
    })
    await pass(2_999)
    expect([states(), fired]).toEqual([['delivering'], 0])
    await pass(1)
    expect([states(), fired]).toEqual([['queued'], 3_000])
  })

  test('a delivery whose call still hangs is not called a second time at once', async () => {
    let now = 0
    let most = 0
    let calls = 0
    queue.add({ id: 1 })
    run({
      app: processor(async () => {
        most = Math.max(most, ++now)
        if (++calls === 1) await sleep(300_000)
        now--
        return delivered
      }),
    })
    await pass(299_000)
    expect(calls).toBe(1)
    expect(queue.entries()[0]).toMatchObject({ state: 'queued', detail: 'an earlier call for this delivery hangs' })
    await pass(600_000)
    expect([calls, most, states()]).toEqual([2, 1, ['delivered']])
  })
})

describe('a spool in trouble', () => {
  const unavailable = new SpoolUnavailable('disk full', true)

  test('claims are tried again with a growing pause, and new mail does not hurry them', async () => {
    const claims: number[] = []
    queue.add({ id: 1 })
    const runner = run({ app: processor(async () => delivered) }, call =>
      call === 'claim' && claims.push(Date.now()) < 5 ? unavailable : null,
    )
    for (let i = 0; i < 100; i++) {
      await pass(100)
      runner.notify('app')
    }
    expect(claims.slice(0, 5)).toEqual([0, 500, 1_500, 3_500, 7_500])
    expect(states()).toEqual(['delivered'])
  })

  test('an outcome that can’t be written is kept and written later; the processor is not called again', async () => {
    let settles = 0
    let calls = 0
    queue.add({ id: 1 })
    run(
      {
        app: processor(async () => {
          calls++
          return delivered
        }),
      },
      call => (call === 'settle' && ++settles < 12 ? unavailable : null),
    )
    await pass(10_000)
    expect(states()).toEqual(['delivering'])
    await pass(300_000)
    expect([states(), calls, settles]).toEqual([['delivered'], 1, 12])
  })

  test('an unexpected error for one delivery takes its place only for a while', async () => {
    queue.add({ id: 1 })
    queue.add({ id: 2 })
    queue.add({ id: 3 })
    let settles = 0
    run({ app: processor(async () => delivered, 1) }, call => (call === 'settle' && ++settles <= 15 ? new Error('defect') : null))
    await pass(120_000)
    // Two are held, the one of them that fails eight times is given up: then the third has its turn.
    expect(states()).toEqual(['delivering', 'delivered', 'delivered'])
  })

  test('trouble with nextDue passes', async () => {
    let looks = 0
    run({ app: processor(async () => delivered) }, call => (call === 'nextDue' && ++looks < 3 ? unavailable : null))
    queue.add({ id: 1, since: 10_000 })
    await pass(10_100)
    expect(states()).toEqual(['delivered'])
  })

  test('does not leave ever more mail that was called and not settled', async () => {
    const called = new Set<number>()
    for (let id = 1; id <= 20; id++) queue.add({ id })
    run(
      {
        app: processor(async ({ id }) => {
          called.add(id)
          return delivered
        }, 3),
      },
      call => (call === 'settle' ? unavailable : null),
    )
    await pass(100_000)
    expect(called.size).toBe(6)
  })
})

describe('stop', () => {
  test('calls under way end, nothing new is claimed', async () => {
    for (let id = 1; id <= 4; id++) queue.add({ id })
    const runner = run({
      app: processor(async () => {
        await sleep(100)
        return delivered
      }),
    })
    await pass(10)
    const stopped = runner.stop(1_000)
    runner.notify('app')
    await pass(90)
    await stopped
    expect(states()).toEqual(['delivered', 'queued', 'queued', 'delivered'])
    await pass(100_000)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a retry in the time that is left is settled', async () => {
    queue.add({ id: 1 })
    const runner = run({
      app: processor(async () => {
        await sleep(100)
        return retry
      }),
    })
    await pass(10)
    const stopped = runner.stop(1_000)
    await pass(100)
    await stopped
    expect(states()).toEqual(['queued'])
  })

  test('after the deadline calls are broken off, stay delivering, and are made again at the next start', async () => {
    queue.add({ id: 1 })
    const runner = run({
      app: processor(async (_, signal) => {
        await sleep(800, signal)
        return delivered
      }),
    })
    await pass(10)
    const stopped = runner.stop(500)
    await pass(500)
    await stopped
    expect(queue.entries()[0]).toMatchObject({ state: 'delivering', delivery: { attempts: 1 } })
    spool.close()
    run({ app: processor(async () => delivered) })
    await pass(10)
    expect(states()).toEqual(['delivered'])
  })

  test('a final outcome that comes with the abort is still written', async () => {
    queue.add({ id: 1 })
    const runner = run({
      app: processor((_, signal) => new Promise(resolve => signal.addEventListener('abort', () => resolve(delivered)))),
    })
    await pass(10)
    const stopped = runner.stop(100)
    await pass(100)
    await stopped
    expect(states()).toEqual(['delivered'])
  })

  test('a call that ignores its signal can’t hold it up, nor can a spool in trouble', async () => {
    queue.add({ id: 1, processor: 'deaf' })
    queue.add({ id: 2 })
    const runner = run({ deaf: processor(() => new Promise(() => {}), 1, 100_000), app: processor(async () => delivered) }, call =>
      call === 'settle' ? new SpoolUnavailable('full', true) : null,
    )
    await pass(10)
    let ended = false
    void runner.stop(100).then(() => {
      ended = true
    })
    await pass(1_099)
    expect(ended).toBe(false)
    await pass(1)
    expect(ended).toBe(true)
    expect(states()).toEqual(['delivering', 'delivering'])
  })

  test('twice is once', async () => {
    const runner = run({ app: processor(async () => delivered) })
    expect(runner.stop(100)).toBe(runner.stop(0))
    await pass(100)
  })
})

test('stats count by processor', async () => {
  queue.add({ id: 1 })
  queue.add({ id: 2 })
  queue.add({ id: 3 })
  const outcomes: Outcome[] = [delivered, retry, { kind: 'failed', detail: 'no' }]
  const runner = run({ app: processor(async ({ id }) => outcomes[id - 1]!), idle: processor(async () => delivered) })
  await pass(10)
  const same = { running: 0, allowed: 2, concurrency: 2, paused: null }
  expect(runner.processors()).toEqual([
    { name: 'app', delivered: 1, retried: 1, failed: 1, ...same },
    { name: 'idle', delivered: 0, retried: 0, failed: 0, ...same },
  ])
})
