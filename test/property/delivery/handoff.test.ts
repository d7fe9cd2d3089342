/**
 * Every order of what can happen to mail that is handed over before the reply: the application's answer, the deadline, what the
 * client is answered, a crash with a restart, and the client sending again. All orders are played, far apart and close together.
 * Mail answered 250 is never lost; the application has one id for it, and no call after it accepted but where a crash came between.
 */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Runner, startRunner } from '../../../src/delivery/runner.ts'
import type { Failure } from '../../../src/delivery/settle.ts'
import type { Asked, Question, Said } from '../../../src/transaction/handoff.ts'
import type { Delivery, NewDelivery, Outcome, Processor } from '../../../src/transaction/ports.ts'
import { type MemoryQueue, memoryQueue } from '../../support/memory-queue.ts'

const answers = {
  accept: { kind: 'delivered' },
  hold: { kind: 'delivered', verdict: 'hold' },
  discard: { kind: 'delivered', verdict: 'discard' },
  refuse: { kind: 'failed', detail: 'no', refusal: 'Not wanted' },
  broken: { kind: 'failed', detail: 'no' },
  retry: { kind: 'retry', detail: 'later' },
} satisfies Record<string, Outcome>
type Answer = keyof typeof answers

type Event = 'answer' | 'deadline' | 'said' | 'crash' | 'again'
interface Play {
  readonly order: readonly Event[]
  readonly answer: Answer
  readonly said: Said
  /** Turns of the microtask queue between two events; null: a second. */
  readonly ticks: number | null
}

const log = { debug() {}, info() {}, warn() {}, error() {} }
const schedule = { first: 1_000, factor: 2, max: 10_000, for: 100_000 }
const idempotencyId = 'f'.repeat(32)
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

interface World {
  readonly queue: MemoryQueue
  readonly wrong: string[]
  readonly heard: Said[]
  readonly notices: string[]
  readonly play: Play
  /** Ends the first call with the answer. */
  answerFirst(): void
  runner: Runner
  close(): void
  crashed: boolean
  accepted: boolean
  next: number
}

const notice = (_: Delivery, { refusal, detail }: Failure): NewDelivery => ({
  recipient: 'alice@example.org',
  mailbox: 'incoming',
  route: 'reply',
  key: 'key',
  claims: {},
  processor: 'notices',
  state: 'queued',
  reason: 'application.refused',
  idempotency: { material: 'n', alone: true, window: 1 },
  about: { recipient: 'a@b.example', reason: 'application.refused', text: refusal ?? detail },
})

/** It answers as it did before; what it asked to be given later it takes the second time. */
function application(world: World, first: Promise<void>): Processor {
  let calls = 0
  return {
    concurrency: 2,
    timeout: 50_000,
    async deliver(delivery, _message, signal) {
      if (delivery.idempotencyId !== idempotencyId) world.wrong.push('another id')
      if (world.accepted && !world.crashed) world.wrong.push('called after it accepted')
      const { answer } = world.play
      if (calls++ === 0) {
        await Promise.race([first, new Promise((_, reject) => signal.addEventListener('abort', reject))])
        if (answer === 'accept') world.accepted = true
        return answers[answer]
      }
      if (answer === 'accept' || answer === 'retry') world.accepted = true
      return answers[answer === 'retry' ? 'accept' : answer]
    },
  }
}

function begin(world: World, app: Processor): void {
  const spool = world.queue.open()
  const plain: Processor = { concurrency: 2, deliver: async () => ({ kind: 'delivered' }) }
  const notices: Processor = {
    concurrency: 2,
    deliver: async ({ about }) => {
      world.notices.push(about?.text ?? '')
      return { kind: 'delivered' }
    },
  }
  const processors = new Map([
    ['app', app],
    ['archive', plain],
    ['notices', notices],
  ])
  const options = { schedule, clock: Date.now, random: () => 0.5, log, traceFields: () => '', follow: notice }
  world.runner = startRunner({ spool, processors, ...options })
  world.close = () => spool.close()
}

function ask(world: World, within: number, only?: readonly ('app' | 'archive')[]): Asked | null {
  const ids = (only ?? ['app', 'archive']).map(processor => {
    const id = world.next++
    world.queue.add({ id, processor, idempotencyId, since: Date.now() }, Buffer.from('text'), 'delivering')
    return { processor, delivery: id, settled: 'queued' } as const
  })
  const others: Question['others'] = ids.filter(({ processor }) => processor === 'archive')
  const first = ids.find(({ processor }) => processor === 'app')
  if (first !== undefined) return world.runner.handoff.ask({ ...first, others, within })
  world.runner.handoff.release(others)
  return null
}

/** The client sends again: a repeat is answered 250, what is new is asked about. */
async function sendAgain(world: World): Promise<void> {
  const fresh = (['app', 'archive'] as const).filter(name => {
    const all = world.queue.entries().filter(({ delivery }) => delivery.processor === name)
    return all.map(({ delivery }) => world.queue.resend(delivery.id)).every(what => what === 'new')
  })
  const asked = fresh.length === 0 ? null : ask(world, 500, fresh)
  if (asked === null) return void world.heard.push('kept')
  const outcome = await asked.outcome
  const { said } = world.play
  const hears = outcome?.kind === 'delivered' ? 'kept' : outcome?.kind === 'failed' ? (said === 'deferred' ? 'kept' : said) : 'kept'
  world.heard.push(hears)
  asked.said(hears)
}

