/**
 * What a store keeps of one key, turned into an answer: plain text is the subject, an object may tell more. Shared by the
 * verifiers that ask a store. What can't be understood is `unavailable`: a slip of the application must never look like a
 * key that isn't there.
 */
import type { Claims, KeyCheck } from '../transaction/ports.ts'
import { parseInstant } from './instant.ts'

/** Longest subject in characters, most senders, longest sender. */
const limits = { subject: 255, senders: 100, sender: 320 } as const

/**
 * `record`: text (the subject, '' for none), or an object with any of `subject` (text or number), `senders` (one or a list of
 * addresses and domains), `expires` (ISO 8601 with a zone, seconds since 1970, or a Date) and `revoked` (true or false);
 * null stands for a field left out, other fields are the application's own. `at` in milliseconds since 1970.
 */
export function judgeRecord(record: unknown, at: number): KeyCheck {
  if (typeof record === 'string') return judgeRecord({ subject: record === '' ? null : record }, at)
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return unreadable('it is neither text nor an object')
  const { subject, senders, expires, revoked } = record as Record<string, unknown>
  const told = { subject: subjectOf(subject), senders: sendersOf(senders), expires: instantOf(expires), revoked: revokedOf(revoked) }
  for (const [field, value] of Object.entries(told)) if (value === bad) return unreadable(`its field “${field}”`)
  if (told.revoked === true) return { kind: 'revoked' }
  if (typeof told.expires === 'number' && at >= told.expires) return { kind: 'expired', expired: told.expires }
  const claims = Object.fromEntries(
    Object.entries({ subject: told.subject, senders: told.senders, expires: told.expires }).filter(([, value]) => value !== undefined),
  )
  return { kind: 'valid', claims: claims as Claims }
}

const unreadable = (what: string): KeyCheck => ({
  kind: 'unavailable',
  cause: `what the store keeps of this key is not understood: ${what}`,
})

const bad = Symbol('not understood')
const printable = /^[^\x00-\x1f\x7f]+$/

function subjectOf(value: unknown): string | undefined | typeof bad {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  return typeof value === 'string' && value.length <= limits.subject && printable.test(value) ? value : bad
}

function sendersOf(value: unknown): readonly string[] | undefined | typeof bad {
  if (value === undefined || value === null) return undefined
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  const good = list.every(one => typeof one === 'string' && one.length <= limits.sender && printable.test(one))
  // A domain is also written with an @ in front; who compares senders knows it without.
  return good && list.length <= limits.senders ? (list as readonly string[]).map(one => one.replace(/^@/, '')) : bad
}

function instantOf(value: unknown): number | undefined | typeof bad {
  if (value === undefined || value === null) return undefined
  const instant = value instanceof Date ? value.getTime() : typeof value === 'number' ? value * 1000 : parsed(value)
  return Number.isFinite(instant) && Math.abs(instant) <= 8.64e15 ? instant : bad
}

const parsed = (value: unknown): number => (typeof value === 'string' ? (parseInstant(value) ?? Number.NaN) : Number.NaN)

function revokedOf(value: unknown): boolean | undefined | typeof bad {
  if (value === undefined || value === null) return undefined
  return typeof value === 'boolean' ? value : bad
}
