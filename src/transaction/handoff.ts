/**
 * The door through which applications are asked before the reply (`handoff: inline`): what the core asks the delivery runner, and what
 * it tells it of the reply. Milliseconds are durations.
 */
import type { Said } from '../policy/handoff.ts'
import type { Outcome } from './ports.ts'

export type { Said }

/** A delivery that was committed as `delivering`, and those of the same recipient for other processors, which wait for what comes of it. */
export interface Question {
  readonly processor: string
  readonly delivery: number
  readonly others: readonly { readonly processor: string; readonly delivery: number; readonly settled: 'queued' | 'delivered' }[]
  /** Milliseconds from now until the client must be answered. */
  readonly within: number
}

/** A processor that was asked. */
export interface Asked {
  /** What it answered in time; null: nothing yet. Never rejects. The call goes on all the same. */
  readonly outcome: Promise<Outcome | null>
  /**
   * To be told exactly once, when the reply is decided and before it is sent. The delivery is settled then, or when a late outcome comes:
   * a `retry` is queued where the client heard 250, dropped where it heard 451; a refusal has a notice follow where it heard 250.
   */
  said(what: Said): void
}

/** Hands accepted mail over before the reply (`handoff: inline`). */
export interface Handoff {
  ask(question: Question): Asked
  /** Deliveries that waited for one that turns out to be a repeat: they are queued, or delivered. */
  release(others: Question['others']): void
}
