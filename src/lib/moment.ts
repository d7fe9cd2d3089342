/**
 * A time as people write it in a filter: a duration back from now (`2h`, `2h ago`), an ISO 8601 date or time (RFC 3339; a date
 * alone, and a time without a zone, is UTC), or milliseconds since 1970 as programs have them.
 */
import { parseDuration } from './duration.ts'

export const momentRule = 'a duration back from now (2h), an ISO date or time (2027-01-31, 2027-01-31T08:00Z), or milliseconds since 1970'

const iso = /^\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})?)?$/
/** What a Date can hold. */
const latest = 8.64e15

/** Milliseconds since 1970, or null where `text` is no time. Never throws. */
export function parseMoment(text: string, now: number): number | null {
  if (/^\d{11,16}$/.test(text)) return Number(text) <= latest ? Number(text) : null
  const back = parseDuration(text.replace(/ +ago$/, ''))
  if (back !== null) return Math.max(0, now - back)
  const match = iso.exec(text)
  if (match === null) return null
  const zoned = text.length === 10 || match[1] !== undefined ? text : `${text}Z`
  const at = Date.parse(zoned.toUpperCase().replace(' ', 'T'))
  // Date.parse takes 30 February for 2 March; no person means that.
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`)
  return Number.isNaN(at) || at < 0 || Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== text.slice(0, 10) ? null : at
}
