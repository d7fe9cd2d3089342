/**
 * What the checks of a message's origin found: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 9989) and ARC (RFC 8617), as plain
 * data. Findings of the authentication adapter; what they mean for us is decided in judge.ts and decide.ts. Domains are lower
 * case A-labels without a final dot. `detail` is for people: one line of printable text, at most 200 characters.
 */

export interface Spf {
  /** `none` also where nothing could be asked: no client address, a client of ours, or checks are off. */
  readonly result: 'none' | 'neutral' | 'pass' | 'fail' | 'softfail' | 'temperror' | 'permerror'
  /** What was checked: RFC5321.MailFrom, or HELO where that is the null reverse-path. */
  readonly identity: 'mailfrom' | 'helo'
  /** Of that identity; '' where there is none. */
  readonly domain: string
  readonly detail: string
  /** Of a pass: the domain lets any client pass (`+all` and its like). */
  readonly everybody?: true
  /** DNS queries sent for it: they count against the message's budget. */
  readonly queries: number
}

export interface DkimSignature {
  readonly result: 'pass' | 'fail' | 'neutral' | 'policy' | 'temperror' | 'permerror'
  readonly domain: string
  readonly selector: string
  readonly algorithm: string
  /**
   * May stand for the author: From is in h=, the message has exactly one From and at most one Subject, and no l= stops short
   * of the body. Says nothing about `result`.
   */
  readonly counts: boolean
  /** Passes, counts, and its domain is aligned with that of From. */
  readonly aligned: boolean
  /** Names in h=, lower case, each once, at most 100. */
  readonly covers: readonly string[]
  /** t= and x=, in milliseconds since 1970. */
  readonly signed: number | null
  readonly expires: number | null
  readonly detail: string
}

export interface Dmarc {
  /**
   * `none`: no policy, or no single author to have one. `permerror`: the message used up its questions to the DNS before it was
   * found out. Before any override (judge.ts).
   */
  readonly result: 'pass' | 'fail' | 'none' | 'temperror' | 'permerror'
  /** What the domain asks for with mail that fails; null where it publishes nothing. After t=y. Not sure with `temperror`. */
  readonly policy: 'none' | 'quarantine' | 'reject' | null
  /** Where the record that applies was found. */
  readonly domain: string | null
  /** The author's organisational domain (RFC 9989 4.10.2); null where it is not known. */
  readonly organisation: string | null
  /** The SPF pass is for a domain that is aligned with that of From. */
  readonly spfAligned: boolean
  readonly detail: string
}

export interface Arc {
  readonly result: 'none' | 'pass' | 'fail'
  /** The highest set; 0 where there is none. */
  readonly instance: number
  /** d= of the highest ARC-Seal. */
  readonly sealer: string | null
  /** What the highest ARC-Authentication-Results says of DMARC: its result and header.from. */
  readonly dmarc: { readonly result: string; readonly from: string | null } | null
  /** The chain did not pass, or was not found out, only because the DNS gave no answer. */
  readonly temporary?: true
  readonly detail: string
}

/** Of one message, SPF apart. */
export interface MessageEvidence {
  /** Of those that were checked: at most 8, of the author's domain first. */
  readonly dkim: readonly DkimSignature[]
  /** DKIM-Signature fields that were not looked at, for the bound. */
  readonly unchecked: number
  readonly dmarc: Dmarc
  readonly arc: Arc
  /** Forward-confirmed names of the client (RFC 8601 2.7.3, iprev); looked up only where asked for, and DMARC or SPF failed. */
  readonly names: readonly string[]
  /** There may be more names: the DNS gave no answer. */
  readonly namesTemporary?: true
  readonly queries: number
}

export const noSpf: Spf = Object.freeze({ result: 'none', identity: 'mailfrom', domain: '', detail: '', queries: 0 })
