/**
 * Configured addresses that get in each other's way: two that are the same claim (an error), and two where some address
 * matches both (worth a word to the operator: the more specific one gets it). Decides on patterns alone.
 */
import { formatAddress, parseAddress } from '../../mail/address.ts'
import type { DirectoryEntry } from './directory.ts'
import { type AddressPattern, bySpecificity, matchLocalPart } from './pattern.ts'

export interface Overlap {
  readonly winner: DirectoryEntry
  readonly loser: DirectoryEntry
  /** An address that both match. */
  readonly example: string
}

/** Whether two patterns claim exactly the same addresses. */
export const sameAddress = (a: AddressPattern, b: AddressPattern): boolean =>
  a.hasKey === b.hasKey && a.domain === b.domain && a.prefix === b.prefix && a.suffix === b.suffix

/** Pairs of entries with the same claim, in the order of the configuration. */
export const duplicates = (entries: readonly DirectoryEntry[]): readonly (readonly [DirectoryEntry, DirectoryEntry])[] =>
  pairs(entries).filter(([a, b]) => sameAddress(a.pattern, b.pattern))

/** Pairs where some address matches both; identical claims are not among them. */
export function overlaps(entries: readonly DirectoryEntry[]): readonly Overlap[] {
  const found: Overlap[] = []
  for (const [a, b] of pairs(entries)) {
    const example = sameAddress(a.pattern, b.pattern) ? null : common(a.pattern, b.pattern)
    if (example === null) continue
    const [winner, loser] = bySpecificity(a.pattern, b.pattern) <= 0 ? [a, b] : [b, a]
    found.push({ winner, loser, example })
  }
  return found
}

function pairs<T>(list: readonly T[]): (readonly [T, T])[] {
  return list.flatMap((a, i) => list.slice(i + 1).map(b => [a, b] as const))
}

/** An address that both match, or null where there is none. Two dedicated addresses are either one claim or apart. */
function common(a: AddressPattern, b: AddressPattern): string | null {
  if (a.domain !== b.domain || !(a.hasKey || b.hasKey)) return null
  // The longer prefix, a key, the longer suffix: if that doesn't match both, nothing does.
  const localPart = a.hasKey && b.hasKey ? `${longer(a.prefix, b.prefix)}key${longer(a.suffix, b.suffix)}` : (a.hasKey ? b : a).prefix
  // Patterns with a key never stand for postmaster.
  if (localPart === 'postmaster' || matchLocalPart(a, localPart) === null || matchLocalPart(b, localPart) === null) return null
  const example = formatAddress({ localPart, domain: a.domain })
  return parseAddress(example) === null ? null : example
}

const longer = (a: string, b: string): string => (a.length >= b.length ? a : b)
