/**
 * Hands queued mail to its processors: one lane each, joined under one start and one stop. Delivery is at least once: an
 * attempt cut short by the end of the program or by a spool in trouble is made again, under the same idempotency id.
 * A delivery whose processor stands no longer in the configuration is nobody's: it stays queued until the processor is
 * back. The caller opens the processors, and closes them after `stop`.
 */
import type { DeliveryDesk, ProcessorStatus } from '../transaction/desk.ts'
import type { Handoff } from '../transaction/handoff.ts'
import type { Processor } from '../transaction/ports.ts'
import { allowedAt } from './circuit.ts'
import { type OpenHandoff, openHandoff } from './handoff.ts'
import { type Lane, openLane } from './lane.ts'
import type { LaneOptions } from './options.ts'
import { newTally, type Tally } from './tally.ts'

export interface RunnerOptions extends LaneOptions {
  /** By the name that deliveries have in `processor`. */
  readonly processors: ReadonlyMap<string, Processor>
}

export interface Runner extends DeliveryDesk {
  /** There is new mail for this processor, or something of it was queued again. Never throws. */
  notify(processor: string): void
  /** Hands mail over before the reply. */
  readonly handoff: Handoff
  /**
   * Other processors from now on: all lanes are opened anew, none is paused. Resolves when no call of the old processors is under
   * way any more, so that they can be closed. Never rejects.
   */
  replace(processors: ReadonlyMap<string, Processor>): Promise<void>
  /**
   * Claims nothing more. Calls under way may end within `deadline` milliseconds, then they are broken off; what had no
   * final outcome stays `delivering`. Never rejects; after it the spool is not used any more but by a call that ignores its signal.
   */
  stop(deadline: number): Promise<void>
}

/** How long calls that were broken off may take to notice, in milliseconds. */
const lastMoment = 1_000

interface State {
  readonly options: LaneOptions
  lanes: ReadonlyMap<string, Lane>
  /** By processor, for as long as the program runs. */
  readonly tallies: Map<string, Tally>
  /** Lanes of a configuration before, whose calls have not ended. */
  readonly retiring: Set<Lane>
  /** Processors whose mail was told of already. */
  readonly unknown: Set<string>
  stopping: Promise<void> | null
}

export function startRunner({ processors, ...options }: RunnerOptions): Runner {
  const runner: State = { options, lanes: new Map(), tallies: new Map(), retiring: new Set(), unknown: new Set(), stopping: null }
  const handoff = openHandoff({
    options,
    lane: name => runner.lanes.get(name),
    tally: name => tallyOf(runner, name),
    queued(name) {
      const lane = runner.lanes.get(name)
      if (lane === undefined) notify(runner, name)
      else lane.refresh()
    },
  })
  runner.lanes = openAll(runner, processors)
  return {
    notify: name => notify(runner, name),
    handoff,
    replace: next => replace(runner, next),
    stop(deadline) {
      runner.stopping ??= stop([...runner.lanes.values(), ...runner.retiring], handoff, deadline)
      return runner.stopping
    },
    processors: () => [...runner.lanes].map(([name, lane]) => statusOf(runner, name, lane)),
    resume(name) {
      const lane = runner.lanes.get(name)
      if (lane?.health().paused) options.log.info({ processor: name }, 'the processor was resumed')
      lane?.resume()
      return lane !== undefined
    },
  }
}

function tallyOf({ tallies }: State, name: string): Tally {
  const tally = tallies.get(name) ?? newTally()
  tallies.set(name, tally)
  return tally
}

function openAll(runner: State, processors: ReadonlyMap<string, Processor>): ReadonlyMap<string, Lane> {
  const parts = { options: runner.options, notify: (name: string) => notify(runner, name) }
  return new Map([...processors].map(([name, processor]) => [name, openLane(name, processor, { ...parts, tally: tallyOf(runner, name) })]))
}

function notify({ lanes, unknown, options }: State, processor: string): void {
  const lane = lanes.get(processor)
  if (lane !== undefined) lane.wake()
  if (lane !== undefined || unknown.has(processor)) return
  unknown.add(processor)
  options.log.warn({ processor }, 'mail is queued for a processor that is not in the configuration')
}

async function replace(runner: State, next: ReadonlyMap<string, Processor>): Promise<void> {
  const { lanes, retiring, unknown } = runner
  const old = [...lanes.values()]
  if (runner.stopping !== null) return
  // What the old lanes hold is `delivering`, and the new ones claim only what is queued. The new ones stand before the old are
  // closed, so that whoever waits for a place finds them.
  runner.lanes = openAll(runner, next)
  for (const lane of old) {
    retiring.add(lane)
    lane.close()
  }
  unknown.clear()
  await Promise.all(old.map(lane => lane.idle().finally(() => retiring.delete(lane))))
  // An old call may have queued its delivery again after the new lanes had looked.
  for (const lane of runner.lanes.values()) lane.refresh()
}

function statusOf(runner: State, name: string, lane: Lane): ProcessorStatus {
  const { taken, counts } = tallyOf(runner, name)
  const health = lane.health()
  const { paused } = health
  return {
    name,
    running: taken,
    allowed: allowedAt(health, runner.options.clock()),
    concurrency: lane.concurrency,
    ...counts,
    paused: paused === null ? null : { since: paused.since, until: paused.until, cause: paused.cause },
  }
}

async function stop(lanes: readonly Lane[], handoff: OpenHandoff, deadline: number): Promise<void> {
  for (const lane of lanes) lane.close()
  const all = [...lanes, handoff]
  if (await idleWithin(all, deadline)) return
  handoff.abort()
  for (const lane of lanes) lane.abort()
  await idleWithin(all, lastMoment)
}

async function idleWithin(parts: readonly Pick<Lane, 'idle'>[], ms: number): Promise<boolean> {
  const { promise: over, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(resolve, ms, false)
  const idle = Promise.all(parts.map(part => part.idle())).then(() => true)
  return Promise.race([idle, over]).finally(() => clearTimeout(timer))
}
