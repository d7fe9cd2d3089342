/**
 * What the main thread and a checking thread say to each other. Octets go over as transferred buffers, never as copies; of a long
 * message at most `window` pieces are under way.
 */
import type { MessageEvidence, Spf } from '../policy/authentication/evidence.ts'
import type { SpfQuestion } from '../transaction/ports.ts'
import type { MessageFacts } from './facts.ts'

export interface DnsLimits {
  /** `ip`, `ip:port` or `[v6]:port`; none: the system's. */
  readonly servers: readonly string[]
  /** Milliseconds for one server's answer, and rounds over all servers. */
  readonly timeout: number
  readonly tries: number
  /** Queries of one message, and milliseconds for all of them. */
  readonly queries: number
  readonly time: number
}

export interface WorkerStart {
  readonly hostname: string
  readonly dns: DnsLimits
}

export type Request =
  | { readonly kind: 'spf'; readonly id: number; readonly question: SpfQuestion }
  /** `octets`: the whole message; null where pieces follow. */
  | { readonly kind: 'message'; readonly id: number; readonly facts: MessageFacts; readonly octets: ArrayBuffer | null }
  | { readonly kind: 'piece'; readonly id: number; readonly octets: ArrayBuffer }
  | { readonly kind: 'end'; readonly id: number }
  /** The rest of the message can't be had: nobody waits for an answer. */
  | { readonly kind: 'broken'; readonly id: number }
  | { readonly kind: 'close' }

export type Reply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'spf'; readonly id: number; readonly answer: Spf }
  | { readonly kind: 'message'; readonly id: number; readonly answer: MessageEvidence }
  /** The check itself failed: our mistake. */
  | { readonly kind: 'failed'; readonly id: number; readonly error: string }
  /** A piece was taken; another may be sent. */
  | { readonly kind: 'taken'; readonly id: number }
  | { readonly kind: 'log'; readonly text: string; readonly fields: object }

/** Pieces under way, and octets of one at most. */
export const window = 8
export const pieceSize = 64 * 1024
/** A message up to this size goes over as one. */
export const wholeSize = 256 * 1024
