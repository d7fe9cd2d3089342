/**
 * `postern messages retry|release|discard|replay`: of named messages, or of all that filters fit, slice by slice. A bulk is
 * confirmed first; an interruption ends it between two slices, and says how far it came.
 */
import { statesFor } from '../../listeners/http/redeliver.ts'
import type { MessageFilter, Redelivery } from '../../transaction/desk.ts'
import type { DeliveryState } from '../../transaction/ports.ts'
import type { Commands } from './commands.ts'
import type { MessagesDesk } from './desk.ts'
import { usage } from './filter.ts'
import { count, plain, json as printed } from './plain.ts'
import { startProgress } from './progress.ts'

export interface Order {
  readonly how: Redelivery
  readonly ids: readonly string[]
  readonly filter: MessageFilter
  readonly limit: number
  /** Without any filter too. */
  readonly all: boolean
  /** Without a question. */
  readonly yes: boolean
  readonly json: boolean
}

interface Done {
  readonly looked: number
  readonly changed: number
  /** Ended before its end. */
  readonly stopped: boolean
  readonly problems: readonly { readonly id: string; readonly problem: string }[]
}

const sliceRows = 1_000

/** What is wrong with the command line is said before anything is opened. */
export function checkOrder({ how, ids, filter, all }: Order): void {
  const filtered = Object.keys(filter).length > 0
  if (ids.length > 0 && (filtered || all)) throw usage('Name messages by their ids, or by filters, not both.')
  if (ids.length === 0 && !filtered && !all) throw usage(`Say which: ids, filters such as --state ${statesFor[how][0]}, or --all.`)
  if (filter.state !== undefined && !statesFor[how].includes(filter.state))
    throw usage(`--state: ${how} is for ${statesFor[how].join(', ')}, not for ${filter.state}`)
}

/** Gives the exit status: 1 where nothing was changed, something failed, or it was interrupted. */
export async function redeliver(desk: MessagesDesk, order: Order, commands: Commands): Promise<number> {
  const done = order.ids.length > 0 ? await named(desk, order, commands) : await many(desk, order, commands)
  if (done === null) return 1
  const { json, how } = order
  if (json) commands.print(printed(done))
  else {
    for (const { id, problem } of done.problems) commands.warn(`${plain(id, 100)}: ${problem}`)
    commands.print(`${count(done.changed, 'delivery', 'deliveries')} ${how === 'discard' ? 'discarded' : 'queued'}.`)
    if (done.looked > 0 && done.changed === 0 && done.problems.length === 0)
      commands.warn(`Looked at ${count(done.looked, 'row')}, and none had to be changed: what is due or under way already stays as it is.`)
    if (done.stopped) commands.warn(`Stopped after ${count(done.looked, 'row')}; the same command goes on with the rest.`)
    if (!desk.running && done.changed > 0 && how !== 'discard') commands.warn('The server is down: they are delivered when it runs again.')
  }
  return done.changed > 0 && done.problems.length === 0 && !done.stopped ? 0 : 1
}

async function named(desk: MessagesDesk, { how, ids }: Order, { interrupted }: Commands): Promise<Done> {
  const problems: { id: string; problem: string }[] = []
  let changed = 0
  let looked = 0
  for (const id of new Set(ids)) {
    if (interrupted()) break
    const answer = await desk.redeliver(id, how)
    if ('problem' in answer) problems.push({ id, problem: answer.problem })
    else changed += answer.count
    looked++
  }
  return { looked, changed, stopped: looked < new Set(ids).size, problems }
}

/** null: nothing fits, or the person said no. */
async function many(desk: MessagesDesk, order: Order, commands: Commands): Promise<Done | null> {
  const { how, limit } = order
  const states = order.filter.state === undefined ? statesFor[how] : [order.filter.state]
  const counts = await Promise.all(states.map(state => desk.count({ ...order.filter, state })))
  const fitting = counts.reduce((sum, one) => sum + one, 0)
  if (fitting === 0) {
    commands.warn(`Nothing to ${how}: nothing that fits is ${new Intl.ListFormat('en', { type: 'disjunction' }).format(states)}.`)
    if (order.json) commands.print(printed({ looked: 0, changed: 0, stopped: false, problems: [] }))
    return null
  }
  const limited = limit < fitting ? `at most ${limit} of ${fitting}` : String(fitting)
  if (
    !order.yes &&
    !(await commands.confirm(`${how} ${limited} ${fitting === 1 ? 'delivery' : 'deliveries'} (${states.join(', ')}) at ${desk.where}?`))
  ) {
    commands.warn('Nothing was changed.')
    return null
  }
  return passes(desk, { ...order, states: states.filter((_, at) => counts[at]! > 0), total: Math.min(limit, fitting) }, commands)
}

interface Passes extends Order {
  readonly states: readonly DeliveryState[]
  readonly total: number
}

/**
 * One pass over the list for one state. Where several are meant the pass is over all of them at once, so that what was failed and
 * is queued, or was queued and has failed meanwhile, is not changed twice.
 */
async function passes(desk: MessagesDesk, { how, filter, limit, states, total }: Passes, commands: Commands): Promise<Done> {
  const pass = states.length === 1 ? { ...filter, state: states[0]! } : filter
  const rows = states.length === 1 ? total : Math.min(limit, await desk.count(filter))
  const progress = startProgress({ total: rows, terminal: commands.terminal, warn: commands.warn, now: commands.now })
  let looked = 0
  let changed = 0
  let before: number | null | undefined
  try {
    while (before !== null && looked < limit && !commands.interrupted()) {
      const done = await desk.redeliverMany(
        { ...pass, limit: Math.min(sliceRows, limit - looked), ...(before === undefined ? {} : { before }) },
        how,
      )
      looked += done.looked
      changed += done.changed
      before = done.next
      progress.at(looked)
    }
  } finally {
    progress.end()
  }
  return { looked, changed, stopped: before !== null && looked < limit, problems: [] }
}
