/**
 * What the main thread and the writer thread say to each other. Batches are flat tuples of strings and numbers, which clone
 * cheaply; bodies go in one packed ArrayBuffer that is transferred. Types and sizes only.
 */
import type { Redelivery } from '../../transaction/desk.ts'
import type { Delivery, Settlement } from '../../transaction/ports.ts'
import type { Counts, Recovered, Retention } from './options.ts'

/** Bodies up to here stand in the database; up to `streamFrom` in a segment; larger ones in a file of their own. */
export const inDatabase = 16 * 1024
/** Bodies in the database are packed up to here, so that reading one doesn't read many. */
export const packSize = 128 * 1024
export const streamFrom = 256 * 1024
/** Octets of a streamed body that may wait for the disk. */
export const mostWaiting = 512 * 1024
export const segmentSize = 64 * 1024 * 1024
/** Equal mail is a repeat for 7 days at most, so ids of purged deliveries are kept that long. */
export const longestWindow = 7 * 24 * 3600 * 1000
export const mostTraceRows = 200_000

export type DeliveryTuple = [
  recipient: string,
  mailbox: string,
  route: string,
  key: string,
  claims: string,
  processor: string,
  state: string,
  reason: string | null,
  material: string,
  window: number,
  /** 1: the body doesn't count for the idempotency id. */
  alone: number,
  /** Of a notice: JSON. */
  about: string | null,
]

/**
 * `file` is 0 where the body lies in the packed buffer at `position`; else it is on the disk already, with its `digest`, and
 * `own` says that nothing else lies in the file. `rest` is JSON: client, protocol, listener, decisions, and where they say
 * something authentication, machine and notify.
 */
export type MessageTuple = [
  id: string,
  received: number,
  sender: string,
  subject: string,
  messageId: string,
  from: string,
  truncated: number,
  client: string | null,
  rest: string,
  size: number,
  bodyStart: number,
  position: number,
  file: number,
  own: number,
  digest: string,
  deliveries: DeliveryTuple[],
]

/** `recipients` and `rest` are JSON; rest holds what is never searched. */
export type TraceTuple = [
  id: string,
  at: number,
  client: string | null,
  verdict: string,
  reason: string | null,
  recipients: string,
  rest: string,
]

export type Operation =
  | { readonly kind: 'claim'; readonly processor: string; readonly limit: number; readonly at: number }
  | { readonly kind: 'take'; readonly delivery: number; readonly at: number }
  /** `claimed`: when it was claimed or taken, null where that isn't known; what has been claimed anew since is left alone. */
  | {
      readonly kind: 'settle'
      readonly delivery: number
      readonly claimed: number | null
      readonly settlement: Settlement
      readonly at: number
    }
  | {
      readonly kind: 'redeliver'
      readonly message: string
      readonly how: Redelivery
      readonly delivery: number | null
      readonly at: number
    }
  | { readonly kind: 'redeliver-many'; readonly ids: readonly number[]; readonly how: Redelivery; readonly at: number }
  | { readonly kind: 'next-due'; readonly processor: string }
  | { readonly kind: 'purge'; readonly at: number }
  /** Writes something of no importance: does the disk take it? */
  | { readonly kind: 'probe'; readonly at: number }

export type OperationResult = readonly Delivery[] | number | null

export interface Batch {
  readonly kind: 'batch'
  readonly bodies: ArrayBuffer | null
  readonly messages: readonly MessageTuple[]
  readonly operations: readonly Operation[]
  readonly trace: readonly TraceTuple[]
}

export type WriterRequest =
  | Batch
  /** Nothing more is appended to this file. */
  | { readonly kind: 'left'; readonly file: number }
  | { readonly kind: 'close' }

/** Sums over what is kept, after the batch. */
export interface Tally {
  readonly used: number
  readonly postmaster: number
  readonly counts: Counts
}

export interface Failure {
  readonly message: string
  readonly full: boolean
}

export const isFailure = (result: unknown): result is Failure => typeof result === 'object' && result !== null && 'full' in result

/** For each delivery its new id, or the id of the message that it repeats. */
export type CommitResult = readonly (number | string)[]

/** `commits` holds a Failure where one message could not be written and the others could. */
export type Written =
  | { readonly failure: Failure }
  | {
      readonly failure: null
      readonly commits: readonly (CommitResult | Failure)[]
      readonly results: readonly (OperationResult | Failure)[]
      readonly tally: Tally
    }

/** `bodies` is the batch's buffer on its way back. */
export type Answer = Written & { readonly kind: 'answer'; readonly bodies: ArrayBuffer | null }

export type WriterReply =
  | Answer
  /** `last`: the highest file number ever used. */
  | { readonly kind: 'ready'; readonly tally: Tally; readonly recovered: Recovered; readonly last: number }
  | { readonly kind: 'closed' }

export interface WriterStart {
  readonly directory: string
  readonly retention: Retention
  readonly at: number
  /** Deliveries under way in this process, to be left alone by the recovery; null at the start of the process. */
  readonly underWay: readonly number[] | null
}
