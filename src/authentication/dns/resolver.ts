/**
 * The DNS as the checks of a sender see it: answers in the shapes of node:dns, remembered by their time to live, within a time
 * that is known beforehand, and with a budget for each message, because a stranger's mail decides what is asked.
 */
import { randomBytes } from 'node:crypto'
import { readServers } from './address.ts'
import type { Failed, Found } from './answer.ts'
import { type Budget, createBudget, type Purse } from './budget.ts'
import { createCache } from './cache.ts'
import { DnsFailure } from './failure.ts'
import { createLookup } from './lookup.ts'
import type { Random } from './query.ts'
import { isRecordType, type Question, readName } from './question.ts'
import { copyRecords } from './records.ts'
import { createUpstream } from './upstream.ts'

export interface ResolverOptions {
  /** `ip`, `ip:port` or `[v6]:port`, in the order they are asked; none: the system's. */
  readonly servers: readonly string[]
  /** Milliseconds for one server's answer. */
  readonly timeout: number
  /** Rounds over all servers. */
  readonly tries: number
  /** Most answers remembered. 10,000 unless told. */
  readonly entries?: number
  readonly clock: () => number
  /** Gives that many random octets. */
  readonly random?: Random
  /** Told when a server stops answering, and when it answers again. */
  readonly log?: (text: string, fields: object) => void
}

/** Records of `name`: TXT `string[][]`, MX `{ exchange, priority }[]`, else `string[]`. Rejects with DnsFailure alone. */
export type Resolve = (name: string, type: string) => Promise<unknown[]>

export interface Resolver {
  readonly resolve: Resolve
  /** For one message: at most so many questions that aren't remembered, and nothing after `deadline` (by the clock). */
  budget(queries: number, deadline: number): Budget
  /** Ends what is under way with ECANCELLED, as everything after it. */
  close(): void
}

/** Throws Error for a server that is no address, and RangeError for limits out of range. */
export function createResolver(options: ResolverOptions): Resolver {
  const { servers, timeout, tries, entries = 10_000, clock, random = randomBytes, log = () => {} } = options
  if (!(timeout >= 1 && timeout <= 600_000)) throw new RangeError(`a DNS time-out is 1 to 600,000 milliseconds, not ${timeout}`)
  if (!(Number.isSafeInteger(tries) && tries >= 1)) throw new RangeError(`the DNS is tried at least once, not ${tries} times`)
  const closing = new AbortController()
  const { signal } = closing
  const upstream = createUpstream({ servers: readServers(servers), tries, timeout, random, clock, log, signal })
  const lookup = createLookup({ cache: createCache(entries), upstream, clock, log })

  async function resolve(name: string, type: string, purse: Purse | null): Promise<unknown[]> {
    if (signal.aborted) throw new DnsFailure('ECANCELLED', name)
    const question = readQuestion(name, type)
    const known = lookup.remembered(question)
    if (known !== null) return give(known, question)
    purse?.spend()
    const { answer, questions } = await lookup.ask(question)
    purse?.more(questions - 1)
    if (signal.aborted) throw new DnsFailure('ECANCELLED', name)
    return give(answer, question)
  }

  return {
    resolve: (name, type) => resolve(name, type, null),
    budget: (queries, deadline) => createBudget({ queries, deadline, clock, resolve }),
    close: () => closing.abort(),
  }
}

function readQuestion(given: string, type: string): Question {
  const read = readName(given)
  if (read.kind === 'bad') throw new DnsFailure('EBADNAME', given)
  if (!isRecordType(type)) throw new DnsFailure('ENOTIMP', `${type} ${given}`)
  if (read.kind === 'none') throw new DnsFailure('ENOTFOUND', `${type} ${given}`)
  return { name: read.name, type }
}

function give(answer: Found | Failed, { name, type }: Question): unknown[] {
  if (answer.kind === 'records') return copyRecords(answer.records)
  throw new DnsFailure(answer.code, `${type} ${name}`)
}
