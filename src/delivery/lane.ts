/**
 * The queue of one processor, worked off: claims no more deliveries than it can call at once, settles every attempt, and sleeps
 * until new mail or the next due time. Each processor has a lane of its own, so that a slow one delays nobody else. A delivery
 * tried again goes to the end of the line (its due time is in the future), so neither new mail nor retries starve, and a poison
 * message blocks nobody. A call that somebody waits for takes its place before any claim.
 * It must lose no delivery: trouble with the spool is waited out, and what can't be settled stays `delivering`.
 */
import type { Delivery, Outcome, Processor } from '../transaction/ports.ts'
import { type Health, well } from './circuit.ts'
import { conclude } from './conclude.ts'
import { callProcessor, judge } from './lane-call.ts'
import { grantAll, reserve, serve } from './lane-places.ts'
import { type Grant, type LaneParts, newState, places, type State } from './lane-state.ts'
import { troublePause } from './settle.ts'
import { settlementOf } from './settlement.ts'
import { giveBack } from './tally.ts'

export interface Lane {
  /** There may be something due. */
  wake(): void
  /** Somebody else may have queued something for later: looks for the next due time anew. */
  refresh(): void
  /** A place for one call, to be used by `call` or given back by `release`; waits for one no longer than so many milliseconds. */
  reserve(within: number): Promise<Grant>
  release(): void
  /** Calls the processor at the place that was reserved, and gives the place back. Never rejects. */
  call(delivery: Delivery): Promise<Outcome>
  /** As if the processor had never failed. */
  resume(): void
  /** No new claims from now on. */
  close(): void
  /** Breaks off the calls under way; those that gave no final outcome stay `delivering`. Implies `close`. */
  abort(): void
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
  health(): Health
  readonly concurrency: number
}

/** The longest sleep: another process (the command line) may have queued something without telling us. In milliseconds. */
const longestSleep = 60_000
const shortestSleep = 20

/** Opens the lane and looks for what is due already. */
export function openLane(name: string, processor: Processor, parts: LaneParts): Lane {
  const lane = newState(name, processor, parts)
  lane.tally.freed = () => kick(lane)
  kick(lane)
  return {
    concurrency: processor.concurrency,
    wake: () => wake(lane),
    refresh() {
      if (!lane.resting) stopTimer(lane)
      wake(lane)
    },
    reserve: within => reserve(lane, within),
    release: () => giveBack(lane.tally, 1),
    call: delivery => callFor(lane, delivery),
    resume() {
      lane.health = well(processor.concurrency)
      wake(lane)
    },
    close: () => close(lane),
    abort() {
      close(lane)
      lane.halted.abort()
      for (const call of lane.calls.values()) call.abort()
    },
    async idle() {
      while (lane.runs.size > 0 || lane.working !== null) await Promise.allSettled([...lane.runs, lane.working])
    },
    health: () => lane.health,
  }
}

function wake(lane: State): void {
  lane.due = true
  kick(lane)
}

function close(lane: State): void {
  lane.phase = 'closed'
  stopTimer(lane)
  grantAll(lane, 'closed')
}

function stopTimer(lane: State): void {
  if (lane.timer !== null) clearTimeout(lane.timer.handle)
  lane.timer = null
}

/** Sees to it that `work` runs, once at a time. */
function kick(lane: State): void {
  serve(lane)
  if (lane.working !== null || lane.resting || lane.phase === 'closed') return
  lane.working = work(lane)
    .catch((error: unknown) => rest(lane, error))
    .finally(() => {
      lane.working = null
      // Something became due, or a place free, after `work` looked and before it ended.
      if (lane.due && places(lane) > 0) kick(lane)
    })
}

/** Claims while there are places and something may be due; then sees to it that a timer is set. */
async function work(lane: State): Promise<void> {
  const { spool, clock } = lane.options
  while (lane.phase === 'open' && places(lane) > 0) {
    if (lane.due) await claim(lane)
    else if (lane.timer === null) {
      const due = await spool.nextDue(lane.name)
      wakeAt(lane, due ?? Number.POSITIVE_INFINITY)
    } else return
    lane.failures = 0
  }
  const { paused } = lane.health
  if (paused !== null && clock() < paused.until) wakeAt(lane, paused.until)
}

async function claim(lane: State): Promise<void> {
  const { spool, clock } = lane.options
  lane.due = false
  const wanted = places(lane)
  lane.tally.taken += wanted
  let claimed: readonly Delivery[] = []
  try {
    claimed = await spool.claim(lane.name, wanted, clock())
  } finally {
    lane.tally.taken -= wanted - claimed.length
  }
  for (const delivery of claimed) start(lane, delivery)
  if (claimed.length >= wanted) lane.due = true
  else serve(lane)
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
  stopTimer(lane)
  wakeAt(lane, lane.options.clock() + ms)
}

/** One attempt at a place that is taken already, from the call to its settlement. The place is free again after the call. */
function start(lane: State, delivery: Delivery): void {
  const run = make(lane, delivery)
    .catch((error: unknown) => lane.options.log.error({ id: delivery.message, error: String(error) }, 'an attempt broke'))
    .finally(() => {
      lane.runs.delete(run)
      lane.settling--
      lane.tally.freed()
    })
  lane.runs.add(run)
}

async function make(lane: State, delivery: Delivery): Promise<void> {
  const { schedule, clock, random } = lane.options
  let outcome: Outcome
  try {
    outcome = await callProcessor(lane, delivery)
    judge(lane, outcome)
  } finally {
    lane.settling++
    giveBack(lane.tally, 1)
  }
  // Broken off by the end of the program: the delivery stays `delivering`, and is queued again at the next start.
  if (lane.halted.signal.aborted && outcome.kind === 'retry') return
  const settlement = settlementOf(delivery, outcome, { schedule, at: clock(), random })
  const written = await conclude(delivery, [settlement, outcome], { ...lane, halt: lane.halted.signal })
  if (written && settlement.state === 'queued') wakeAt(lane, settlement.due)
}

function callFor(lane: State, delivery: Delivery): Promise<Outcome> {
  const run = callProcessor(lane, delivery).then(outcome => {
    judge(lane, outcome)
    return outcome
  })
  const ended = run.finally(() => {
    lane.runs.delete(ended)
    giveBack(lane.tally, 1)
  })
  lane.runs.add(ended)
  return ended
}
