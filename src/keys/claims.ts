/**
 * The claims of a key that several verifiers call valid, joined so that every restriction holds: the earliest expiry, only
 * the senders that all allow, and the bond to a sender that one knows only as a hash. Two subjects contradict each other; choosing one would deliver mail to what another denies.
 */
import { isSender } from '../policy/authentication/bound.ts'
import { asciiLower, canonicalDomain } from '../policy/recipient/pattern.ts'
import type { Claims } from '../transaction/ports.ts'

/** null where the two name different subjects. An empty list of senders says that nobody may use the key. */
export function joinClaims(a: Claims, b: Claims): Claims | null {
  if (a.subject !== undefined && b.subject !== undefined && a.subject !== b.subject) return null
  const joined: Claims = { ...b, ...a }
  const expires = both(a.expires, b.expires, Math.min)
  const senders = both(a.senders, b.senders, commonSenders)
  return { ...joined, ...(expires === undefined ? {} : { expires }), ...(senders === undefined ? {} : { senders }) }
}

const both = <T>(a: T | undefined, b: T | undefined, join: (a: T, b: T) => T): T | undefined =>
  a === undefined || b === undefined ? (a ?? b) : join(a, b)

/** Of each list what the other allows too: itself, an address whose domain stands there, a domain below one that does. */
function commonSenders(a: readonly string[], b: readonly string[]): readonly string[] {
  const inA = new Set(a.map(plain))
  const kept = [...a.filter(one => allows(b, one)), ...b.filter(one => !inA.has(plain(one)) && allows(a, one))]
  return [...new Map(kept.map(one => [plain(one), one])).values()]
}

/** As `isSender` takes the entries of a list; a domain of one is allowed where every address of it is. */
function allows(senders: readonly string[], one: string): boolean {
  const wanted = plain(one)
  if (senders.some(entry => plain(entry) === wanted)) return true
  if (wanted.includes('@')) return isSender(wanted, senders.map(plain))
  const domain = wanted.replace(below, '')
  return senders.some(entry => below.test(plain(entry)) && domain.endsWith(plain(entry).replace(below, '.')))
}

/** Domains below the one that follows. */
const below = /^(?:\*\.|\.)/

/** One spelling: ASCII letters without case, a domain as an A-label and without the @ that may stand before it. */
function plain(sender: string): string {
  const text = sender.replace(/^@/, '')
  if (text.includes('@')) return asciiLower(text)
  const prefix = below.exec(text)?.[0] ?? ''
  return prefix + canonicalDomain(text.slice(prefix.length))
}
