/**
 * What the embedded spool is told, and what it offers. Plain types: the defaults and their names in the configuration file
 * are the affair of config/.
 */
import type { SpoolDesk } from '../../transaction/desk.ts'
import type { Clock, DeliveryState, Log, SpoolIntake, SpoolQueue, TraceStore } from '../../transaction/ports.ts'

/** How long something is kept after it came into its state, in milliseconds. */
export interface Retention {
  readonly delivered: number
  readonly discarded: number
  readonly held: number
  readonly failed: number
  readonly transactions: number
}

export interface SpoolOptions {
  /** Made if it isn't there. One process at a time. */
  readonly directory: string
  /** With fewer free octets than this on the disk, nothing more is taken in. */
  readonly minimumFree: number
  readonly retention: Retention
  readonly clock: Clock
  readonly log: Log
}

/** What a start found and put right. */
export interface Recovered {
  /** Messages in the spool. */
  readonly messages: number
  /** Deliveries that were under way when the process ended: queued again, due now. */
  readonly requeued: number
  /** Files without a message, removed: the client never heard a 250 for them. */
  readonly orphans: number
  /** Octets behind the last message of a file, cut off. */
  readonly tails: number
  /** Messages whose file is missing or too short. Their waiting deliveries have failed. */
  readonly damaged: number
}

export type Counts = Record<DeliveryState, number>

export interface Spool extends SpoolIntake, SpoolQueue, SpoolDesk, TraceStore {
  /** Here `raw` answers null for an unknown message to the desk; the queue knows its messages. */
  raw(message: string): Promise<AsyncIterable<Uint8Array>>
  /** Deliveries by state. */
  counts(): Promise<Counts>
  /** Octets of kept messages that have a delivery of the mailbox `postmaster`. */
  postmasterUse(): number
  readonly recovered: Recovered
  /** Removes what is past its retention, in small slices; also done every minute. Resolves to the number of messages removed. */
  purge(): Promise<number>
  /** Writes all that is pending, then ends both threads and lets go of the directory. */
  close(): Promise<void>
}
