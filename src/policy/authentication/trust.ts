/**
 * What the operator's lists of trusted hosts make of a message: a sealer whose word counts for the author (RFC 8617 5.2, RFC
 * 9989 8.6), and a forwarder who explains a failure. A forwarder never vouches for anybody.
 */
import { asciiLower, canonicalDomain } from '../recipient/pattern.ts'
import { isListed } from './domains.ts'
import type { Arc, MessageEvidence, Spf } from './evidence.ts'

export interface Trusted {
  /** Domains, matched exactly or below, as `forwarders`. */
  readonly sealers: readonly string[]
  readonly forwarders: readonly string[]
  /** Networks of forwarders. */
  readonly isForwarder: (address: string) => boolean
}

/**
 * The sealer, if it is a trusted one, is the highest, and says that DMARC passed for this very domain. Whether the chain is
 * whole is another question.
 */
export function vouchingSealer(arc: Arc, domain: string, { sealers }: Trusted): string | null {
  if (arc.sealer === null || arc.dmarc === null || arc.dmarc.from === null) return null
  if (asciiLower(arc.dmarc.result) !== 'pass' || canonicalDomain(arc.dmarc.from) !== domain) return null
  return isListed(arc.sealer, sealers) ? arc.sealer : null
}

/** A pass of a domain that lets everybody send for it says nothing of who did. */
export const proves = (spf: Spf): boolean => spf.result === 'pass' && spf.everybody !== true

interface Handover {
  readonly client: string | null
  readonly spf: Spf
  readonly evidence: Pick<MessageEvidence, 'names' | 'namesTemporary'>
}

/** By what we know the trusted forwarder who handed this over: address, domain of an SPF pass, or forward-confirmed name. */
export function trustedForwarder({ client, spf, evidence }: Handover, trusted: Trusted): string | null {
  if (client !== null && trusted.isForwarder(client)) return client
  if (proves(spf) && isListed(spf.domain, trusted.forwarders)) return spf.domain
  return evidence.names.find(name => isListed(canonicalDomain(name), trusted.forwarders)) ?? null
}

/** Whether one may have handed it over, had the DNS answered. */
export const mayBeForwarder = ({ spf, evidence }: Handover, { forwarders }: Trusted): boolean =>
  (spf.result === 'temperror' && isListed(spf.domain, forwarders)) || (evidence.namesTemporary === true && forwarders.length > 0)
