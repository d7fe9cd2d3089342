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
  readonly recipient?: string
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
  /** The last answer of the processor. */
  readonly detail: string
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

/** `replay` queues delivered and failed deliveries again, `release` held and discarded ones. Both count what they changed. */
export type Redelivery = 'replay' | 'release'

/** The part of the spool that people look at and act on (API, page, command line). */
export interface SpoolDesk {
  list(filter: MessageFilter): Promise<readonly MessageRow[]>
  view(message: string): Promise<MessageView | null>
  raw(message: string): Promise<AsyncIterable<Uint8Array> | null>
  /** `delivery` narrows it to one recipient. Resolves to how many deliveries were queued. */
  redeliver(message: string, how: Redelivery, delivery?: number): Promise<number>
  transactions(filter: TransactionFilter): Promise<readonly TransactionRow[]>
  /** Whether a message would be kept now: `writable` is false when full, read-only or failing. */
  status(): SpoolStatus
}

export interface SpoolStatus {
  readonly writable: boolean
  readonly detail: string
  /** Octets of message bodies on disk, and the free octets of the disk. */
  readonly used: number
  readonly free: number
}
