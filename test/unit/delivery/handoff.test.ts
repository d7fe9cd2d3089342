import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Runner, startRunner } from '../../../src/delivery/runner.ts'
import type { Question } from '../../../src/transaction/handoff.ts'
import { type Delivery, type Outcome, type Processor, SpoolUnavailable } from '../../../src/transaction/ports.ts'
import { type MemoryQueue, memoryQueue } from '../../support/memory-queue.ts'

const schedule = { first: 60_000, factor: 2, max: 600_000, for: 3_600_000 }
const delivered: Outcome = { kind: 'delivered', detail: 'ok' }
const retry: Outcome = { kind: 'retry', detail: 'later' }
const refusal: Outcome = { kind: 'failed', detail: 'no', refusal: 'Not\nwanted' }
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

let queue: MemoryQueue
let runner: Runner
let lines: string[]
let followed: string[]
let calls: number[]

const at = (level: string) => (_: object, text: string) => void lines.push(`${level} ${text}`)
const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
/** Answers after `ms`. */
const app = (outcome: Outcome, ms = 0, concurrency = 2): Processor => ({
  concurrency,
  timeout: 300_000,
  async deliver({ id }, _message, signal) {
    calls.push(id)
    await new Promise((resolve, reject) => {
      setTimeout(resolve, ms)
      signal.addEventListener('abort', reject)
    })
    return outcome
  },
})

function begin(processors: Record<string, Processor>, trouble?: Parameters<MemoryQueue['open']>[0]): void {
  const follow = (_: Delivery, { refusal = 'none', detail }: { refusal?: string; detail: string }) => {
    followed.push(`${detail}; ${refusal}`)
    return null
  }
  const options = { schedule, clock: Date.now, random: () => 0, log, traceFields: () => '', follow }
  runner = startRunner({ spool: queue.open(trouble), processors: new Map(Object.entries(processors)), ...options })
}

const others: Question['others'] = [
  { processor: 'archive', delivery: 2, settled: 'queued' },
  { processor: 'shelf', delivery: 3, settled: 'delivered' },
]
/** Delivery 1 for the application, 2 and 3 for the others, which have no processor here. */
function ask(within = 5_000, processor = 'app') {
  queue.add({ id: 1, processor }, Buffer.from('text'), 'delivering')
  for (const other of others) queue.add({ id: other.delivery, processor: other.processor }, Buffer.from('text'), 'delivering')
  const asked = runner.handoff.ask({ processor, delivery: 1, others, within })
  const seen: { outcome?: Outcome | null } = {}
  void asked.outcome.then(outcome => {
    seen.outcome = outcome
  })
  return { ...asked, seen }
}
const states = () =>
  [1, 2, 3].map(id => {
    const { state, reason } = queue.entries().find(({ delivery }) => delivery.id === id)!
    return reason === null ? state : `${state} ${reason}`
  })

beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
  queue = memoryQueue()
  lines = []
  followed = []
  calls = []
})
afterEach(() => void vi.useRealTimers())

describe('an answer in time', () => {
  test('that accepts is settled before the client was answered; the others go on', async () => {
    begin({ app: app(delivered, 100) })
    const { seen } = ask()
    await pass(99)
    expect([seen, states()]).toEqual([{}, ['delivering', 'delivering', 'delivering']])
    await pass(1)
    expect([seen.outcome, states()]).toEqual([delivered, ['delivered', 'queued', 'delivered']])
  })

  test.each([
    ['hold', 'held application.held'],
    ['discard', 'discarded application.discarded'],
  ] as const)('that says %s goes for all', async (verdict, state) => {
    begin({ app: app({ ...delivered, verdict } as Outcome) })
    ask()
    await pass(1)
    expect(states()).toEqual([state, state, state])
  })

  test('that refuses waits for what the client was answered: 250 has a notice follow', async () => {
    begin({ app: app(refusal) })
    const { seen, said } = ask()
    await pass(1_000)
    expect([seen.outcome, states()]).toEqual([{ ...refusal, refusal: 'Not wanted' }, ['delivering', 'delivering', 'delivering']])
    said('kept')
    await pass(1)
    expect(states()).toEqual(['failed application.refused', 'discarded application.refused', 'discarded application.refused'])
    expect(followed).toEqual(['refused by the application: Not wanted; Not wanted'])
  })

  test('that refuses, and the client heard it: nobody is told again', async () => {
    begin({ app: app(refusal) })
    ask().said('refused')
    await pass(1)
    const state = 'discarded application.refused'
    expect([states(), followed]).toEqual([[state, state, state], []])
  })

  test('that fails without a word for the sender stops nobody else', async () => {
    begin({ app: app({ kind: 'failed', detail: 'broken', answer: 'in app.rb:7' }) })
    ask().said('kept')
    await pass(1)
    expect([states(), followed]).toEqual([['failed', 'queued', 'delivered'], ['broken; none']])
    expect(queue.entries().map(({ answer }) => answer)).toEqual(['in app.rb:7', null, null])
  })

  test.each([
    ['kept', ['queued', 'queued', 'delivered']],
    ['deferred', Array(3).fill('discarded application.late')],
  ] as const)('that is a retry, where the client heard: %s', async (what, expected) => {
    begin({ app: app({ ...retry, answer: 'why' }) })
    ask().said(what)
    await pass(1)
    expect(states()).toEqual(expected)
    expect(queue.entries().map(({ answer }) => answer)).toEqual(['why', null, null])
    if (what === 'kept') expect(queue.entries()[0]).toMatchObject({ due: 30_000, delivery: { attempts: 1 } })
  })
})

