/**
 * How a processor fares, and how many calls it may get for it: one that fails in a row is paused, then called alone from time to
 * time, and once it answers again it gets 2, 4, 8 … calls at once, up to all of them. Pure: time and random numbers from outside.
 * It must not touch deliveries: those keep their own schedule, and one that isn't called in a pause has used up no attempt.
 */
import type { ProcessorPause } from '../transaction/desk.ts'
import type { Outcome } from '../transaction/ports.ts'

/** `after`: calls that fail in a row until the processor is paused, 0 for never. `longest`: of the pauses, in milliseconds. */
export interface Pausing {
  readonly after: number
  readonly longest: number
}

export interface Health {
  /** Calls that failed in a row. */
  readonly failures: number
  /** How many calls may be under way at once, while it isn't paused. */
  readonly allowed: number
  /** Pauses since it last was well. */
  readonly pauses: number
  readonly paused: Pause | null
}

export interface Pause extends ProcessorPause {
  readonly until: number
  /** It has said that it will not get better by itself. */
  readonly gone: boolean
}

export interface Circumstances {
  readonly at: number
  /** From 0 (included) to 1 (excluded). */
  readonly random: number
  readonly pausing: Pausing
  readonly concurrency: number
}

const firstPause = 1_000
/** One that is gone for good is tried this much more seldom than one that merely fails. */
const goneFactor = 10

export const well = (concurrency: number): Health => ({ failures: 0, allowed: concurrency, pauses: 0, paused: null })

/** How many calls may be under way now. */
export function allowedAt({ allowed, paused }: Health, at: number): number {
  if (paused === null) return allowed
  return at < paused.until ? 0 : 1
}

/** A refusal, a hold or a discard is an answer as good as an acceptance: the application works. */
export function afterOutcome(health: Health, outcome: Outcome, now: Circumstances): Health {
  if (outcome.kind !== 'retry') return better(health, now.concurrency)
  if (now.pausing.after === 0) return health
  if (outcome.gone === true) return pausedFor(health, outcome, { ...now, ms: now.pausing.longest * goneFactor })
  const { paused } = health
  if (paused !== null && now.at < paused.until) {
    // A call from before the pause. It tells nothing new, but a pause that it asks for counts.
    return { ...health, paused: { ...paused, until: Math.max(paused.until, now.at + (outcome.after ?? 0)) } }
  }
  const ramping = health.allowed < now.concurrency
  const failures = health.failures + 1
  if (paused !== null || failures >= now.pausing.after || (ramping && health.allowed === 1)) {
    return pausedFor(health, outcome, { ...now, ms: Math.min(now.pausing.longest, firstPause * 2 ** health.pauses) })
  }
  return { ...health, failures, allowed: ramping ? Math.floor(health.allowed / 2) : health.allowed }
}

function better({ allowed, pauses, paused }: Health, concurrency: number): Health {
  const next = Math.min(concurrency, paused === null ? allowed * 2 : 2)
  return { failures: 0, allowed: next, pauses: next === concurrency ? 0 : pauses, paused: null }
}

/** Of the pause between a half and the whole, so that several processors don't try at the same time; never less than was asked for. */
function pausedFor(health: Health, outcome: Outcome & { kind: 'retry' }, { at, random, ms }: Circumstances & { ms: number }): Health {
  const until = Math.ceil(at + Math.max(ms * (0.5 + random / 2), outcome.after ?? 0))
  const pause = { since: health.paused?.since ?? at, until, cause: outcome.detail, gone: outcome.gone === true }
  return { failures: health.failures + 1, allowed: 1, pauses: health.pauses + 1, paused: pause }
}
