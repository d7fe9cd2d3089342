/** What a lane knows and holds while it works; lane.ts and the files beside it change it. */
import type { Processor } from '../transaction/ports.ts'
import type { Attempt } from './attempt.ts'
import { allowedAt, type Health, well } from './circuit.ts'
import type { Concluding } from './conclude.ts'

export type LaneParts = Omit<Concluding, 'halt'>

/** `closed`: the lane is; another may have been opened in its place. */
export type Grant = 'granted' | 'paused' | 'late' | 'closed'

export interface Waiter {
  grant(what: Grant): void
}

export interface State extends LaneParts {
  readonly name: string
  readonly processor: Processor
  /** Attempts from claim to settlement, and calls that somebody waits for. */
  readonly runs: Set<Promise<unknown>>
  /** Attempts whose outcome is being written. */
  settling: number
  /** Calls that have not ended, by delivery: a hung one outlives its run. */
  readonly calls: Map<number, Attempt>
  readonly halted: AbortController
  /** Who waits for a place, first come first served. */
  readonly waiting: Waiter[]
  health: Health
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

export const newState = (name: string, processor: Processor, parts: LaneParts): State => ({
  ...parts,
  name,
  processor,
  runs: new Set(),
  settling: 0,
  calls: new Map(),
  halted: new AbortController(),
  waiting: [],
  health: well(processor.concurrency),
  phase: 'open',
  due: true,
  failures: 0,
  resting: false,
  timer: null,
  working: null,
})

/**
 * How many more calls may be made now. While outcomes are being written others may be called, but not without end: a spool in
 * trouble must not be left with ever more mail that was called and isn't settled.
 */
export const places = ({ health, options, tally, settling, processor }: State): number =>
  Math.min(allowedAt(health, options.clock()), processor.concurrency * 2 - settling) - tally.taken
