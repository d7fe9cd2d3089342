/**
 * Which mailbox an address belongs to: the most specific pattern wins, and `postmaster` of a served domain is ours unless a
 * dedicated address claims it (RFC 5321 4.5.1). A catch-all never swallows postmaster. Decides nothing about keys.
 */
import type { Address } from '../../mail/address.ts'
import { type AddressPattern, asciiLower, bySpecificity, canonicalDomain, matchLocalPart } from './pattern.ts'

export interface DirectoryEntry {
  readonly mailbox: string
  readonly pattern: AddressPattern
}

interface Domain {
  readonly name: string
  /** Dedicated addresses, by lower-case local part. */
  readonly dedicated: ReadonlyMap<string, string>
  /** Patterns with a key, the most specific first. */
  readonly keyed: readonly DirectoryEntry[]
}

export interface Directory {
  readonly domains: ReadonlyMap<string, Domain>
  /** The domain that `<Postmaster>` without a domain means: that of the first entry; null where nothing is served. */
  readonly primary: string | null
}

export type LookUp =
  /** `key` is null for a dedicated address: its key stands in the message, or there is none. */
  | { readonly kind: 'mailbox'; readonly mailbox: string; readonly key: string | null }
  | { readonly kind: 'postmaster'; readonly domain: string }
  /** A domain of ours, no mailbox. */
  | { readonly kind: 'unknown' }
  /** Not a domain of ours: relaying. */
  | { readonly kind: 'unserved' }

const unknown: LookUp = Object.freeze({ kind: 'unknown' })
const unserved: LookUp = Object.freeze({ kind: 'unserved' })

/** Identical claims are the configuration's error (overlap.ts); here the first one wins. */
export function buildDirectory(entries: readonly DirectoryEntry[]): Directory {
  const domains = new Map<string, Domain>()
  for (const { pattern } of entries) {
    if (domains.has(pattern.domain)) continue
    const own = entries.filter(entry => entry.pattern.domain === pattern.domain)
    const dedicated = own.filter(entry => !entry.pattern.hasKey).reverse()
    domains.set(pattern.domain, {
      name: pattern.domain,
      dedicated: new Map(dedicated.map(entry => [entry.pattern.prefix, entry.mailbox])),
      keyed: own.filter(entry => entry.pattern.hasKey).sort((a, b) => bySpecificity(a.pattern, b.pattern)),
    })
  }
  return { domains, primary: entries[0]?.pattern.domain ?? null }
}

/** `'postmaster'` is `<Postmaster>` without a domain, which RCPT alone knows. */
export function lookUp(directory: Directory, address: Address | 'postmaster'): LookUp {
  if (address === 'postmaster') {
    return directory.primary === null ? unserved : lookUp(directory, { localPart: address, domain: directory.primary })
  }
  const domain = directory.domains.get(address.domain) ?? directory.domains.get(canonicalDomain(address.domain))
  if (domain === undefined) return unserved
  const { localPart } = address
  if (domain.dedicated.size > 0) {
    const mailbox = domain.dedicated.get(asciiLower(localPart))
    if (mailbox !== undefined) return { kind: 'mailbox', mailbox, key: null }
  }
  if (localPart.length === 10 && localPart.toLowerCase() === 'postmaster') return { kind: 'postmaster', domain: domain.name }
  for (const { mailbox, pattern } of domain.keyed) {
    const key = matchLocalPart(pattern, localPart)
    if (key !== null) return { kind: 'mailbox', mailbox, key }
  }
  return unknown
}
