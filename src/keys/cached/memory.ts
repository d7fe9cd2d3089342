/**
 * What a verifier said about keys, for a while: a bounded table by key, mailbox and route with a time to live for each kind of
 * answer. "Later" never gets in, and an answer comes out only for a time that it says something about.
 */
import { LRUCache } from 'lru-cache'
import type { Clock, KeyCheck } from '../../transaction/ports.ts'

export interface MemoryOptions {
  /** Milliseconds for which a valid answer is good: a withdrawn key may be let in for as long. 0: not remembered. */
  readonly positive: number
  /** Milliseconds for which unknown, revoked and expired are: a new key may be refused for as long. 0: not remembered. */
  readonly negative: number
  /** Keys whose answers are kept, the one unused for longest dropped first. At least 1. */
  readonly entries: number
  readonly clock: Clock
}

/** `place` stands for a mailbox and a route: one name for each two. */
export interface Asked {
  readonly place: string
  readonly key: string
}

export interface Memory {
  /** The answer at `at`; null where none is known. */
  find(asked: Asked, at: number): KeyCheck | null
  keep(asked: Asked, check: KeyCheck): void
  /** Drops the answers about one key at every place, or all. Gives how many that were. */
  forget(key?: string): number
}

interface Entry {
  readonly place: string
  readonly check: KeyCheck
  readonly since: number
}

/** A longer key is not kept: one entry must not cost what a thousand should. */
const maxKey = 512

/** Throws RangeError for `entries` below 1. */
export function createMemory({ positive, negative, entries, clock }: MemoryOptions): Memory {
  if (!Number.isSafeInteger(entries) || entries < 1) throw new RangeError(`a cache has at least 1 entry, not ${entries}`)
  // By key, so that one is forgotten without a look at all. A verifier serves one route; the list is for one that serves more.
  const kept = new LRUCache<string, readonly Entry[]>({ max: entries })
  const lifeOf = ({ kind }: KeyCheck): number => (kind === 'unavailable' ? 0 : kind === 'valid' ? positive : negative)
  /** A clock that was set back makes no answer live longer. */
  const isFresh = ({ check, since }: Entry): boolean => clock() >= since && clock() - since < lifeOf(check)
  return {
    find({ place, key }, at) {
      const found = kept.get(key)?.find(entry => entry.place === place)
      return found === undefined || !isFresh(found) ? null : judgeAgain(found.check, at)
    },
    keep({ place, key }, check) {
      if (lifeOf(check) === 0 || key.length > maxKey) return
      const others = (kept.peek(key) ?? []).filter(entry => entry.place !== place)
      kept.set(key, [...others, { place, check, since: clock() }])
    },
    forget(key) {
      const dropped = key === undefined ? [...kept.values()] : [kept.peek(key) ?? []]
      if (key === undefined) kept.clear()
      else kept.delete(key)
      return dropped.reduce((sum, list) => sum + list.length, 0)
    },
  }
}

/**
 * An answer that was given at one time, at another: null where it says nothing about that. Mail that waited in a relay is
 * judged at the time the relay got it (design: rule 4), so a key that has expired by now may have been good then.
 */
export function judgeAgain(check: KeyCheck, at: number): KeyCheck | null {
  if (check.kind === 'expired') return at >= check.expired ? check : null
  if (check.kind !== 'valid' || check.claims.expires === undefined || at < check.claims.expires) return check
  return { kind: 'expired', expired: check.claims.expires }
}
