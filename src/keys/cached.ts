/**
 * A memory in front of a verifier: what it said about a key is said again for a while, and of many who ask for the same key at
 * once only one asks the store. It is asked by mailbox, route and key alone, so a verifier whose answers depend on the sender
 * or the client must not stand behind it. "Later" is never remembered.
 */
import { LRUCache } from 'lru-cache'
import type { Clock, KeyCheck, KeyQuery, KeyVerifier } from '../transaction/ports.ts'
import { type Answer, together } from './members.ts'

export interface CachedOptions {
  readonly verifier: KeyVerifier
  /** Milliseconds for which a valid answer is good: a withdrawn key may be let in for as long. 0: not remembered. */
  readonly positive: number
  /** Milliseconds for which unknown, revoked and expired are: a new key may be refused for as long. 0: not remembered. */
  readonly negative: number
  /** Answers kept, the one unused for longest dropped first. At least 1. */
  readonly entries: number
  readonly clock: Clock
  /** Keys asked about at once; whoever asks for one more is told "later". 1,000 unless told. */
  readonly questions?: number
}

interface Entry {
  readonly key: string
  readonly check: KeyCheck
  readonly since: number
}

/** A longer key is asked about and shared, but not kept: one entry must not cost what a thousand should. */
const maxKeptKey = 512

/** Throws RangeError for `entries` below 1. */
export function cached(options: CachedOptions): KeyVerifier {
  const { verifier, clock, entries, questions = 1_000 } = options
  if (!Number.isSafeInteger(entries) || entries < 1) throw new RangeError(`a cache has at least 1 entry, not ${entries}`)
  const kept = new LRUCache<string, Entry>({ max: entries })
  /** Questions whose answer may be kept. One that `forget` took away goes on for those who wait, and is kept no more. */
  const open = new Map<string, Promise<KeyCheck>>()
  let asked = 0
  const keyOf = verifier.foldsCase === true ? foldAscii : (key: string) => key

  function verify(query: KeyQuery): Answer {
    const place = { id: idOf(query, keyOf(query.key)), key: keyOf(query.key) }
    const found = kept.get(place.id)
    const known = found === undefined || !isFresh(found) ? null : judgeAgain(found.check, query.at)
    if (known !== null) return known
    const underWay = open.get(place.id)
    if (underWay !== undefined) return underWay.then(check => judgeAgain(check, query.at) ?? verify(query))
    return asked >= questions ? crowded : ask(query, place)
  }

  function ask(query: KeyQuery, place: Place): Answer {
    const answer = verifier.verify(query)
    if (!(answer instanceof Promise)) {
      keep(place, answer)
      return answer
    }
    asked++
    const question = answer.then(
      check => {
        if (end(place.id, question)) keep(place, check)
        return check
      },
      (error: unknown) => {
        end(place.id, question)
        throw error
      },
    )
    open.set(place.id, question)
    return question
  }

  /** Whether the question was still one whose answer may be kept. */
  function end(id: string, question: Promise<KeyCheck>): boolean {
    asked--
    return open.get(id) === question && open.delete(id)
  }

  function keep({ id, key }: Place, check: KeyCheck): void {
    if (timeFor(check) > 0 && key.length <= maxKeptKey) kept.set(id, { key, check, since: clock() })
  }

  const timeFor = ({ kind }: KeyCheck): number => (kind === 'unavailable' ? 0 : kind === 'valid' ? options.positive : options.negative)

  /** A clock that was set back makes no answer live longer. */
  function isFresh({ check, since }: Entry): boolean {
    const age = clock() - since
    return age >= 0 && age < timeFor(check)
  }

  function forget(key?: string): number {
    const behind = verifier.forget?.(key) ?? 0
    // Whatever is under way may have been read before the change that made somebody call this.
    open.clear()
    const before = kept.size
    if (key === undefined) kept.clear()
    else for (const id of idsOf(kept, keyOf(key))) kept.delete(id)
    return behind + before - kept.size
  }

  const { mayBe } = verifier
  return {
    verify,
    forget,
    foldsCase: verifier.foldsCase === true,
    ...(mayBe === undefined ? {} : { mayBe: key => mayBe(key) }),
    close: () => together([verifier]).close?.(),
  }
}

interface Place {
  readonly id: string
  readonly key: string
}

function idsOf(kept: LRUCache<string, Entry>, key: string): readonly string[] {
  const ids: string[] = []
  for (const [id, entry] of kept.entries()) if (entry.key === key) ids.push(id)
  return ids
}

const crowded: KeyCheck = Object.freeze({ kind: 'unavailable', cause: 'too many keys are being asked about' })

/** The lengths stand in front, so that no two places share an id. */
const idOf = ({ mailbox, route }: KeyQuery, key: string): string => `${mailbox.length} ${route.length} ${mailbox}${route}${key}`

/** ASCII alone: beyond it one letter may have several cases, and two keys must never share an entry. */
const foldAscii = (key: string): string => key.replace(/[A-Z]+/g, letters => letters.toLowerCase())

/**
 * An answer that was given at one time, at another: null where it says nothing about that. Mail that waited in a relay is
 * judged at the time the relay got it (design: rule 4), so a key that has expired by now may have been good then.
 */
function judgeAgain(check: KeyCheck, at: number): KeyCheck | null {
  if (check.kind === 'expired') return at >= check.expired ? check : null
  if (check.kind !== 'valid' || check.claims.expires === undefined || at < check.claims.expires) return check
  return { kind: 'expired', expired: check.claims.expires }
}
