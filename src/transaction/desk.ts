/**
 * The part of the spool that people look at and act on: the port behind the page, the API and the command line. Times are
 * milliseconds since 1970; sizes are octets.
 */
import type { Client, Protocol } from '../mail/envelope.ts'
import type { Authentication } from '../policy/authentication/answer.ts'
import type { Reason } from '../policy/reasons.ts'
import type { About, Claims, Decision, DeliveryState, TransactionFilter, TransactionRow } from './ports.ts'

/** A row of the list, one a delivery. */
export interface MessageRow {
  readonly id: string
  readonly delivery: number
  readonly state: DeliveryState
  readonly mailbox: string
  readonly route: string
  readonly recipient: string
  readonly sender: string
  readonly subject: string
  readonly size: number
  /** Of a notice: when it was made. */
  readonly received: number
  /** Of a notice alone, which is no mail of the mailbox: what it tells of. */
  readonly about?: About | null
}

export interface MessageFilter {
  readonly limit?: number
  readonly state?: DeliveryState
  readonly mailbox?: string
  readonly route?: string
  readonly processor?: string
  readonly recipient?: string
  /** Received at or after, and before, these times. */
  readonly since?: number
  readonly until?: number
  /** Stands in subject, sender, recipient or message id, without case. */
  readonly text?: string
  /** Only rows older than this one (its `delivery`): paging. */
  readonly before?: number
}

export interface DeliveryView {
  readonly id: number
  readonly recipient: string
  readonly mailbox: string
  readonly route: string
  readonly key: string
  readonly claims: Claims
  readonly processor: string
  readonly state: DeliveryState
  readonly reason: Reason | null
  readonly attempts: number
  readonly due: number | null
  readonly changed: number
  /** What came of the last attempt, in one line. */
  readonly detail: string
  /** What the application wrote then, of several lines; null: nothing. */
  readonly answer: string | null
  readonly idempotencyId: string
  readonly about: About | null
}

export interface MessageView {
  readonly id: string
  readonly received: number
  readonly sender: string
  readonly from: string
  readonly subject: string
  readonly messageId: string
  readonly size: number
  readonly truncated: boolean
  readonly client: Client
  readonly protocol: Protocol
  readonly listener: string
  readonly decisions: readonly Decision[]
  readonly authentication: Authentication | null
  readonly deliveries: readonly DeliveryView[]
}

/**
 * What a person does to deliveries. `retry`: failed ones are queued again, and queued ones that wait for their next attempt are due now.
 * `replay`: delivered and failed ones are queued again. `release`: held and discarded ones are queued. `discard`: queued, held and
 * failed ones are put aside. None touches what is under way.
 * What is queued again begins anew (attempts, giving up) under the same idempotency id: an application that asked to hold the mail
 * is called with an id that it has seen, so it must go by its own record of the verdict and not take the call for a repeat.
 */
export type Redelivery = 'retry' | 'replay' | 'release' | 'discard'

/** The part of the spool that people look at and act on (API, page, command line). */
export interface SpoolDesk {
  list(filter: MessageFilter): Promise<readonly MessageRow[]>
  view(message: string): Promise<MessageView | null>
  raw(message: string): Promise<AsyncIterable<Uint8Array> | null>
  /** How many rows `list` would give without a limit. */
  count(filter: MessageFilter): Promise<number>
  /** `delivery` narrows it to one recipient. Resolves to how many deliveries were changed. */
  redeliver(message: string, how: Redelivery, delivery?: number): Promise<number>
  /** The same for up to `filter.limit` (at most 1,000) rows of the list, in its order, notices left out. */
  redeliverMany(filter: MessageFilter, how: Redelivery): Promise<Redelivered>
  transactions(filter: TransactionFilter): Promise<readonly TransactionRow[]>
  /** Whether a message would be kept now: `writable` is false when full, read-only or failing. */
  status(): SpoolStatus
}

/** `next`: the filter's `before` for the rows that follow; null where there are none. */
export interface Redelivered {
  readonly looked: number
  readonly changed: number
  readonly next: number | null
}

/** How a processor fares. Counted since the start but `running`. */
export interface ProcessorStatus {
  readonly name: string
  readonly running: number
  /** How many calls may be under way now, and how many by the configuration. */
  readonly allowed: number
  readonly concurrency: number
  readonly delivered: number
  readonly retried: number
  readonly failed: number
  /** Left alone but for one call from time to time, because its last calls all failed. */
  readonly paused: ProcessorPause | null
}

export interface ProcessorPause {
  readonly since: number
  /** When it is tried again. */
  readonly until: number
  readonly cause: string
}

/** The part of the delivery runner that people look at and act on. */
export interface DeliveryDesk {
  processors(): readonly ProcessorStatus[]
  /** Calls it as if it had never failed. False where there is no such processor. */
  resume(processor: string): boolean
}

export interface SpoolStatus {
  readonly writable: boolean
  readonly detail: string
  /** Octets of message bodies on disk, and the free octets of the disk. */
  readonly used: number
  readonly free: number
}
