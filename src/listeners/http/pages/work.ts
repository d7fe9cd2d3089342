/**
 * One piece of work on many deliveries at a time, done by the server slice by slice, so that it needs no script and goes on when
 * the browser is closed. Between slices new mail has its turn. Kept in memory: an end of the server ends it, with nothing half done.
 */
import type { MessageFilter, Redelivery } from '../../../transaction/desk.ts'
import { slice, sliceRows } from '../bulk.ts'
import type { HttpParts } from '../options.ts'
import { Problem } from '../problem.ts'

export interface Work {
  readonly how: Redelivery
  /** Deliveries that the filter fitted at its start. */
  readonly total: number
  readonly looked: number
  readonly changed: number
  readonly state: 'running' | 'done' | 'stopped' | 'failed'
}

export interface Order {
  readonly how: Redelivery
  readonly filter: MessageFilter
  readonly total: number
}

export interface Bench {
  /** Throws Problem 409 where one is under way. */
  start(order: Order): void
  stop(): void
  /** What is under way, or was last. */
  current(): Work | null
}

/** Milliseconds between two slices. */
const rest = 5

export function makeBench(parts: HttpParts): Bench {
  let work: Work | null = null
  let stopping = false
  async function run({ how, filter }: Order): Promise<void> {
    for (let before: number | null = filter.before ?? null; ; ) {
      const done = await slice(parts, how, { ...filter, limit: sliceRows, ...(before === null ? {} : { before }) })
      work = { ...work!, looked: work!.looked + done.looked, changed: work!.changed + done.changed }
      before = done.next
      if (before === null || stopping) {
        work = { ...work, state: before === null ? 'done' : 'stopped' }
        return
      }
      await new Promise(resolve => setTimeout(resolve, rest).unref())
    }
  }
  return {
    start(order) {
      if (work?.state === 'running') throw new Problem(409, 'Other work of this kind is under way; wait for it or stop it')
      stopping = false
      work = { how: order.how, total: order.total, looked: 0, changed: 0, state: 'running' }
      run(order).catch((err: unknown) => {
        parts.log.error({ err, how: order.how }, 'Work on many deliveries ended early')
        work = { ...work!, state: 'failed' }
      })
    },
    stop() {
      stopping = true
    },
    current: () => work,
  }
}
