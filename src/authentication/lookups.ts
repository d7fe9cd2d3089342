/**
 * The DNS for one message: its budget, each question asked once, and a note of what could not be answered. A temporary failure is
 * "later"; an exhausted count of queries is the sender's own doing and permanent, or a hostile message would be retried for ever.
 */

import { bounds } from './bounds.ts'
import type { Budget } from './dns/budget.ts'
import type { MailauthResolver } from './mailauth.ts'

export interface Lookups {
  readonly resolve: MailauthResolver
  /** Asks ahead; what it finds is there when it is needed. */
  ahead(name: string, type: string): void
  /** Questions sent. */
  used(): number
  /** A view of the same that notes failures of its own. */
  watched(): Watched
}

export interface Watched {
  readonly resolve: MailauthResolver
  /** There was no answer, and there may be one later. */
  readonly temporary: boolean
  /** No more queries were left. */
  readonly exhausted: boolean
}

const codeOf = (error: unknown): string => String((error as { readonly code?: unknown } | null)?.code ?? '')

export const isExhausted = (code: string): boolean => code === 'EQUERYLIMIT'
const isAnswer = (code: string): boolean => code === 'ENOTFOUND' || code === 'ENODATA' || code === 'EBADNAME'
const isKey = (code: string): boolean => code.startsWith('EINVALID') || code === 'ESHORTKEY'
export const isTemporary = (error: unknown): boolean => ![isAnswer, isKey, isExhausted].some(permanent => permanent(codeOf(error)))

export function createLookups(budget: Budget): Lookups {
  const asked = new Map<string, Promise<unknown[]>>()
  const resolve: MailauthResolver = (name, type) => {
    const key = `${type} ${name}`
    let answer = asked.get(key)
    if (answer === undefined) {
      answer = ask(budget, name, type)
      answer.catch(() => {})
      asked.set(key, answer)
    }
    return answer.then(copy)
  }
  return {
    resolve,
    ahead: (name, type) => void resolve(name, type).catch(() => {}),
    used: budget.used,
    watched: () => watch(resolve),
  }
}

/** Callers sort what they get. */
const copy = (records: unknown[]): unknown[] => records.slice()

async function ask(budget: Budget, name: string, type: string): Promise<unknown[]> {
  try {
    const records = await budget.resolve(name, type)
    return type === 'TXT' ? records.filter(isReadable) : records
  } catch (error) {
    // What mailauth's SPF takes the result of a failed look-up from.
    if (isExhausted(codeOf(error))) throw Object.assign(new Error('too many DNS queries'), { code: 'EQUERYLIMIT', spfResult })
    throw error
  }
}
const spfResult = Object.freeze({ error: 'permerror', text: 'too many DNS queries' })

const isReadable = (record: unknown): boolean =>
  !Array.isArray(record) || record.reduce((sum: number, part) => sum + String(part).length, 0) <= bounds.record

function watch(resolve: MailauthResolver): Watched {
  let temporary = false
  let exhausted = false
  return {
    get temporary() {
      return temporary
    },
    get exhausted() {
      return exhausted
    },
    async resolve(name, type) {
      try {
        return await resolve(name, type)
      } catch (error) {
        if (isExhausted(codeOf(error))) exhausted = true
        else if (isTemporary(error)) temporary = true
        throw error
      }
    },
  }
}
