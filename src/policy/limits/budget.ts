/**
 * A leaky budget per network: `size` units, given back evenly over `per` milliseconds. Used for unknown recipients
 * (harvesting), errors, postmaster messages and refusals answered. It counts across reconnects; it must never be charged
 * to a trusted relay for what its clients do (the caller passes the true client's network).
 *
 * Memory is bounded at `entries` networks, least recently charged out first. To have its own debt forgotten early, an
 * attacker must charge `entries` other networks, and each of those is an address range he would have to own: he gets no
 * more than those ranges would have given him anyway, `size` each. What he can do with very many ranges is to make the
 * debts of other attackers be forgotten, never to spend somebody else's budget. Being asked (`left`) is not being charged.
 */
import { type BoundedMap, createBoundedMap } from '../../lib/bounded-map.ts'

export interface BudgetOptions {
  /** Units a network has when it was never charged. 0 is a budget that is always used up. */
  readonly size: number
  /** Milliseconds in which a fully used budget is whole again. */
  readonly per: number
  /** The most networks remembered. */
  readonly entries: number
}

export interface Budget {
  /** Takes one unit. The whole units left after it, or -1 where there was none to take (then nothing is charged). */
  spend(network: string, now: number): number
  /** The whole units left, taking nothing. */
  left(network: string, now: number): number
}

/** `used` units at the time `at`; less as time goes by. */
interface Debt {
  used: number
  at: number
}

/** Sums of fractions are off by a little; a unit that is this nearly there is there. */
const EPSILON = 1e-9

export function createBudget(options: BudgetOptions): Budget {
  const debts: BoundedMap<string, Debt> = createBoundedMap(options.entries)
  const perMillisecond = options.size / options.per
  const usedAt = (debt: Debt, now: number) => Math.max(0, debt.used - Math.max(0, now - debt.at) * perMillisecond)
  const whole = (used: number) => Math.floor(options.size - used + EPSILON)

  return {
    spend(network, now) {
      const debt = debts.get(network)
      const used = debt === undefined ? 0 : usedAt(debt, now)
      const left = whole(used)
      if (left < 1) return -1
      if (debt === undefined) debts.set(network, { used: 1, at: now })
      else Object.assign(debt, { used: used + 1, at: Math.max(now, debt.at) })
      return left - 1
    },
    left(network, now) {
      const debt = debts.peek(network)
      return debt === undefined ? options.size : Math.max(0, whole(usedAt(debt, now)))
    },
  }
}
