/**
 * The event as types: what an application is told of one delivery, in JSON. docs/event.md explains it, docs/event.schema.json is
 * the same as JSON Schema. Times are ISO 8601 in UTC, sizes octets. `version` is raised when a member goes, or means something else.
 */
import type { Content } from '../../mail/content.ts'
import type { Bounce } from '../../mail/delivery-status.ts'
import type { Client, Protocol } from '../../mail/envelope.ts'
import type { Authentication, Machine } from '../../policy/authentication/answer.ts'

export const eventType = 'message.received'
export const eventVersion = 1

export interface MessageEvent {
  readonly type: typeof eventType
  readonly version: typeof eventVersion
  /** When the message was received: the same at every attempt. */
  readonly timestamp: string
  readonly data: EventData
}

export interface EventData {
  readonly id: string
  readonly idempotencyId: string
  readonly mailbox: string
  readonly route: string
  readonly recipient: string
  readonly key: string
  readonly claims: EventClaims
  readonly envelope: EventEnvelope
  readonly received: string
  readonly size: number
  /** From the header, at most 1,000 characters; also where nothing is parsed. */
  readonly subject: string
  readonly messageId: string
  readonly authentication: EventAuthentication | null
  readonly machine: Machine
  readonly bounce: EventBounce | null
  /** null where nothing is parsed. */
  readonly content: Content | null
  /** null where it is left out, or stands beside the event. */
  readonly raw: EventRaw | null
}

export interface EventClaims {
  readonly subject?: string
  readonly senders?: readonly string[]
  readonly keyId?: string
  readonly expires?: string
}

export interface EventEnvelope {
  /** RFC5321.MailFrom, '' for the null reverse-path. */
  readonly sender: string
  readonly recipient: string
  readonly protocol: Protocol
  readonly client: Client
}

/** The message with our trace fields before it: base64 (RFC 4648 4), or where it can be fetched for a time. */
export type EventRaw = { readonly encoding: 'base64'; readonly content: string } | { readonly url: string }

export type EventBounce = Omit<Bounce, 'arrival'> & { readonly arrival: string | null }

export interface EventAuthentication extends Pick<Authentication, 'from' | 'mailFrom' | 'forwarder' | 'unknown' | 'unsigned'> {
  readonly spf: Pick<Authentication['spf'], 'result' | 'identity' | 'domain' | 'everybody'>
  readonly dkim: readonly EventSignature[]
  readonly dmarc: Pick<Authentication['dmarc'], 'result' | 'policy' | 'domain' | 'override'>
  readonly arc: Pick<Authentication['arc'], 'result' | 'instance' | 'sealer'>
  /** `recipient` stands in a To or Cc that an aligned signature covers. */
  readonly recipientSigned: boolean
  /** Seconds. */
  readonly signatureAge: number | null
}

type DkimSignature = Authentication['dkim'][number]
export interface EventSignature extends Pick<DkimSignature, 'result' | 'domain' | 'selector' | 'aligned'> {
  readonly signed: string | null
  readonly expires: string | null
}
