/**
 * What was answered, for as long as it holds: bounded in entries and in octets, since strangers choose the names and how much
 * stands behind them. Failures are kept a moment, so that a burst of mail with one dead name asks for it once.
 */
import { LRUCache } from 'lru-cache'
import type { Failed, Found } from './answer.ts'
import { sizeOf } from './records.ts'

export interface Kept {
  readonly answer: Found | Failed
  /** By the clock. */
  readonly until: number
}

export interface Cache {
  find(key: string, now: number): Kept | null
  keep(key: string, answer: Found | Failed, now: number): void
  readonly size: number
  clear(): void
}

const FAILURE = 2_000
/** Octets for each entry on average; a few large ones leave less room for others. */
const PER_ENTRY = 2_048
/** Of an entry, its key and what holds it together, beside the records. */
const OVERHEAD = 256

/** Throws RangeError for `entries` below 1. */
export function createCache(entries: number): Cache {
  if (!Number.isSafeInteger(entries) || entries < 1) throw new RangeError(`a DNS cache needs a size of at least 1, not ${entries}`)
  const kept = new LRUCache<string, Kept>({
    max: entries,
    maxSize: Math.max(entries * PER_ENTRY, 1 << 20),
    sizeCalculation: ({ answer }, key) => OVERHEAD + key.length + (answer.kind === 'records' ? sizeOf(answer.records) : 0),
  })
  return {
    find(key, now) {
      const found = kept.get(key)
      if (found === undefined) return null
      if (found.until > now) return found
      kept.delete(key)
      return null
    },
    keep(key, answer, now) {
      kept.set(key, { answer, until: now + (answer.kind === 'failed' ? FAILURE : answer.ttl) })
    },
    get size() {
      return kept.size
    },
    clear: () => kept.clear(),
  }
}
