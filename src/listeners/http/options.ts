/**
 * What the HTTP listener is told and gives back: the health probes, the API and the web page over one port.
 * It sees the spool through SpoolDesk only; it must not know config, keys or the other listeners.
 */
import type { Content } from '../../mail/content.ts'
import type { DeliveryDesk, SpoolDesk } from '../../transaction/desk.ts'
import type { Log } from '../../transaction/ports.ts'

/** One question of readiness, such as "is the spool writable". */
export interface ReadinessCheck {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

export interface Readiness {
  readonly ready: boolean
  readonly checks: readonly ReadinessCheck[]
}

/** Whose remembered answers are to be dropped: where a field is left out, those of all. */
export interface ForgetOrder {
  readonly mailbox?: string
  readonly route?: string
  readonly key?: string
}

/** What is inside a message, read in a worker under budgets. Both give null where there is no such message or attachment. */
export interface ContentDoor {
  view(message: string): Promise<Content | null>
  attachment(message: string, index: number): Promise<AttachmentOctets | null>
}

export interface AttachmentOctets {
  readonly name: string | null
  /** As the message says: it may be anything. */
  readonly type: string
  readonly octets: Uint8Array
}

/** Links that open one message or attachment for whoever has them (lib/attachment-link.ts). */
export interface LinkDoor {
  readonly secret: Uint8Array
  /** The raw message as processors get it, without fields that somebody wrote in our name. Absent: as received. */
  raw?(message: string): Promise<AsyncIterable<Uint8Array> | null>
}

export interface HttpParts {
  /** Names under which we may be addressed, without ports. Loopback names and addresses are always allowed. */
  readonly hosts: readonly string[]
  /** At least 16 characters. Needed off loopback and for requests that came through a proxy; null: such requests get 401. */
  readonly token: string | null
  readonly desk: SpoolDesk
  /** null: messages are shown raw only. */
  readonly content: ContentDoor | null
  readonly delivery: DeliveryDesk
  /** null: there are no links. */
  readonly links: LinkDoor | null
  readiness(): Readiness
  /** Called after a retry, replay or release: deliveries wait. With the processor's name where it is known to be the only one. */
  notify(processor?: string): void
  /** Drops what is remembered of keys. Gives how many answers that were; null where there is no such mailbox or route. */
  forget(what: ForgetOrder): number | null
  readonly version: string
  readonly log: Log
}

/** `host` is a name or an IP address, port 0 picks a free one; `path` is a UNIX socket. */
export type HttpOptions = HttpParts & ({ readonly host: string; readonly port: number } | { readonly path: string })

/** `address` is the IP address or the socket's path, `port` is 0 for a path. */
export interface HttpListener {
  readonly address: string
  readonly port: number
  close(): Promise<void>
}
