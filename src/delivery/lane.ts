/**
 * The queue of one processor, worked off: claims no more deliveries than it can call at once, oldest due first, settles
 * every attempt, and sleeps until new mail or the next due time. Each processor has a lane of its own, so that a slow one
 * delays nobody else. A delivery tried again goes to the end of the line (its due time is in the future), so neither new
 * mail nor retries starve, and a poison message blocks nobody.
 * It must lose no delivery: trouble with the spool is waited out, and what can't be settled stays `delivering`.
 */
import type { Clock, Delivery, Log, MessageSource, NewDelivery, Outcome, Processor, Settlement, SpoolQueue } from '../transaction/ports.ts'
import { type Attempt, attempt } from './attempt.ts'
import type { Schedule } from './schedule.ts'
import { settle, settlementOf, troublePause, withFollow } from './settle.ts'

export interface LaneOptions {
  readonly spool: SpoolQueue
  readonly schedule: Schedule
  readonly clock: Clock
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number
  readonly log: Log
  /** Our trace fields for one delivery, each line ended by CRLF. */
  traceFields(delivery: Delivery): string
  /** What a processor is given in place of the plain message: without forged fields, with a reader of bounces. */
  refine?(message: MessageSource, delivery: Delivery): MessageSource
  /** The notice to write where a delivery fails for good; null: none. Not asked of a delivery that is a notice itself. */
  follow?(delivery: Delivery, detail: string): NewDelivery | null
}

export interface LaneParts extends LaneOptions {
  /** There is something new for this processor. */
  notify(processor: string): void
}

/** Counted since the start but `running`. */
export interface LaneStats {
  readonly running: number
  readonly delivered: number
  readonly retried: number
  readonly failed: number
}

export interface Lane {
  /** There may be something due. */
  wake(): void
  /** Somebody else may have queued something for later: looks for the next due time anew. */
  refresh(): void
  /** No new claims from now on. */
  close(): void
  /** Breaks off the calls under way; those that gave no final outcome stay `delivering`. Implies `close`. */
  abort(): void
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
  stats(): LaneStats
}

/** The longest sleep: another process (the command line) may have queued something without telling us. In milliseconds. */
const longestSleep = 60_000
const shortestSleep = 20

interface State {
  readonly name: string
  readonly processor: Processor
  readonly options: LaneParts
  /** Attempts from claim to settlement; each takes one place. */
  readonly runs: Set<Promise<void>>
  /** Calls that have not ended, by delivery: a hung one outlives its run. */
  readonly calls: Map<number, Attempt>
  readonly counts: { delivered: number; retried: number; failed: number }
  readonly halt: AbortController
  phase: 'open' | 'closed'
  /** Whether something may be due now. */
  due: boolean
  /** Looks at the queue that failed, in a row. */
  failures: number
  /** Nothing is looked at until the timer fires. */
  resting: boolean
  timer: { readonly at: number; readonly handle: NodeJS.Timeout } | null
  working: Promise<void> | null
}

/** Opens the lane and looks for what is due already. */
export function openLane(name: string, processor: Processor, options: LaneParts): Lane {
  const lane: State = {
    name,
    processor,
    options,
    runs: new Set(),
    calls: new Map(),
    counts: { delivered: 0, retried: 0, failed: 0 },
    halt: new AbortController(),
    phase: 'open',
    due: true,
    failures: 0,
    resting: false,
    timer: null,
    working: null,
  }
  kick(lane)
  return {
    wake() {
      lane.due = true
      kick(lane)
    },
    refresh() {
      if (lane.timer !== null && !lane.resting) {
        clearTimeout(lane.timer.handle)
        lane.timer = null
      }
      lane.due = true
      kick(lane)
    },
    close: () => close(lane),
    abort() {
      close(lane)
      lane.halt.abort()
      for (const call of lane.calls.values()) call.abort()
    },
    async idle() {
      while (lane.runs.size > 0 || lane.working !== null) await Promise.allSettled([...lane.runs, lane.working])
    },
    stats: () => ({ running: lane.runs.size, ...lane.counts }),
  }
}

function close(lane: State): void {
  lane.phase = 'closed'
  if (lane.timer !== null) clearTimeout(lane.timer.handle)
  lane.timer = null
}

/** Sees to it that `work` runs, once at a time. */
function kick(lane: State): void {
  if (lane.working !== null || lane.resting || lane.phase === 'closed') return
  lane.working = work(lane)
    .catch((error: unknown) => rest(lane, error))
    .finally(() => {
      lane.working = null
      // Something became due, or a place free, after `work` looked and before it ended.
      if (lane.due && places(lane) > 0) kick(lane)
    })
}