async function play(one: Play): Promise<World> {
  vi.clearAllTimers()
  vi.setSystemTime(0)
  const first = Promise.withResolvers<void>()
  const queue = memoryQueue()
  const state = { crashed: false, accepted: false, next: 1, close() {}, runner: null as unknown as Runner }
  const world: World = { ...state, queue, wrong: [], heard: [], notices: [], play: one, answerFirst: first.resolve }
  const app = application(world, first.promise)
  begin(world, app)
  await pass(10)
  // The deadline is a time, so where it is far apart from the rest it falls into its own second.
  const within = one.ticks === null ? one.order.indexOf('deadline') * 1_000 + 500 : one.order[0] === 'deadline' ? 1 : 30
  const asked = ask(world, within)!
  let again: Promise<void> | null = null
  let dead = false
  for (const event of one.order) {
    if (event === 'answer') first.resolve()
    if (event === 'deadline' && one.ticks !== null) await pass(within)
    if (event === 'again') again = sendAgain(world)
    if (event === 'said' && !dead) {
      world.heard.push(one.said)
      asked.said(one.said)
    }
    if (event === 'crash') {
      dead = true
      world.crashed = true
      world.close()
      void world.runner.stop(0)
      begin(world, app)
    }
    if (one.ticks === null) await pass(1_000)
    else for (let tick = 0; tick < one.ticks; tick++) await null
  }
  await pass(200_000)
  await again
  await world.runner.stop(0)
  world.close()
  return world
}

const finals = ['delivered', 'held', 'discarded', 'failed']

function judge({ queue, heard, notices, wrong, play: { order, answer, said } }: World): readonly string[] {
  const faults = [...wrong]
  const check = (good: boolean, text: string): void => void (good || faults.push(text))
  const of = (name: string) => queue.entries().filter(({ delivery }) => delivery.processor === name)
  const states = (name: string) => of(name).map(({ state }) => state)
  check(
    queue.entries().every(({ state }) => finals.includes(state)),
    'something is left under way',
  )
  check(states('app').filter(state => state === 'delivered').length <= 1, 'delivered twice')
  const kept = heard.includes('kept')
  if (kept && (answer === 'accept' || answer === 'retry')) check(states('app').includes('delivered'), 'lost')
  if (kept && (answer === 'accept' || answer === 'retry')) check(states('archive').includes('delivered'), 'lost for the archive')
  if (kept && answer === 'hold') check(states('app').includes('held'), 'lost, not held')
  if (kept && answer === 'discard')
    check(
      of('app').some(({ reason }) => reason === 'application.discarded'),
      'not discarded by the verdict',
    )
  if (kept && (answer === 'refuse' || answer === 'broken')) {
    check(states('app').includes('failed') && notices.length > 0, 'lost, and nobody told')
    check(
      notices.every(text => answer !== 'refuse' || text === 'Not wanted'),
      'not the words of the application',
    )
  }
  // A crash forgets what the client heard, and a question that nobody ends counts as kept.
  const forgets = order.includes('crash') || !order.includes('said')
  if (!kept && !forgets) check(notices.length === 0, 'a notice to somebody who heard it in the reply')
  if (!kept && !forgets && answer === 'retry')
    check(
      states('app').every(state => state === 'discarded'),
      'queued though the client comes again',
    )
  if (said === 'deferred' && order.includes('again')) check(kept || answer === 'refuse' || answer === 'broken', 'never taken')
  return faults
}

function* orders(events: readonly Event[]): Generator<readonly Event[]> {
  if (events.length === 0) yield []
  for (const event of events) for (const rest of orders(events.filter(other => other !== event))) yield [event, ...rest]
}

const sets: readonly (readonly Event[])[] = [
  ['answer', 'deadline', 'said'],
  ['answer', 'deadline'],
  ['answer', 'deadline', 'again'],
  ['answer', 'deadline', 'said', 'crash'],
  ['answer', 'deadline', 'said', 'again'],
  ['answer', 'deadline', 'said', 'crash', 'again'],
]
/** A client that hears nothing, or comes again before it heard, is served as well; an answer is heard by one that waited for it. */
const possible = (order: readonly Event[]): boolean =>
  !order.includes('said') || order.indexOf('said') > Math.min(order.indexOf('answer'), order.indexOf('deadline'))

test.each([null, 0, 1, 2, 3, 5, 8])('no order loses or doubles mail, %s ticks apart', { timeout: 60_000 }, async ticks => {
  const faults: string[] = []
  let plays = 0
  for (const set of sets)
    for (const order of orders(set))
      for (const said of ['kept', 'refused', 'deferred'] as const)
        for (const answer of Object.keys(answers) as Answer[]) {
          if (!possible(order) || (said === 'refused' && answer !== 'refuse' && answer !== 'broken')) continue
          plays++
          const world = await play({ order, answer, said, ticks })
          for (const fault of judge(world)) faults.push(`${fault}: ${order.join(' ')}, ${answer}, ${said}, heard ${world.heard.join(' ')}`)
        }
  expect([faults.length, faults.slice(0, 10)]).toEqual([0, []])
  expect(plays).toBeGreaterThan(1_000)
})
