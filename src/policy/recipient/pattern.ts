/**
 * An address as the operator configures it: `incoming+%{key}@host`, `%{key}@host`, `prefix-%{key}-suffix@host` or, without
 * `%{key}`, one dedicated address. The fixed part and the domain compare without case (ASCII; RFC 5321 2.4 leaves the local
 * part to us), the key keeps its case as received and is at least one character. Must not judge keys: verifiers do.
 */
import { type Address, parseAddress } from '../../mail/address.ts'

export interface AddressPattern {
  /** As the operator wrote it. */
  readonly text: string
  /** What stands before `%{key}`, lower case; the whole local part where there is no key. */
  readonly prefix: string
  /** What stands behind `%{key}`, lower case. */
  readonly suffix: string
  /** Lower case, internationalised labels in their ASCII form. */
  readonly domain: string
  readonly hasKey: boolean
}

export interface PatternProblem {
  readonly problem: string
}

const placeholder = '%{key}'

/** Never throws; `problem` is one sentence for the operator. */
export function compilePattern(text: string): AddressPattern | PatternProblem {
  const found = text.split(placeholder).length - 1
  if (found > 1) return { problem: `“${text}” has %{key} ${found} times; it may stand there once` }
  const other = /%\{[^}]*\}?/.exec(text.replace(placeholder, ''))
  if (other !== null) return { problem: `“${text}” has the unknown placeholder ${other[0]}; only %{key} is known` }
  const address = parseAddress(text)
  if (address === null) return { problem: `“${text}” can’t match any address; write it like incoming+%{key}@incoming.example.com` }
  if (address.domain.includes(placeholder)) return { problem: `“${text}” has %{key} in its domain; it must stand before the @` }
  const domain = canonicalDomain(address.domain)
  const at = address.localPart.indexOf(placeholder)
  if (at < 0) return { text, prefix: asciiLower(address.localPart), suffix: '', domain, hasKey: false }
  const prefix = asciiLower(address.localPart.slice(0, at))
  const suffix = asciiLower(address.localPart.slice(at + placeholder.length))
  return { text, prefix, suffix, domain, hasKey: true }
}

/**
 * The key in a local part, '' where the pattern is a dedicated address, null where it doesn't match. The domain is not
 * looked at.
 */
export function matchLocalPart(pattern: AddressPattern, localPart: string): string | null {
  const { prefix, suffix } = pattern
  if (!pattern.hasKey) return asciiLower(localPart) === prefix ? '' : null
  const end = localPart.length - suffix.length
  if (end <= prefix.length) return null
  if (!localPart.startsWith(prefix) && asciiLower(localPart.slice(0, prefix.length)) !== prefix) return null
  if (!localPart.endsWith(suffix) && asciiLower(localPart.slice(end)) !== suffix) return null
  return localPart.slice(prefix.length, end)
}

/** Whether an address is one that the pattern stands for. */
export const matches = (pattern: AddressPattern, address: Address): boolean =>
  canonicalDomain(address.domain) === pattern.domain && matchLocalPart(pattern, address.localPart) !== null

/**
 * Order of precedence, for sorting: dedicated addresses first, then the longest fixed part, then the longest prefix. Two
 * different patterns that share an address are never equal here.
 */
export function bySpecificity(a: AddressPattern, b: AddressPattern): number {
  if (a.hasKey !== b.hasKey) return a.hasKey ? 1 : -1
  return b.prefix.length + b.suffix.length - a.prefix.length - a.suffix.length || b.prefix.length - a.prefix.length
}

/** ASCII letters in lower case; others untouched, since Unicode folding changes lengths and maps foreign letters onto ASCII. */
export function asciiLower(text: string): string {
  return nonAscii.test(text) ? text.replace(/[A-Z]+/g, letters => letters.toLowerCase()) : text.toLowerCase()
}
const nonAscii = /[^\x00-\x7f]/

/** Lower case, with U-labels turned into A-labels (RFC 5890), so that both spellings are the same domain. */
export function canonicalDomain(domain: string): string {
  if (!nonAscii.test(domain)) return domain.toLowerCase()
  return URL.parse(`http://${domain}/`)?.hostname ?? asciiLower(domain)
}
