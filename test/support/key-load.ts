/**
 * A load of questions to a key verifier: good and bad keys in turn, several at once, while the store behind it is killed and
 * restarted. Counts what came back; the questions themselves are the only clock.
 */
import type { KeyCheck, KeyQuery, KeyVerifier } from '../../src/transaction/ports.ts'
import { queryFor } from './key-query.ts'

export const queryOf = (key: string): KeyQuery => queryFor(key, Date.now())

export interface KeyLoad {
  /** How often each kind came back, for good and for bad keys, since the start or the last call. */
  counts(): { good: Partial<Record<KeyCheck['kind'], number>>; bad: Partial<Record<KeyCheck['kind'], number>> }
  /** Milliseconds of the slowest question since the start or the last call. */
  slowest(): number
  stop(): Promise<void>
}

/** `workers` ask one question after the other with a pause of a millisecond. */
export function startKeyLoad(verifier: KeyVerifier, keys: { good: string; bad: string }, workers: number): KeyLoad {
  let stopped = false
  let counts: ReturnType<KeyLoad['counts']> = { good: {}, bad: {} }
  let slowest = 0
  async function work(): Promise<void> {
    for (let turn = 0; !stopped; turn++) {
      const which = turn % 2 === 0 ? 'good' : 'bad'
      const start = performance.now()
      const { kind } = await verifier.verify(queryOf(keys[which]))
      slowest = Math.max(slowest, performance.now() - start)
      counts[which][kind] = (counts[which][kind] ?? 0) + 1
      await new Promise(resolve => setTimeout(resolve, 1))
    }
  }
  const running = Array.from({ length: workers }, work)
  return {
    counts() {
      const before = counts
      counts = { good: {}, bad: {} }
      return before
    },
    slowest() {
      const before = slowest
      slowest = 0
      return before
    },
    async stop() {
      stopped = true
      await Promise.all(running)
    },
  }
}
