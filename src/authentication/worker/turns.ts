/**
 * Turns at the thread: what costs milliseconds is done one after the other, one in each round of the event loop. Without them a
 * few long messages fill a round for a second, answers of the DNS are read too late, and every small message waits.
 */
import { setImmediate as round } from 'node:timers/promises'

/** Resolves when it is the caller's turn, which lasts until it waits for something else. */
export type Turn = () => Promise<void>

export function createTurns(): Turn {
  let last = Promise.resolve()
  return () => {
    last = last.then(() => round())
    return last
  }
}
