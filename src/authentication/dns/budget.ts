/**
 * What one message may cost: so many questions, and nothing after its deadline. What is remembered costs nothing. Whoever gives up
 * at the deadline leaves the question under way, and its answer to the next one.
 */
import { DnsFailure } from './failure.ts'

export interface Budget {
  /** As Resolver.resolve; rejects with EQUERYLIMIT too, and with ETIMEOUT from the deadline on. */
  resolve(name: string, type: string): Promise<unknown[]>
  /** Questions so far. Aliases that lead out of the last answer may bring it over the limit. */
  used(): number
}

/** Called before a question is asked, and after, with what more it took. */
export interface Purse {
  /** Throws DnsFailure where nothing is left. */
  spend(): void
  more(questions: number): void
}

export interface BudgetOptions {
  readonly queries: number
  readonly deadline: number
  readonly clock: () => number
  readonly resolve: (name: string, type: string, purse: Purse) => Promise<unknown[]>
}

export function createBudget({ queries, deadline, clock, resolve }: BudgetOptions): Budget {
  let used = 0
  const purseFor = (name: string): Purse => ({
    spend() {
      if (used >= queries) throw new DnsFailure('EQUERYLIMIT', name)
      used += 1
    },
    more(questions) {
      used += questions
    },
  })
  return {
    used: () => used,
    async resolve(name, type) {
      const left = deadline - clock()
      if (!(left > 0)) throw new DnsFailure('ETIMEOUT', name)
      return before(left, name, resolve(name, type, purseFor(name)))
    },
  }
}

async function before<Result>(left: number, name: string, answer: Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const late = () => reject(new DnsFailure('ETIMEOUT', name))
  // What arrived while the thread was busy is looked at first (udp.ts). The longest a timer can be set for is 24 days.
  const timer = setTimeout(() => setImmediate(late), Math.min(left, 0x7fffffff))
  try {
    return await Promise.race([answer, promise])
  } finally {
    clearTimeout(timer)
  }
}
