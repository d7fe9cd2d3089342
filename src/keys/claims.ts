/**
 * The claims of a key that several verifiers call valid, joined so that every restriction holds: the earliest expiry, only
 * the senders that all allow, and the bond to a sender that one knows only as a hash. Two subjects contradict each other; choosing one would deliver mail to what another denies.
 */
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

/**
 * Of each list what the other allows too: itself, or an address whose domain stands there. A domain is taken for itself
 * alone, without its subdomains.
 */
function commonSenders(a: readonly string[], b: readonly string[]): readonly string[] {
  const [inA, inB] = [new Set(a.map(plain)), new Set(b.map(plain))]
  const kept = [...a.filter(one => allows(inB, plain(one))), ...b.filter(one => !inA.has(plain(one)) && allows(inA, plain(one)))]
  return [...new Map(kept.map(one => [plain(one), one])).values()]
}

const allows = (senders: ReadonlySet<string>, sender: string): boolean =>
  senders.has(sender) || senders.has(sender.slice(sender.lastIndexOf('@') + 1))

/** Without case, and a domain written `@example.com` as `example.com`. */
const plain = (sender: string): string => sender.toLowerCase().replace(/^@/, '')
