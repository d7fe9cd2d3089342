/**
 * Writes the outcome of an attempt to the spool. The processor may have taken the mail already, so an outcome is precious:
 * while the spool can't keep it we wait and try again, and the lane calls no more than so many others meanwhile.
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
  readonly follow: ((delivery: Delivery, failure: Failure) => NewDelivery | null) | undefined
  readonly log: Log
}

/** Why a delivery failed for good. `refusal`: the application's words for the sender, one line, where it gave some. */
export interface Failure {
  readonly detail: string
  readonly refusal?: string
}

/** What is to be written, and what it was made of. */
export type Ending = readonly [Settlement, Outcome]

/** A delivery that failed for good may have somebody told of it; a notice that failed never has (RFC 3834 2). Never throws. */
export function withFollow(delivery: Delivery, [settlement, outcome]: Ending, { follow, log }: Following): Settlement {
  if (settlement.state !== 'failed' || delivery.about !== null || follow === undefined) return settlement
  const refusal = outcome.kind === 'failed' ? outcome.refusal : undefined
  try {
    const notice = follow(delivery, refusal === undefined ? { detail: settlement.detail } : { detail: settlement.detail, refusal })
    return notice === null ? settlement : { ...settlement, follow: notice }
  } catch (error) {
    log.error({ id: delivery.message, delivery: delivery.id, error: String(error) }, 'no notice could be made of a failed delivery')
    return settlement
  }
}

/** What the log is told of it. */
export type Settled = Pick<Delivery, 'id' | 'message' | 'processor'>

/** Resolves to whether the settlement is written. */
export async function settle(delivery: Settled, settlement: Settlement, { spool, log, halt }: Settling): Promise<boolean> {
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