const places = (lane: State): number => lane.processor.concurrency - lane.runs.size

/** Claims while there are places and something may be due; then sees to it that a timer is set. */
async function work(lane: State): Promise<void> {
  const { spool, clock } = lane.options
  while (lane.phase === 'open' && places(lane) > 0) {
    if (lane.due) {
      lane.due = false
      const wanted = places(lane)
      const claimed = await spool.claim(lane.name, wanted, clock())
      for (const delivery of claimed) start(lane, delivery)
      if (claimed.length >= wanted) lane.due = true
    } else if (lane.timer === null) {
      const due = await spool.nextDue(lane.name)
      wakeAt(lane, due ?? Number.POSITIVE_INFINITY)
    } else return
    lane.failures = 0
  }
}

/** Sets the timer, or brings it forward. */
function wakeAt(lane: State, at: number): void {
  if (lane.phase === 'closed' || (lane.timer !== null && lane.timer.at <= at)) return
  if (lane.timer !== null) clearTimeout(lane.timer.handle)
  const ms = Math.min(longestSleep, Math.max(shortestSleep, at - lane.options.clock()))
  const handle = setTimeout(() => {
    lane.timer = null
    lane.due = true
    lane.resting = false
    kick(lane)
  }, ms)
  lane.timer = { at, handle }
}

/** The spool is in trouble: nothing is claimed until a pause is over. */
function rest(lane: State, error: unknown): void {
  lane.failures++
  lane.resting = true
  lane.due = true
  const ms = troublePause(lane.failures)
  lane.options.log.error({ processor: lane.name, error: String(error), ms }, 'the queue could not be read; trying again')
  if (lane.timer !== null) clearTimeout(lane.timer.handle)
  lane.timer = null
  wakeAt(lane, lane.options.clock() + ms)
}

function start(lane: State, delivery: Delivery): void {
  const run = make(lane, delivery)
    .catch((error: unknown) => lane.options.log.error({ id: delivery.message, error: String(error) }, 'an attempt broke'))
    .finally(() => {
      lane.runs.delete(run)
      kick(lane)
    })
  lane.runs.add(run)
}

/** One attempt, from the call to its settlement. */
async function make(lane: State, delivery: Delivery): Promise<void> {
  const { spool, schedule, clock, random, log, follow, notify } = lane.options
  const outcome = await outcomeFor(lane, delivery)
  // Broken off by the end of the program: the delivery stays `delivering`, and is queued again at the next start.
  if (lane.halt.signal.aborted && outcome.kind === 'retry') return
  const settlement = withFollow(delivery, settlementOf(delivery, outcome, { schedule, at: clock(), random }), { follow, log })
  report(lane, delivery, settlement)
  const written = await settle(delivery, settlement, { spool, log, halt: lane.halt.signal })
  if (!written) return
  if (settlement.state === 'queued') wakeAt(lane, settlement.due)
  if (settlement.state === 'failed' && settlement.follow !== undefined) notify(settlement.follow.processor)
}

async function outcomeFor(lane: State, delivery: Delivery): Promise<Outcome> {
  if (lane.calls.has(delivery.id)) return { kind: 'retry', detail: 'an earlier call for this delivery hangs' }
  const call = attempt(lane.processor, delivery, () => messageOf(lane.options, delivery))
  lane.calls.set(delivery.id, call)
  void call.ended.then(() => lane.calls.delete(delivery.id))
  return call.outcome
}

function messageOf({ spool, traceFields, refine }: LaneParts, delivery: Delivery): MessageSource {
  const plain = { traceFields: () => traceFields(delivery), raw: () => spool.raw(delivery.message) }
  return refine === undefined ? plain : refine(plain, delivery)
}

const lines = {
  delivered: ['info', 'delivered'],
  queued: ['warn', 'not delivered; queued again'],
  failed: ['error', 'not delivered; failed for good, can be replayed'],
} as const

function report(lane: State, delivery: Delivery, settlement: Settlement): void {
  const { state, detail } = settlement
  lane.counts[state === 'queued' ? 'retried' : state]++
  const [level, text] = lines[state]
  const due = settlement.state === 'queued' ? { due: new Date(settlement.due).toISOString() } : {}
  const fields = { id: delivery.message, delivery: delivery.id, processor: lane.name, attempt: delivery.attempts + 1, detail, ...due }
  lane.options.log[level](fields, text)
}
