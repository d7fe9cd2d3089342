/**
 * What is known of one processor by its name, over all its lanes: a reload opens a new lane while calls of the old one are under
 * way, and both together must not make more calls at once than the processor bears.
 */
import type { Settlement } from '../transaction/ports.ts'

export interface Tally {
  /** Places taken: by calls, and by claims on their way. */
  taken: number
  /** Counted since the start. */
  readonly counts: { delivered: number; retried: number; failed: number }
  /** Told that a place has become free; set by the newest lane. */
  freed: () => void
}

export const newTally = (): Tally => ({ taken: 0, counts: { delivered: 0, retried: 0, failed: 0 }, freed: () => {} })

export function giveBack(tally: Tally, places: number): void {
  tally.taken -= places
  tally.freed()
}

/** A hold or a discard by the application's verdict is a call that succeeded. */
export function count({ counts }: Tally, { state }: Settlement): void {
  if (state === 'failed') counts.failed++
  else if (state === 'queued' || state === 'dropped') counts.retried++
  else counts.delivered++
}