describe('no answer in time', () => {
  test('but a repeat that was answered 250: it is queued, and a pause that the application asked for is kept', async () => {
    begin({ app: app({ ...retry, after: 40_000 } as Outcome, 100) })
    const { said } = ask()
    queue.resend(1)
    said('deferred')
    await pass(30_000)
    expect([calls, states()[0]]).toEqual([[1], 'queued'])
    expect(queue.entries()[0]!.due).toBe(40_100)
    await pass(20_000)
    expect(calls).toEqual([1, 1])
  })

  test('is null at the deadline, not before it; the call goes on and is settled as it ends', async () => {
    begin({ app: app(delivered, 8_000) })
    const { seen, said } = ask(5_000)
    await pass(4_999)
    expect(seen).toEqual({})
    await pass(1)
    expect(seen.outcome).toBeNull()
    said('deferred')
    await pass(2_999)
    expect(states()[0]).toBe('delivering')
    await pass(1)
    expect(states()).toEqual(['delivered', 'queued', 'delivered'])
    expect(calls).toEqual([1])
  })

  test('because no place was free: it is not called, and queued for now', async () => {
    begin({ app: app(retry, 8_000, 1) })
    queue.add({ id: 9 })
    runner.notify('app')
    await pass(10)
    const { seen, said } = ask(5_000)
    await pass(5_000)
    expect([seen.outcome, calls]).toEqual([null, [9]])
    said('kept')
    await pass(1)
    expect(states()).toEqual(['queued', 'queued', 'delivered'])
    expect(queue.entries().find(({ delivery }) => delivery.id === 1)).toMatchObject({ due: 5_010, delivery: { attempts: 0 } })
  })

  test('and none said either: the mail counts as kept a minute after the deadline', async () => {
    begin({ app: app(retry) })
    ask(5_000)
    await pass(64_999)
    expect(states()[0]).toBe('delivering')
    await pass(1)
    expect(states()).toEqual(['queued', 'queued', 'delivered'])
    expect(lines).toContain('error nobody said what the client was answered: the mail counts as kept')
  })
})

describe('a place', () => {
  test('goes to a call that somebody waits for before the queue', async () => {
    begin({ app: app(delivered, 100, 1) })
    for (let id = 10; id < 15; id++) queue.add({ id })
    runner.notify('app')
    await pass(10)
    ask()
    await pass(400)
    expect(calls.indexOf(1)).toBe(1)
  })

  test('is free again while it is not known what the client was answered', async () => {
    begin({ app: app(retry, 0, 1) })
    ask(50_000)
    await pass(10)
    queue.add({ id: 9 })
    runner.notify('app')
    await pass(10)
    expect(calls).toEqual([1, 9])
    expect(runner.processors()[0]?.running).toBe(0)
  })
})

