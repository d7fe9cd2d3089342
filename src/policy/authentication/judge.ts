/**
 * From what was found to who wrote it: the one answer that everybody else is given (answer.ts). RFC5322.From is authenticated by
 * an aligned DKIM signature, an aligned SPF pass or a trusted ARC sealer, in this order; never where there is not exactly one
 * address, and never by a forwarder. Decides nothing about the message: decide.ts does.
 */
import type { Author } from '../../mail/author.ts'
import type { Header } from '../../mail/header-fields.ts'
import { canonicalDomain } from '../recipient/pattern.ts'
import type { Authentication, Machine } from './answer.ts'
import { mayAlign } from './domains.ts'
import type { DkimSignature, MessageEvidence, Spf } from './evidence.ts'
import { signedRecipients, unsignedFields } from './signed-fields.ts'
import { mayBeForwarder, proves, type Trusted, trustedForwarder, vouchingSealer } from './trust.ts'

export interface Facts {
  readonly author: Author
  /** RFC5321.MailFrom, '' for the null reverse-path. */
  readonly sender: string
  readonly spf: Spf
  readonly evidence: MessageEvidence
  readonly header: Header
  readonly recipients: readonly string[]
  readonly machine: Machine
  /** When we got it: milliseconds since 1970. */
  readonly received: number
  /** The address of the true client (true-client.ts). */
  readonly client: string | null
  readonly trusted: Trusted
}

type From = Authentication['from']

export function judge(facts: Facts): Authentication {
  const { author, spf, evidence, header, sender } = facts
  const aligned = author.kind === 'one' ? evidence.dkim.filter(signature => isAligned(signature, evidence)) : []
  const from = whoIsFrom(facts, aligned)
  const forwarder = trustedForwarder(facts, facts.trusted)
  const unknown = whatIsUnknown(facts, { from, forwarder })
  const times = aligned.flatMap(({ signed }) => (signed === null ? [] : [signed]))
  return {
    from,
    mailFrom: { address: sender, authenticated: isSenderAuthenticated(sender, spf) },
    spf,
    dkim: evidence.dkim,
    dmarc: judgeDmarc(evidence.dmarc, { override: whyOverridden(from, forwarder), open: unknown.length > 0 }),
    arc: evidence.arc,
    ...(forwarder === null ? {} : { forwarder }),
    ...(unknown.length === 0 ? {} : { unknown }),
    unsigned: unsignedFields(header, aligned),
    signedRecipients: signedRecipients(header, aligned, facts.recipients),
    signatureAge: times.length === 0 ? null : facts.received - Math.max(...times),
    machine: facts.machine,
  }
}

/** A DMARC failure says that nothing is aligned: then no flag that says otherwise is believed. */
const isAligned = (signature: DkimSignature, { dmarc }: MessageEvidence): boolean =>
  signature.result === 'pass' && signature.counts && signature.aligned && dmarc.result !== 'fail'

function whoIsFrom({ author, spf, evidence, trusted }: Facts, aligned: readonly DkimSignature[]): From {
  const nobody = { address: null, domain: null, authenticated: false, how: 'none' } as const
  if (author.kind === 'none') return nobody
  if (author.kind !== 'one') return { ...nobody, problem: author.kind }
  const { address, domain } = author
  if (aligned.length > 0) return { address, domain, authenticated: true, how: 'dkim' }
  if (proves(spf) && evidence.dmarc.spfAligned && evidence.dmarc.result !== 'fail') {
    return { address, domain, authenticated: true, how: 'spf' }
  }
  const sealer = evidence.arc.result === 'pass' ? vouchingSealer(evidence.arc, domain, trusted) : null
  if (sealer !== null) return { address, domain, authenticated: true, how: 'arc', through: sealer }
  return { address, domain, authenticated: false, how: 'none' }
}

/** RFC 7208 2.4. What was checked must be the domain of this very address. */
function isSenderAuthenticated(sender: string, spf: Spf): boolean {
  const domain = canonicalDomain(sender.slice(sender.lastIndexOf('@') + 1))
  return sender !== '' && proves(spf) && spf.identity === 'mailfrom' && spf.domain === domain
}

function whyOverridden(from: From, forwarder: string | null): string | null {
  if (from.how === 'arc') return `arc=${from.through}`
  return forwarder === null ? null : `forwarder=${forwarder}`
}

function judgeDmarc(
  found: MessageEvidence['dmarc'],
  { override, open }: { readonly override: string | null; readonly open: boolean },
): Authentication['dmarc'] {
  if (found.result === 'pass' || found.result === 'none') return found
  // Where DMARC has no answer, the policy may be a weaker one than that of the domain: `none` is not taken for it.
  const dmarc = found.result !== 'fail' && found.policy === 'none' ? { ...found, policy: null } : found
  if (override !== null) return { ...dmarc, override }
  return open && found.result === 'fail' ? { ...dmarc, result: 'temperror' } : dmarc
}

type Unknown = NonNullable<Authentication['unknown']>

function whatIsUnknown(facts: Facts, { from, forwarder }: { readonly from: From; readonly forwarder: string | null }): Unknown {
  const unknown: Unknown[number][] = []
  if (from.domain !== null && !from.authenticated && mayBeAuthentic(facts, from.domain)) unknown.push('from')
  if (forwarder === null && mayBeForwarder(facts, facts.trusted)) unknown.push('forwarder')
  return unknown
}

/** Whether From could have been authenticated, had the DNS answered. Without DMARC's answer nobody knows what is aligned. */
function mayBeAuthentic({ spf, evidence, trusted }: Facts, domain: string): boolean {
  const { dkim, dmarc, arc } = evidence
  if (dmarc.result === 'temperror') return true
  const author = { domain, organisation: dmarc.organisation }
  return (
    dkim.some(({ result, counts, domain: signer }) => result === 'temperror' && counts && mayAlign(signer, author)) ||
    (spf.result === 'temperror' && mayAlign(spf.domain, author)) ||
    (arc.temporary === true && vouchingSealer(arc, domain, trusted) !== null)
  )
}
