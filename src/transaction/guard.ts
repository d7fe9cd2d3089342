/**
 * Who asks too much: connections at once, errors, unknown recipients and refused connections, counted by the true client's
 * network and across reconnects. A network in debt is slowed down and cut off where it errs again; its good mail passes,
 * since a large provider shares its networks among good and bad. A trusted relay is never charged for its clients.
 */
import { networkOf } from '../lib/network.ts'
import { type Budget, createBudget } from '../policy/limits/budget.ts'
import type { Reason } from '../policy/reasons.ts'
import type { Clock } from './ports.ts'

export interface GuardLimits {
  readonly connections: number
  readonly connectionsPerNetwork: number
  readonly unknownRecipients: number
  readonly errors: number
}

/** How an answer is given: after `delay` milliseconds, and whether the connection ends with it. */
export interface Pace {
  readonly delay: number
  readonly close: boolean
}

/** `silent`: over what is answered at all; the connection is dropped without a word. */
export type Admission = { readonly kind: 'admitted' } | { readonly kind: 'refused'; readonly reason: Reason; readonly silent: boolean }

export interface Guard {
  /**
   * Counts a connection; every admitted one must be left. Trusted peers have no limit per network, and strangers can't take
   * their places: as many of them as `connections` are let in whoever else is there.
   */
  enter(client: string | null, trusted: boolean): Admission
  leave(client: string | null, trusted: boolean): void
  unknownRecipient(client: string | null): Pace
  error(client: string | null): Pace
  /** Other limits from now on. Who is connected stays; debts are forgotten where their limit has changed. */
  adjust(limits: GuardLimits): void
}

/** What a network has used up comes back within this time. */
const recovery = 10 * 60_000
/** Networks remembered per budget: some 20 MB at the most. */
const networks = 100_000
/** How long a client in debt waits for each further refusal. */
const tarpit = 1_000
/** Refused connections a network hears of in a second. */
const refusalsAnswered = 20

const free: Pace = { delay: 0, close: false }

const budget = (size: number): Budget => createBudget({ size, per: recovery, entries: networks })
// Twice the budget for unknown recipients: the first half over it is slowed down, then the connection ends.
const harvest = (unknownRecipients: number) => ({ unknown: budget(unknownRecipients), harvesting: budget(2 * unknownRecipients) })

export function createGuard(initial: GuardLimits, clock: Clock): Guard {
  const open = new Map<string, number>()
  let limits = initial
  let total = 0
  let relays = 0
  let { unknown, harvesting } = harvest(limits.unknownRecipients)
  let errors = budget(limits.errors)
  const answered = createBudget({ size: refusalsAnswered, per: 1_000, entries: networks })

  const refuse = (network: string, reason: Reason): Admission => ({
    kind: 'refused',
    reason,
    silent: answered.spend(network, clock()) < 0,
  })
  return {
    enter(client, trusted) {
      const network = networkOf(client)
      if ((trusted ? relays : total) >= limits.connections) return refuse(network, 'connection.limit')
      const there = open.get(network) ?? 0
      if (!trusted && there >= limits.connectionsPerNetwork) return refuse(network, 'connection.network-limit')
      total++
      if (trusted) relays++
      else open.set(network, there + 1)
      return { kind: 'admitted' }
    },
    leave(client, trusted) {
      total--
      if (trusted) {
        relays--
        return
      }
      const network = networkOf(client)
      const there = (open.get(network) ?? 1) - 1
      if (there === 0) open.delete(network)
      else open.set(network, there)
    },
    unknownRecipient(client) {
      const network = networkOf(client)
      const close = harvesting.spend(network, clock()) < 0
      return unknown.spend(network, clock()) < 0 || close ? { delay: tarpit, close } : free
    },
    error(client) {
      return errors.spend(networkOf(client), clock()) < 0 ? { delay: 0, close: true } : free
    },
    adjust(next) {
      if (next.unknownRecipients !== limits.unknownRecipients) ({ unknown, harvesting } = harvest(next.unknownRecipients))
      if (next.errors !== limits.errors) errors = budget(next.errors)
      limits = next
    },
  }
}