describe('trouble', () => {
  test('a processor that is not in the configuration is asked later', async () => {
    begin({ app: app(delivered) })
    const { seen, said } = ask(5_000, 'gone')
    await pass(1)
    expect(seen.outcome).toMatchObject({ kind: 'retry' })
    said('kept')
    await pass(1)
    expect(states()).toEqual(['queued', 'queued', 'delivered'])
  })

  test('a spool that can’t give the message: a retry, and no place is lost', async () => {
    begin({ app: app(delivered, 0, 1) }, call => (call === 'take' ? new SpoolUnavailable('no', false) : null))
    const { seen, said } = ask()
    await pass(1)
    expect([seen.outcome, calls, runner.processors()[0]?.running]).toEqual([
      { kind: 'retry', detail: 'the spool could not give the message' },
      [],
      0,
    ])
    said('kept')
    await pass(10)
    expect(states()).toEqual(['delivered', 'queued', 'delivered'])
  })

  test('a spool that can’t write the outcome is waited out', async () => {
    let broken = 4
    begin({ app: app(delivered) }, call => (call === 'settle' && broken-- > 0 ? new SpoolUnavailable('full', true) : null))
    ask()
    await pass(10)
    expect(states()[0]).toBe('delivering')
    await pass(10_000)
    expect([states(), calls]).toEqual([['delivered', 'queued', 'delivered'], [1]])
  })

  test('a delivery that somebody settled is not called', async () => {
    begin({ app: app(delivered) })
    queue.add({ id: 5 })
    await pass(1)
    const asked = runner.handoff.ask({ processor: 'app', delivery: 99, others: [], within: 1_000 })
    expect(await asked.outcome).toEqual({ kind: 'retry', detail: 'the delivery is not under way any more' })
    asked.said('kept')
    await pass(100)
    expect(calls).not.toContain(99)
  })

  test('the program stops: the client is answered, and what is not known stays under way for the next start', async () => {
    begin({ app: app(delivered, 8_000) })
    const { seen } = ask(20_000)
    await pass(10)
    const stopped = runner.stop(100)
    await pass(100)
    await stopped
    expect([seen.outcome?.kind, states()]).toEqual(['retry', ['delivering', 'delivering', 'delivering']])
    await pass(200_000)
    expect([states(), vi.getTimerCount()]).toEqual([['delivering', 'delivering', 'delivering'], 0])
  })

  test('a stop waits until it is said what the client was answered', async () => {
    begin({ app: app(retry) })
    const { said } = ask(20_000)
    await pass(10)
    const stopped = runner.stop(5_000)
    await pass(1_000)
    said('kept')
    await pass(0)
    await stopped
    expect(states()).toEqual(['queued', 'queued', 'delivered'])
  })

  test('other processors in between: whoever waits for a place gets one of the new', async () => {
    begin({ app: app(delivered, 1_000, 1) })
    queue.add({ id: 9 })
    runner.notify('app')
    await pass(10)
    const { seen } = ask(20_000)
    await pass(10)
    void runner.replace(new Map([['app', app({ ...delivered, detail: 'new' }, 0, 1)]]))
    await pass(1_000)
    expect([seen.outcome, states()[0]]).toEqual([{ ...delivered, detail: 'new' }, 'delivered'])
  })
})

test('the other processors are called at once, not when their lane looks again', async () => {
  begin({ app: app(delivered), archive: app(delivered) })
  await pass(1)
  ask()
  await pass(10)
  expect([states()[1], calls]).toEqual(['delivered', [1, 2]])
})

test('a processor that the configuration has no more is asked for nothing, and its mail is queued', async () => {
  begin({})
  const { said, seen } = ask(5_000, 'gone')
  await pass(1)
  expect(seen.outcome).toEqual({ kind: 'retry', detail: 'the processor is not in the configuration any more' })
  said('kept')
  await pass(1)
  expect(states()).toEqual(['queued', 'queued', 'delivered'])
})

test('who was told what the client heard does not wait for it any longer', async () => {
  begin({ app: app(refusal) })
  ask().said('refused')
  await pass(120_000)
  expect(lines.filter(line => line.startsWith('error'))).toEqual([])
})

test('deliveries of a repeat go on', async () => {
  begin({ app: app(delivered) })
  queue.add({ id: 1 })
  for (const other of others) queue.add({ id: other.delivery, processor: other.processor }, Buffer.from(''), 'delivering')
  runner.handoff.release(others)
  await pass(1)
  expect(states().slice(1)).toEqual(['queued', 'delivered'])
})
