/**
 * Writes the outcome of an attempt to the spool. The processor may have taken the mail already, so an outcome is precious:
 * while the spool can't keep it we wait and try again, and meanwhile the delivery's place in the lane stays taken.
 * It must never throw. What could not be written leaves the delivery `delivering`, to be made again after a restart.
 */
import {
  type Delivery,
  type Log,
  type NewDelivery,
  type Outcome,
  type Settlement,
  type SpoolQueue,
  SpoolUnavailable,
} from '../transaction/ports.ts'
import { nextAttempt, type Schedule } from './schedule.ts'

export interface Settling {
  readonly spool: SpoolQueue
  readonly log: Log
  /** Once it has fired nothing is tried a second time. */
  readonly halt: AbortSignal
}

const firstPause = 500
const longestPause = 30_000
/** An error other than SpoolUnavailable is a defect: it must not take a place in the lane for ever. */
const mostDefects = 8

/** The pause after the given number of failures in a row. */
export const troublePause = (failures: number): number => Math.min(longestPause, firstPause * 2 ** Math.max(0, failures - 1))

/** Resolves after `ms`, or at once when `halt` fires. */
export function pause(ms: number, halt: AbortSignal): Promise<void> {
  if (halt.aborted) return Promise.resolve()
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  const wake = (): void => resolve()
  halt.addEventListener('abort', wake, { once: true })
  return promise.finally(() => {
    clearTimeout(timer)
    halt.removeEventListener('abort', wake)
  })
}

export interface Following {
  readonly follow: ((delivery: Delivery, detail: string) => NewDelivery | null) | undefined
  readonly log: Log
}

/** A delivery that failed for good may have somebody told of it; a notice that failed never has (RFC 3834 2). Never throws. */
export function withFollow(delivery: Delivery, settlement: Settlement, { follow, log }: Following): Settlement {
  if (settlement.state !== 'failed' || delivery.about !== null || follow === undefined) return settlement
  try {
    const notice = follow(delivery, settlement.detail)
    return notice === null ? settlement : { ...settlement, follow: notice }
  } catch (error) {
    log.error({ id: delivery.message, delivery: delivery.id, error: String(error) }, 'no notice could be made of a failed delivery')
    return settlement
  }
}

export interface Giving {
  readonly schedule: Schedule
  readonly at: number
  readonly random: () => number
}

/** What an outcome comes to: a retry is queued again with its due time, or failed where the schedule has ended. */
export function settlementOf(delivery: Delivery, outcome: Outcome, { schedule, at, random }: Giving): Settlement {
  if (outcome.kind === 'delivered') return { state: 'delivered', detail: outcome.detail ?? '' }
  if (outcome.kind === 'failed') return { state: 'failed', detail: outcome.detail }
  const attempts = delivery.attempts + 1
  const due = nextAttempt(schedule, { attempts, since: delivery.since, at, after: outcome.after }, random)
  if (due === null) return { state: 'failed', detail: `given up after ${attempts} attempts: ${outcome.detail}` }
  return { state: 'queued', due, detail: outcome.detail }
}

/** Resolves to whether the settlement is written. */
export async function settle(delivery: Delivery, settlement: Settlement, { spool, log, halt }: Settling): Promise<boolean> {
  const fields = { id: delivery.message, delivery: delivery.id, processor: delivery.processor, state: settlement.state }
  for (let failures = 1; ; failures++) {
    try {
      await spool.settle(delivery.id, settlement)
      return true
    } catch (error) {
      log.error({ ...fields, failures, error: String(error) }, 'the outcome of a delivery could not be written')
      if (halt.aborted || (!(error instanceof SpoolUnavailable) && failures >= mostDefects)) return false
      await pause(troublePause(failures), halt)
    }
  }
}
