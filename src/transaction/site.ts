/**
 * The site as the core sees it: mailboxes, routes, limits and the ports, all settled at start. main.ts builds it from the
 * configuration; nothing here is read from a file or changes while a transaction runs.
 */
import type { Trusted } from '../policy/authentication/trust.ts'
import type { Governor } from '../policy/governor/governor.ts'
import type { Budget } from '../policy/limits/budget.ts'
import type { Directory } from '../policy/recipient/directory.ts'
import type { ReferencesPattern } from '../policy/recipient/references.ts'
import type { ScreeningSettings } from '../policy/screening/actions.ts'
import type { SpoolStatus } from './desk.ts'
import type { Handoff } from './handoff.ts'
import type { Authenticator, Clock, KeyVerifier, Log, SpoolIntake, Trace } from './ports.ts'

/** Where a route's mail goes. Mail for an inbox is `delivered` once it is in the spool; other processors are called. */
export interface Destination {
  readonly processor: string
  readonly settled: 'queued' | 'delivered'
}

/** One kind of key in a mailbox. `verifier` is null where the mailbox needs no key (`key: none`). */
export interface Route {
  readonly name: string
  readonly verifier: KeyVerifier | null
  /** False: keys are folded to lower case before they are looked up. */
  readonly caseSensitive: boolean
  /** At least one; all of them get the mail. The first is the one that is asked before the reply. */
  readonly destinations: readonly Destination[]
  /** inline: the first destination is asked before the client is answered. */
  readonly handoff: 'queued' | 'inline'
  readonly screening: ScreeningSettings
  /** Whom the From field must name; null: whom the key is bound to, where it is bound to anybody. */
  readonly require: 'none' | 'authenticated' | 'bound' | null
}

export interface Mailbox {
  readonly name: string
  readonly routes: readonly Route[]
  /** Of a dedicated mailbox: how a key looks in the References field; null where no key is asked for. */
  readonly references: ReferencesPattern | null
}

/** RFC 5321 4.5.1: mail for postmaster is taken without a key, within caps of its own. */
export interface Postmaster {
  readonly destination: Destination
  readonly messageSize: number
  readonly perNetwork: Budget
  /** The part of the spool's disk that its mail may fill, 0 to 1, and the octets it holds now. */
  readonly share: number
  used(): number
}

/** How it is found out who sent a message, and what follows from it. */
export interface Origins {
  /** null: nothing is checked, and nobody counts as authenticated. */
  readonly authenticator: Authenticator | null
  readonly spf: 'report' | 'enforce'
  readonly dmarc: 'report' | 'enforce'
  /** Hosts of ours: SPF is never asked about them, and the Received field they wrote says who gave them the message. */
  isRelay(address: string): boolean
  readonly trusted: Trusted
}

export interface Site {
  readonly hostname: string
  readonly directory: Directory
  readonly mailboxes: ReadonlyMap<string, Mailbox>
  readonly postmaster: Postmaster
  readonly origins: Origins
  readonly governor: Governor
  /** Whether refused senders are told; `per`: one notice a sender and reason in so many milliseconds. */
  readonly notices: { readonly per: number } | null
  readonly limits: {
    readonly messageSize: number
    readonly recipients: number
    /** How long mail may have waited in a relay's queue while its key expired, in milliseconds (design: rule 4). */
    readonly relayGrace: number
  }
  readonly spool: SpoolIntake
  /** How applications are asked before the reply: milliseconds from the end of data, and what the client hears when they are late. */
  readonly inline: { readonly deadline: number; readonly late: 'queue' | 'defer'; readonly handoff: Handoff }
  readonly spoolStatus: () => SpoolStatus
  /** There is new mail for this processor. */
  readonly notify: (processor: string) => void
  readonly trace: Trace
  readonly clock: Clock
  readonly log: Log
  readonly newId: (now: number) => string
}
