/**
 * Who really sent a message, as far as it can be known: the one answer that policy, trace, processor and notice are given.
 * Made by judge.ts; data only, kept with the message as JSON.
 */
import type { Arc, DkimSignature, Dmarc, Spf } from './evidence.ts'

export type Machine = 'auto-reply' | 'bounce' | 'list' | 'verification' | 'none'

export interface Authentication {
  readonly from: {
    /** The one address of RFC5322.From, null where there is not exactly one. */
    readonly address: string | null
    readonly domain: string | null
    readonly authenticated: boolean
    /** Why there is not exactly one address that all readers would see. Absent: there is, or nobody is named at all. */
    readonly problem?: 'several' | 'malformed'
    /** By what. `arc`: a trusted sealer says so. */
    readonly how: 'dkim' | 'spf' | 'arc' | 'none'
    /** Of `arc`: the sealer. */
    readonly through?: string
  }
  readonly mailFrom: {
    /** RFC5321.MailFrom, '' for the null reverse-path. */
    readonly address: string
    /** By SPF. Never for the null reverse-path. */
    readonly authenticated: boolean
  }
  readonly spf: Spf
  readonly dkim: readonly DkimSignature[]
  /**
   * `override`: why a failure, found or still possible, counts as `none`: "arc=forwarder.example" or "forwarder=192.0.2.1".
   * `result` is what was found; `temperror` also for a failure that something without an answer could have averted.
   */
  readonly dmarc: Dmarc & { readonly override?: string }
  readonly arc: Arc
  /** The trusted forwarder who handed the message on: his address, SPF domain or confirmed name. Vouches for nobody. */
  readonly forwarder?: string
  /**
   * What got no answer for now, and could have come out better: `from` may be an authenticated one after all, and a trusted
   * forwarder may have handed the message on. Absent: nothing.
   */
  readonly unknown?: readonly ('from' | 'forwarder')[]
  /** Fields that people or applications rely on, that are there, and that no aligned signature covers; lower case. */
  readonly unsigned: readonly string[]
  /** Recipients of ours that stand in To or Cc where an aligned signature covers that field: a replay has others. */
  readonly signedRecipients: readonly string[]
  /** Milliseconds between the newest aligned signature (t=) and the reception; null where none says when. */
  readonly signatureAge: number | null
  readonly machine: Machine
}
