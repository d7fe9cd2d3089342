/**
 * A line of text as the rules look at it: without marks that can't be seen, with one kind of space, and never more of it than a marker
 * may be long, so that all work on a line is bounded. What is handed on is always the line itself.
 */

/** Longer lines are looked at no further: no marker, heading or signature line is so long. */
const longest = 400

export interface Line {
  /** As it stands in the message. */
  readonly raw: string
  /** For the rules: trimmed, spaces joined; '' for an empty line. */
  readonly plain: string
  readonly lower: string
  readonly quote: boolean
  /** Longer than any line that means something. */
  readonly long: boolean
  readonly empty: boolean
}

/** Marks of direction, joiners and the byte order mark: they stand between the letters of an attribution and mean nothing to it. */
const invisible = /[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad\u061c]/g
/** With narrow and unbreakable spaces, which clients write into times: `9:14 AM` with U+202F. */
const spaces = /[\s\u3000]+/g

export function lineOf(raw: string): Line {
  // A little more is read, since what is invisible or a second space doesn't count.
  const plain = raw
    .slice(0, 2 * longest)
    .replace(invisible, '')
    .replace(spaces, ' ')
    .trim()
  const long = raw.length > 2 * longest || plain.length > longest
  const empty = plain === '' && (!long || raw.trim() === '')
  return { raw, plain, lower: plain.toLowerCase(), quote: plain.startsWith('>'), long, empty }
}

/** What stands in front of and behind the words for decoration: `*From:*`, `---- On … wrote ----`. */
export const undecorated = (text: string): string => text.slice(leading(text, decoration), trailing(text, decoration))

const decoration = '-*_<>= '

function leading(text: string, set: string): number {
  let at = 0
  while (at < text.length && set.includes(text[at]!)) at++
  return at
}

function trailing(text: string, set: string): number {
  let end = text.length
  while (end > 0 && set.includes(text[end - 1]!)) end--
  return end
}
