/**
 * The date-time of a trace or Date field (RFC 5322 3.3): `Sat, 21 Nov 2026 06:10:11 +0100 (CET)`. Numeric zones and GMT/UT
 * only: the other names of old are ambiguous (4.3), and no relay in use writes them.
 */
const form =
  /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),)? ?(\d{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4}) (\d{2}):(\d{2})(?::(\d{2}))? (?:([+-])(\d{2})(\d{2})|GMT|UT|UTC)(?: \([^()]*\))?$/i
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const longest = 200

/** Milliseconds since 1970; null where `text` is no such date, or no day of the calendar. */
export function parseDateTime(text: string): number | null {
  if (text.length > longest) return null
  const match = form.exec(text.replace(/\s+/g, ' ').trim())
  if (match === null) return null
  const [, day, month, year, hour, minute, second = '0', sign, zoneHours = '0', zoneMinutes = '0'] = match
  const numbers = [day, hour, minute, second, zoneHours, zoneMinutes].map(Number) as [number, number, number, number, number, number]
  const [d, h, m, s, zh, zm] = numbers
  // A leap second (:60) counts as the one before it.
  if (h > 23 || m > 59 || s > 60 || zh > 23 || zm > 59) return null
  const index = months.indexOf(month!.toLowerCase())
  const at = Date.UTC(Number(year), index, d, h, m, Math.min(s, 59))
  if (new Date(at).getUTCDate() !== d || new Date(at).getUTCMonth() !== index) return null
  return at - (sign === '-' ? -1 : 1) * (zh * 60 + zm) * 60_000
}

/** When the last relay received the message: what stands behind the last `;` of the topmost Received field (RFC 5321 4.4). */
export function receivedAt(received: string | undefined): number | null {
  const semicolon = received?.lastIndexOf(';') ?? -1
  return semicolon < 0 ? null : parseDateTime(received!.slice(semicolon + 1))
}
