/**
 * The options that say which messages are meant, the same for every command. A value that can't be is wrong usage, said before
 * anything is asked.
 */
import type { Command } from 'commander'
import { momentRule, parseMoment } from '../../lib/moment.ts'
import { states } from '../../listeners/http/listing.ts'
import type { MessageFilter } from '../../transaction/desk.ts'
import type { DeliveryState } from '../../transaction/ports.ts'
import { exits, Failure } from '../failure.ts'

export interface FilterArguments {
  readonly state?: string
  readonly mailbox?: string
  readonly route?: string
  readonly processor?: string
  readonly recipient?: string
  readonly text?: string
  readonly since?: string
  readonly until?: string
  readonly limit?: string
}

export const withFilters = (command: Command): Command =>
  command
    .option('--state <state>', states.join(', '))
    .option('--mailbox <name>', 'only of this mailbox')
    .option('--route <name>', 'only of this route')
    .option('--processor <name>', 'only for this processor')
    .option('--recipient <address>', 'only for this recipient, the whole address')
    .option('--text <text>', 'stands in subject, sender, recipient or message id')
    .option('--since <when>', 'received then or later: 2h, 2027-01-31, 2027-01-31T08:00Z')
    .option('--until <when>', 'received before')
    .option('--limit <number>', 'at most so many rows')

/** Throws a Failure (usage). */
export function filterOf(given: FilterArguments, now: number): MessageFilter {
  const { state, since, until, mailbox, route, processor, recipient, text } = given
  if (state !== undefined && !(states as readonly string[]).includes(state)) throw wrong('--state', `one of ${states.join(', ')}`, state)
  for (const [name, value] of Object.entries({ mailbox, route, processor, recipient, text }))
    if (value === '') throw usage(`--${name} is empty.`)
  const time = (name: string, value: string | undefined) => {
    const at = value === undefined ? undefined : parseMoment(value, now)
    if (at === null) throw wrong(name, momentRule, value!)
    return at
  }
  const all = { state: state as DeliveryState | undefined, mailbox, route, processor, recipient, text }
  const filter = { ...all, since: time('--since', since), until: time('--until', until) }
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as MessageFilter
}

/** `usual` where none is given. */
export function limitOf({ limit }: FilterArguments, usual: number): number {
  if (limit === undefined) return usual
  if (!/^[1-9]\d{0,8}$/.test(limit)) throw wrong('--limit', 'a whole number from 1', limit)
  return Number(limit)
}

export const usage = (message: string): Failure => new Failure(message, exits.usage)
const wrong = (name: string, rule: string, found: string): Failure => usage(`${name}: ${rule}, not “${found.slice(0, 100)}”`)
