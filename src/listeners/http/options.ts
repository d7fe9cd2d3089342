/**
 * What the HTTP listener is told and gives back: the health probes, the API and the web page over one port.
 * It sees the spool through SpoolDesk only; it must not know config, keys or the other listeners.
 */
import type { SpoolDesk } from '../../transaction/desk.ts'
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

export interface HttpParts {
  /** Names under which we may be addressed, without ports. Loopback names and addresses are always allowed. */
  readonly hosts: readonly string[]
  /** At least 16 characters. Needed off loopback and for requests that came through a proxy; null: such requests get 401. */
  readonly token: string | null
  readonly desk: SpoolDesk
  readiness(): Readiness
  /** Called after a replay or release: deliveries wait. With the processor's name where it is known to be the only one. */
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
