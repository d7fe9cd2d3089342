/**
 * From a question to its final answer: remembered, under way already, or asked now, over as many aliases as allowed. Equal
 * questions at the same time are one.
 */
import { aliasesAtMost, type Continues, type Failed, type Found } from './answer.ts'
import type { Cache } from './cache.ts'
import { keyOf, type Question } from './question.ts'
import type { Upstream } from './upstream.ts'

export interface LookupOptions {
  readonly cache: Cache
  readonly upstream: Upstream
  readonly clock: () => number
  readonly log: (text: string, fields: object) => void
}

export interface Answered {
  readonly answer: Found | Failed
  /** Questions put to the servers for it: one, and one for each time that the aliases led out of an answer. */
  readonly questions: number
}

export interface Lookup {
  /** Without asking; null: nothing is remembered. */
  remembered(question: Question): Found | Failed | null
  /** Asks, or joins whoever is asking. Never rejects. */
  ask(question: Question): Promise<Answered>
}

/** Questions under way at once, each with a socket of its own. One more is told "later" and leaves no trace. */
const CROWD = 1_000
const crowded: Answered = { answer: { kind: 'failed', code: 'ETIMEOUT' }, questions: 1 }
const lost: Failed = { kind: 'failed', code: 'ESERVFAIL' }

export function createLookup({ cache, upstream, clock, log }: LookupOptions): Lookup {
  const underWay = new Map<string, Promise<Answered>>()
  const remembered = (question: Question) => cache.find(keyOf(question), clock())?.answer ?? null

  async function once(question: Question): Promise<Found | Continues | Failed> {
    const { answer, asked } = await upstream(question)
    // An alias alone is no answer yet; and where nobody was asked nothing was learned.
    if (answer.kind !== 'continues' && asked) cache.keep(keyOf(question), answer, clock())
    return answer
  }

  /** Joins nobody on its way: two aliases that lead to each other would wait for one another. */
  async function follow(question: Question): Promise<Answered> {
    let answer = await once(question)
    let [questions, aliases, life] = [1, 0, Number.POSITIVE_INFINITY]
    while (answer.kind === 'continues') {
      aliases += answer.aliases
      life = Math.min(life, answer.ttl)
      if (aliases > aliasesAtMost) answer = lost
      else {
        const next = { name: answer.name, type: question.type }
        const known = cache.find(keyOf(next), clock())
        if (known === null) questions += 1
        answer = known === null ? await once(next) : shortened(known.answer, known.until - clock())
      }
    }
    if (aliases === 0) return { answer, questions }
    const final = shortened(answer, life)
    cache.keep(keyOf(question), final, clock())
    return { answer: final, questions }
  }

  // A mistake of ours, or no sockets left: unknown means "later".
  function wrong(error: unknown): Answered {
    log('DNS question failed', { err: error })
    return { answer: lost, questions: 1 }
  }

  return {
    remembered,
    ask(question) {
      const key = keyOf(question)
      const joined = underWay.get(key)
      if (joined !== undefined) return joined
      if (underWay.size >= CROWD) return Promise.resolve(crowded)
      const mine = follow(question)
        .catch(wrong)
        .finally(() => underWay.delete(key))
      underWay.set(key, mine)
      return mine
    },
  }
}

const shortened = <Answer extends Found | Failed>(answer: Answer, life: number): Answer =>
  answer.kind === 'failed' ? answer : { ...answer, ttl: Math.min(answer.ttl, life) }
