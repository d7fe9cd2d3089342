/**
 * A point in time as an operator writes it: RFC 3339 with its zone (`2027-01-01T00:00:00Z`), or a date alone, which is
 * its first moment in UTC. Nothing that depends on where the server stands, and no day that the calendar lacks.
 */
const rfc3339 = /^(\d{4})-(\d{2})-(\d{2})(?:T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2}))?$/

/** Milliseconds since 1970; null where `text` is no such time. */
export function parseInstant(text: string): number | null {
  const match = rfc3339.exec(text)
  if (match === null) return null
  // Date.parse takes 30 February for 2 March. Day 0 of a month is the last of the one before.
  const lastDay = new Date(Date.UTC(Number(match[1]), Number(match[2]), 0)).getUTCDate()
  const at = Date.parse(text)
  return Number.isNaN(at) || Number(match[3]) > lastDay ? null : at
}
