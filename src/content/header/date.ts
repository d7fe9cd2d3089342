/**
 * The Date field as a time, for people: RFC 5322 3.3 with its obsolete zones and years (4.3), and the usual mistakes. null where no day
 * and time can be told; a zone that nobody knows counts as UTC, as 4.3 says.
 */

const form =
  /(?:^|[\s,])(\d{1,2})[\s-]+([a-z]{3})[a-z]*\.?,?[\s-]+(\d{2,4})\s+(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2})(?:[.,]\d+)?)?\s*(am|pm)?\s*(.*)$/i
const american = /^(?:[a-z]{3,9},?\s+)?([a-z]{3})[a-z]*\.?\s+(\d{1,2}),?\s+(\d{1,2}:\d{2}(?::\d{2})?)\s+(.*?)\s*(\d{4})$/i
const iso = /^(\d{4})-(\d{2})-(\d{2})[t ](\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?\s*(.*)$/i
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const zones: ReadonlyMap<string, number> = new Map([
  ['EST', -300],
  ['EDT', -240],
  ['CST', -360],
  ['CDT', -300],
  ['MST', -420],
  ['MDT', -360],
  ['PST', -480],
  ['PDT', -420],
  ['CET', 60],
  ['MET', 60],
  ['CEST', 120],
  ['MEST', 120],
  ['EET', 120],
  ['EEST', 180],
  ['WEST', 60],
  ['BST', 60],
  ['MSK', 180],
  ['JST', 540],
  ['KST', 540],
])

/** ISO 8601 in UTC. */
export function readDate(value: string): string | null {
  const text = usual(value.slice(0, 200).replace(/\s+/g, ' ').trim())
  const match = form.exec(text)
  if (match === null) return null
  const [, day, month, year, hour, minute, second = '0', half, zone] = match
  const index = months.indexOf(month!.toLowerCase())
  const [d, h, m, s] = [day, hour, minute, second].map(Number) as [number, number, number, number]
  const hours = half === undefined ? h : (h % 12) + (half.toLowerCase() === 'pm' ? 12 : 0)
  if (index < 0 || hours > 23 || m > 59 || s > 60) return null
  const at = Date.UTC(fullYear(Number(year), year!.length), index, d, hours, m, Math.min(s, 59))
  if (new Date(at).getUTCDate() !== d) return null
  return new Date(at - offset(zone!) * 60_000).toISOString()
}

/** Other orders of the same things in the order of RFC 5322. */
function usual(text: string): string {
  const us = american.exec(text)
  if (us !== null) return `${us[2]} ${us[1]} ${us[5]} ${us[3]} ${us[4]}`
  const numbers = iso.exec(text)
  return numbers === null ? text : `${numbers[3]} ${months[Number(numbers[2]) - 1]} ${numbers[1]} ${numbers[4]} ${numbers[5]}`
}

/** RFC 5322 4.3: 00 to 49 are of this century, 50 to 99 and three digits count from 1900. */
const fullYear = (year: number, digits: number): number => (digits > 3 ? year : digits === 2 && year < 50 ? 2000 + year : 1900 + year)

/** Minutes east of UTC. */
function offset(zone: string): number {
  const numeric = /^(?:gmt|utc|ut)?\s*([+-])(\d{1,2}):?(\d{2})?(?!\d)/i.exec(zone)
  if (numeric === null) return zones.get(/^[a-z]+/i.exec(zone)?.[0].toUpperCase() ?? '') ?? 0
  const minutes = Number(numeric[2]) * 60 + Number(numeric[3] ?? 0)
  // No place on earth is further from Greenwich.
  return minutes > 24 * 60 ? 0 : numeric[1] === '-' ? -minutes : minutes
}
