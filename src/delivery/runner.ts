/**
 * Hands queued mail to its processors: one lane each, joined under one start and one stop. Delivery is at least once: an
 * attempt cut short by the end of the program or by a spool in trouble is made again, under the same idempotency id.
 * A delivery whose processor stands no longer in the configuration is nobody's: it stays queued until the processor is
 * back. The caller opens the processors, and closes them after `stop`.
 */
import type { Processor } from '../transaction/ports.ts'
import { type Lane, type LaneOptions, type LaneStats, openLane } from './lane.ts'

export interface RunnerOptions extends LaneOptions {
  /** By the name that deliveries have in `processor`. */
  readonly processors: ReadonlyMap<string, Processor>
}

export interface Runner {
  /** There is new mail for this processor, or something of it was queued again. Never throws. */
  notify(processor: string): void
  /**
   * Other processors from now on: all lanes are opened anew. Resolves when no call of the old processors is under way any
   * more, so that they can be closed. Never rejects.
   */
  replace(processors: ReadonlyMap<string, Processor>): Promise<void>
  /**
   * Claims nothing more. Calls under way may end within `deadline` milliseconds, then they are broken off; what had no
   * final outcome stays `delivering`. Never rejects; after it the spool is not used any more but by a call that ignores its signal.
   */
  stop(deadline: number): Promise<void>
  /** By processor, counted since the start. */
  stats(): ReadonlyMap<string, LaneStats>
}

/** How long calls that were broken off may take to notice, in milliseconds. */
const lastMoment = 1_000

export function startRunner({ processors, ...options }: RunnerOptions): Runner {
  const open = (all: ReadonlyMap<string, Processor>) =>
    new Map([...all].map(([name, processor]) => [name, openLane(name, processor, { ...options, notify })]))
  const unknown = new Set<string>()
  const notify = (processor: string): void => {
    const lane = lanes.get(processor)
    if (lane !== undefined) lane.wake()
    if (lane !== undefined || unknown.has(processor)) return
    unknown.add(processor)
    options.log.warn({ processor }, 'mail is queued for a processor that is not in the configuration')
  }
  let lanes = open(processors)
  const retiring = new Set<Lane>()
  let stopping: Promise<void> | null = null
  return {
    notify,
    async replace(next) {
      const old = [...lanes.values()]
      if (stopping !== null) return
      // First closed, then opened: what the old lanes hold is `delivering`, and the new ones claim only what is queued.
      for (const lane of old) {
        lane.close()
        retiring.add(lane)
      }
      lanes = open(next)
      unknown.clear()
      await Promise.all(old.map(lane => lane.idle().finally(() => retiring.delete(lane))))
      // An old call may have queued its delivery again after the new lanes had looked.
      for (const lane of lanes.values()) lane.refresh()
    },
    stop(deadline) {
      stopping ??= stop([...lanes.values(), ...retiring], deadline)
      return stopping
    },
    stats: () => new Map([...lanes].map(([name, lane]) => [name, lane.stats()])),
  }
}

async function stop(lanes: readonly Lane[], deadline: number): Promise<void> {
  for (const lane of lanes) lane.close()
  if (await idleWithin(lanes, deadline)) return
  for (const lane of lanes) lane.abort()
  await idleWithin(lanes, lastMoment)
}

async function idleWithin(lanes: readonly Lane[], ms: number): Promise<boolean> {
  const { promise: over, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(resolve, ms, false)
  const idle = Promise.all(lanes.map(lane => lane.idle())).then(() => true)
  return Promise.race([idle, over]).finally(() => clearTimeout(timer))
}
