/**
 * One mail transaction (RFC 5321 3.3), from MAIL to the reply after the data, whatever protocol carries it. Holds what was
 * decided and why; deciding is done by at-rcpt and at-end-of-data.
 */
import type { Client, Protocol, ReversePath } from '../mail/envelope.ts'
import type { Spf } from '../policy/authentication/evidence.ts'
import type { Peer } from '../policy/verdict.ts'
import type { Claims, Decision } from './ports.ts'
import type { Route } from './site.ts'

/** What a transaction inherits from its session. */
export interface SessionFacts {
  readonly listener: string
  readonly peer: Peer
  /** LMTP: one reply per accepted recipient after the data (RFC 2033 4.2). */
  readonly replyPerRecipient: boolean
  readonly normalizeLineEndings: boolean
  /** Who asks has folded the address to lower case (Postfix's table look-ups): a case-sensitive key can only be guessed at. */
  readonly folded?: boolean
}

/** Why a recipient was accepted: by its key, by a key still to come in References, without one, or as postmaster. */
export type Grant =
  | { readonly kind: 'key'; readonly route: Route; readonly key: string; readonly claims: Claims; readonly expired?: number }
  | { readonly kind: 'references'; readonly route: Route }
  | { readonly kind: 'open'; readonly route: Route }
  | { readonly kind: 'postmaster' }

export interface Recipient {
  readonly address: string
  readonly mailbox: string
  readonly grant: Grant
}

export interface Transaction {
  readonly id: string
  readonly started: number
  readonly session: SessionFacts
  readonly client: Client
  readonly protocol: Protocol
  readonly reversePath: ReversePath
  /** RFC5321.MailFrom as text, '' for the null reverse-path. */
  readonly sender: string
  readonly smtpUtf8: boolean
  /** RFC 8689: whatever we send because of this message would need TLS all the way. */
  readonly requireTls: boolean
  /** The SIZE parameter (RFC 1870), null where none was given. */
  readonly declaredSize: number | null
  /** One entry per accepted RCPT command, in order; repeats stand twice. */
  readonly recipients: Recipient[]
  readonly decisions: Decision[]
  /** Under way since the first recipient was accepted, where the client was known by then. */
  spf: Promise<Spf> | null
  /** Recipients refused; decisions name the first of them. */
  refused: number
}

/** A peer chooses how many recipients it tries: more of them than this are counted (`refused`), not noted. */
const maxRcptDecisions = 200

export function decided(transaction: Transaction, decision: Decision): void {
  if (decision.stage !== 'rcpt' || transaction.decisions.length < maxRcptDecisions) transaction.decisions.push(decision)
}
