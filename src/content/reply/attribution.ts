/**
 * "On Fri, Nov 20, 2026 at 9:14 AM Erin Example <erin@example.org> wrote:" in any language: the line with which a client opens a
 * quote. It has no standard, so it is known by evidence: a date, a time, an address, a verb of words.ts, how it begins, and whether
 * a quote follows. A sentence that a person wrote ("On Monday I wrote:") must not have enough of it.
 */
import { type Line, undecorated } from './line.ts'
import { days, lastVerbs, middleVerbs, openings } from './words.ts'

/** An attribution is wrapped over so many lines at most, and has so many characters. */
const mostLines = 5
const mostCharacters = 500

const date = /(?<!\d)(?:\d{1,2}[./-] ?\d{1,2}[./-] ?(?:\d{4}|\d{2})(?!\d)|(?:19|20)\d\d(?!\d))/
const time = /(?<!\d)\d{1,2}[:.h]\d{2}(?!\d)|\d{1,2} ?[時点시]/
const addressInBrackets = /[<([][^\s<>()[\]@]{1,64}@[^\s<>()[\]@]{1,255}[>)\]]/
const addressThenColon = /[>)\]] ?[:：]$/
const endsInTime = /\d(?: ?(?:uhr|am|pm|h|[a-z]\.m\.))?[:：]$/
const isoDate = /^20\d\d[-/.年] ?\d{1,2}[-/.月] ?\d{1,2}/

interface Evidence {
  /** Undecorated, in lower case, with its colon. */
  readonly text: string
  readonly date: boolean
  readonly time: boolean
  readonly address: boolean
  readonly verb: 'last' | 'middle' | null
  /** Begins with one of the words for it, or with a date. */
  readonly opening: 'word' | 'digit' | null
  readonly dashes: boolean
}

/** What stands around the line. */
export interface Around {
  /** The next line that isn't empty is quoted. */
  readonly quoteFollows: boolean
}

/** The first line of the attribution that ends in line `end`; null where none does. At most `mostLines` lines are looked at. */
export function attributionAt(lines: readonly Line[], end: number, around: Around): number | null {
  if (!mayEnd(lines[end]!)) return null
  let text = ''
  let found: number | null = null
  for (let at = end; at >= 0 && at > end - mostLines; at--) {
    const line = lines[at]!
    if (endsAbove(line) || (at < end && endsSentence(line)) || text.length + line.plain.length > mostCharacters) break
    text = text === '' ? line.plain : `${line.plain} ${text}`
    const evidence = evidenceOf(text)
    if (evidence === null || !isAttribution(evidence, around)) continue
    if (evidence.dashes || (evidence.opening === 'word' && evidence.date)) return at
    // `2026 at 9:14 AM, Erin wrote:` may be the end of a longer one.
    found ??= at
  }
  return found
}

const endsAbove = (line: Line): boolean => line.long || line.empty || line.quote
/** A date may end in a point, too. */
const endsSentence = ({ plain }: Line): boolean => /[!?:：。]$/.test(plain) || (plain.endsWith('.') && !/\d/.test(plain))

const mayEnd = (line: Line): boolean =>
  !line.long &&
  !line.quote &&
  (/[:：]["”]?[-*_ ]{0,80}$/.test(line.plain.slice(-90)) || /-{2,80}$/.test(line.plain.slice(-90)) || /^20\d\d.*>$/.test(line.plain))

/** Null where there is too little of it for any attribution. */
function evidenceOf(joined: string): Evidence | null {
  const text = undecorated(joined).toLowerCase()
  const dated = date.test(text)
  // `20.11` of a date is no time.
  const timed = time.test(text.replace(date, ''))
  const address = addressInBrackets.test(text)
  const dashes = /^-{2}/.test(joined) && /-{2}$/.test(joined)
  if (!dated && !timed && !address && !dashes && !text.includes(' via ')) return null
  const first = text.split(' ', 1)[0]!.replace(/[.,،]{1,2}$/, '')
  const opening = openings.has(first) || days.has(first) || text.startsWith('在') ? 'word' : /^\d/.test(text) ? 'digit' : null
  return { text, date: dated, time: timed, address, verb: verbOf(text), opening, dashes }
}

function verbOf(text: string): Evidence['verb'] {
  const said = text.replace(/ ?[:：]$/, '')
  if (lastVerbs.some(verb => said.endsWith(verb) && !isLetter(said[said.length - verb.length - 1], verb))) return 'last'
  return middleVerbs.some(verb => text.includes(` ${verb} `)) ? 'middle' : null
}

/** Scripts without spaces have no ends of words. */
const isLetter = (before: string | undefined, verb: string): boolean =>
  before !== undefined && /[a-z\u00df-\u024f\u0370-\u04ff]/.test(verb[0]!) && /\p{L}/u.test(before)

function isAttribution(found: Evidence, { quoteFollows }: Around): boolean {
  const { text, verb, address, opening } = found
  const dated = found.date || found.time
  const colon = /[:：]$/.test(text)
  if (!colon)
    return (found.dashes && verb === 'last' && (dated || address)) || (isoDate.test(text) && /@[^\s@]{1,255}>?$/.test(text) && quoteFollows)
  // Russian, Japanese, Hebrew and the ISO form have no verb, but an address right before the colon.
  if (found.date && address && addressThenColon.test(text) && opening !== null) return true
  if (verb !== null && address && dated) return true
  if (verb === 'last' && address) return true
  if (verb === 'last' && found.dashes) return true
  if (verb === 'last' && opening !== null && dated) return found.date && found.time ? true : quoteFollows
  if (verb === 'middle' && opening !== null && dated && !/\d/.test(afterVerb(text))) return found.date && found.time ? true : quoteFollows
  if (verb === 'middle' && found.date && endsInTime.test(text)) return quoteFollows
  return verb === 'last' && quoteFollows && text.includes(' via ')
}

function afterVerb(text: string): string {
  const verb = middleVerbs.find(word => text.includes(` ${word} `))!
  return text.slice(text.lastIndexOf(` ${verb} `) + verb.length + 2)
}
