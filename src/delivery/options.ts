/** What the runner and its lanes need from the outside; main.ts gives it. */
import type { Clock, Delivery, Log, MessageSource, NewDelivery, SpoolQueue } from '../transaction/ports.ts'
import type { Pausing } from './circuit.ts'
import type { Schedule } from './schedule.ts'
import type { Failure } from './settle.ts'

export interface LaneOptions {
  readonly spool: SpoolQueue
  readonly schedule: Schedule
  /** When a processor that fails in a row is left alone. Absent: after 10 calls, for 1 minute at the longest. */
  readonly pause?: Pausing
  readonly clock: Clock
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number
  readonly log: Log
  /** Our trace fields for one delivery, each line ended by CRLF. */
  traceFields(delivery: Delivery): string
  /** What a processor is given in place of the plain message: without forged fields, with a reader of bounces. */
  refine?(message: MessageSource, delivery: Delivery): MessageSource
  /** The notice to write where a delivery fails for good; null: none. Not asked of a delivery that is a notice itself. */
  follow?(delivery: Delivery, failure: Failure): NewDelivery | null
}
