/**
 * The loop governor: so much mail an hour for one key, from one sender, and from one sender to one key. It stops what no mark and
 * no header field gave away: two machines that answer each other. Says only whether there is room; what is over it is the
 * caller's to hold. Memory is bounded as that of budgets is.
 */
import { type Budget, createBudget } from '../limits/budget.ts'
import { asciiLower } from '../recipient/pattern.ts'

export interface GovernorOptions {
  /** Messages an hour; 0: no cap. So many may come at once, then as many an hour, evenly. */
  readonly perKey: number
  readonly perSender: number
  readonly perPair: number
  /** The most keys, senders and pairs remembered, each. */
  readonly entries: number
}

export interface Governed {
  readonly mailbox: string
  /** '' where the mailbox has no keys. */
  readonly key: string
  /** '' for the null reverse-path: everybody's, so it counts by key alone. */
  readonly sender: string
}

/** `by`: which is used up, and its messages an hour. */
export type Taken = { readonly ok: true } | { readonly ok: false; readonly by: 'key' | 'sender' | 'pair'; readonly limit: number }

export interface Governor {
  /** Takes one message from all that apply, or, where one of them has nothing left, from none. */
  take(mail: Governed, now: number): Taken
}

const hour = 3_600_000

/** Throws RangeError for a cap that is no whole number, and what `createBudget` throws for `entries`. */
export function createGovernor({ perKey, perSender, perPair, entries }: GovernorOptions): Governor {
  const caps = [cap('key', perKey, entries), cap('sender', perSender, entries), cap('pair', perPair, entries)]
  return {
    take(mail, now) {
      const names = namesOf(mail)
      const due = caps.flatMap(({ by, limit, budget }) => {
        const name = names[by]
        return budget === null || name === null ? [] : [{ by, limit, budget, name }]
      })
      const empty = due.find(({ budget, name }) => budget.left(name, now) < 1)
      if (empty !== undefined) return { ok: false, by: empty.by, limit: empty.limit }
      for (const { budget, name } of due) budget.spend(name, now)
      return free
    },
  }
}

const free: Taken = Object.freeze({ ok: true })

interface Cap {
  readonly by: 'key' | 'sender' | 'pair'
  readonly limit: number
  readonly budget: Budget | null
}

function cap(by: Cap['by'], limit: number, entries: number): Cap {
  if (!Number.isSafeInteger(limit) || limit < 0) throw new RangeError(`messages an hour are a whole number, 0 for no cap, not ${limit}`)
  return { by, limit, budget: limit === 0 ? null : createBudget({ size: limit, per: hour, entries }) }
}

/**
 * null: doesn't count. A mailbox without keys has no cap of its own, or all of its senders would share one; only what has no
 * sender either is counted there. ASCII letters go without case: signed keys may be written in any mixture.
 */
function namesOf({ mailbox, key, sender }: Governed): Readonly<Record<Cap['by'], string | null>> {
  const place = `${mailbox.length} ${mailbox}${asciiLower(key)}`
  const from = asciiLower(sender)
  return {
    key: key === '' && from !== '' ? null : place,
    sender: from === '' ? null : from,
    pair: from === '' ? null : `${place.length} ${place}${from}`,
  }
}
