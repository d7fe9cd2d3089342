/**
 * A memory in front of a verifier: what it said about a key is said again for a while, and of many who ask for the same key at
 * once only one asks the store. It is asked by mailbox, route and key alone, so a verifier whose answers depend on the sender
 * or the client must not stand behind it; what is asked with an author goes past it. "Later" is never remembered.
 */
import type { KeyCheck, KeyQuery, KeyVerifier } from '../transaction/ports.ts'
import { type Asked, createMemory, judgeAgain, type MemoryOptions } from './cached/memory.ts'
import { openQuestions } from './cached/questions.ts'
import type { Answer } from './members.ts'

export interface CachedOptions extends MemoryOptions {
  readonly verifier: KeyVerifier
  /** Keys asked about at once; whoever asks for one more is told "later". 1,000 unless told. */
  readonly questions?: number
}

/** Throws RangeError for `entries` below 1. */
export function cached({ verifier, questions = 1_000, ...options }: CachedOptions): KeyVerifier {
  const { clock } = options
  const memory = createMemory(options)
  const open = openQuestions(questions)
  const keyOf = verifier.foldsCase === true ? foldAscii : (key: string) => key

  function verify(query: KeyQuery): Answer {
    if (query.author !== undefined) return verifier.verify(query)
    const asked: Asked = { place: placeOf(query), key: keyOf(query.key) }
    const known = memory.find(asked, query.at)
    if (known !== null) return known
    if (query.at < clock() - present) return verifier.verify(query)
    const underWay = open.get(asked.place + asked.key)
    if (underWay !== undefined) return underWay.then(check => judgeAgain(check, query.at) ?? verify(query))
    return open.full ? crowded : ask(query, asked)
  }

  function ask(query: KeyQuery, asked: Asked): Answer {
    const answer = verifier.verify(query)
    const keep = (check: KeyCheck): void => memory.keep(asked, check)
    if (answer instanceof Promise) return open.add(asked.place + asked.key, answer, keep)
    keep(answer)
    return answer
  }

  function forget(key?: string): number {
    // Whatever is under way may have been read before the change that made somebody call this.
    open.abandon()
    return (verifier.forget?.(key) ?? 0) + memory.forget(key === undefined ? undefined : keyOf(key))
  }

  const { mayBe } = verifier
  return {
    verify,
    forget,
    foldsCase: verifier.foldsCase === true,
    ...(mayBe === undefined ? {} : { mayBe: key => mayBe(key) }),
    close: () => verifier.close?.(),
  }
}

/**
 * Milliseconds. What is said of a time longer ago (mail that waited in a relay's queue) is neither remembered nor shared: a
 * key that was good then may not be good now.
 */
const present = 60_000

const crowded: KeyCheck = Object.freeze({ kind: 'unavailable', cause: 'too many keys are being asked about' })

/** The lengths stand in front, so that no two places have the same name, and none with a key behind it. */
const placeOf = ({ mailbox, route }: KeyQuery): string => `${mailbox.length} ${route.length} ${mailbox}${route}`

/** ASCII alone: beyond it one letter may have several cases, and two keys must never share an entry. */
const foldAscii = (key: string): string => key.replace(/[A-Z]+/g, letters => letters.toLowerCase())
