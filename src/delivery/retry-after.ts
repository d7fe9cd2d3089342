/**
 * The Retry-After field of an HTTP answer: seconds or an HTTP-date in any of its three forms (RFC 9110 10.2.3, 5.6.7).
 * Pure. What can't be read counts as not there; it must never throw, whatever the application writes.
 */

/** What we let an application ask for: not at once again, and not longer than a day. */
export const leastPause = 1_000
export const longestPause = 24 * 60 * 60 * 1_000

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const time = '(?<h>\\d\\d):(?<m>\\d\\d):(?<s>\\d\\d)'
const forms = [
  new RegExp(`^\\w{3}, (?<day>\\d\\d) (?<month>\\w{3}) (?<year>\\d{4}) ${time} GMT$`),
  new RegExp(`^\\w{6,9}, (?<day>\\d\\d)-(?<month>\\w{3})-(?<short>\\d\\d) ${time} GMT$`),
  new RegExp(`^\\w{3} (?<month>\\w{3}) (?<day>[ \\d]\\d) ${time} (?<year>\\d{4})$`),
]

/** Milliseconds since 1970, or null. A year of two digits is at most 50 years ahead of `at`, or 49 behind. */
export function parseHttpDate(text: string, at: number): number | null {
  for (const form of forms) {
    const found = form.exec(text)?.groups
    if (found === undefined) continue
    const month = months.indexOf(found.month!)
    const [day, h, m, s] = [found.day, found.h, found.m, found.s].map(Number) as [number, number, number, number]
    if (month < 0 || h > 23 || m > 59 || s > 60) return null
    const year = found.year === undefined ? fullYear(Number(found.short), at) : Number(found.year)
    const date = new Date(0)
    date.setUTCFullYear(year, month, day)
    if (date.getUTCDate() !== day) return null
    date.setUTCHours(h, m, s)
    return date.getTime()
  }
  return null
}

function fullYear(short: number, at: number): number {
  const first = new Date(at).getUTCFullYear() - 49
  return first + ((((short - first) % 100) + 100) % 100)
}

/** The pause in milliseconds that the field asks for at the time `at`, bounded; null where it says nothing we can read. */
export function parseRetryAfter(value: string | null, at: number): number | null {
  if (value === null) return null
  const text = value.trim()
  const wanted = /^\d{1,15}$/.test(text) ? Number(text) * 1_000 : (parseHttpDate(text, at) ?? Number.NaN) - at
  return Number.isNaN(wanted) ? null : Math.min(longestPause, Math.max(leastPause, wanted))
}
