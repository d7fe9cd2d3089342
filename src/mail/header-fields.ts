/**
 * The header section of a message as a list of fields (RFC 5322 2.2, 3.6.8; UTF-8 values RFC 6532), read once and decoded on
 * demand. Lines end with CRLF or LF. The section ends at the first empty line, or before a line that is no field and no
 * continuation: readers of mail take such a line for the body, and so do we. Must not judge what the fields say, and must
 * stay linear on hostile input.
 */
import { decodeWords } from './encoded-words.ts'

/** Field names are given in lower case. Values are unfolded and without white space at their ends. */
export interface Header {
  /** Octets from the start of the message to the body; to the end of what was read where the section didn't end there. */
  readonly bodyStart: number
  /** False where `limit` octets or 2,000 fields were not enough. */
  readonly complete: boolean
  /** The value of the topmost field of this name: UTF-8, Windows-1252 where it is not valid UTF-8. */
  first(name: string): string | undefined
  /** All values, from the top. */
  all(name: string): readonly string[]
  count(name: string): number
  /** As `all`, one character an octet: different octets never look the same. For hashing, not for reading. */
  raw(name: string): readonly string[]
  /** All names in lower case, from the top. */
  names(): readonly string[]
}

export const defaultHeaderLimit = 256 * 1024
const maxFields = 2000
/** Most header sections end within this much, so that the rest of a large chunk isn't looked at. */
const usual = 4096

// Both decode without state. WHATWG "latin1" is Windows-1252: every octet has a character of its own.
const octetsAsCharacters = new TextDecoder('latin1')
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const tab = 9
const lineFeed = 10
const carriageReturn = 13
const space = 32
const colon = 58

interface Layout {
  readonly text: string
  readonly fields: number
  /** Three numbers a field: where its name starts and ends, and where its last line ends (before CRLF). */
  readonly places: readonly number[]
  /** The first letter and the length of each name, so that a search compares numbers first. */
  readonly marks: readonly number[]
  /** -1 where the section goes on behind the text. */
  readonly bodyStart: number
}

/** Reads at most `limit` octets of `message`, which must not change while the header is in use. Never throws. */
export function parseHeader(message: Uint8Array, limit: number = defaultHeaderLimit): Header {
  const head = message.length > limit ? message.subarray(0, limit) : message
  const whole = message.length <= limit
  let layout = head.length > usual ? lay(head.subarray(0, usual), false) : lay(head, whole)
  if (layout.bodyStart < 0 && head.length > usual) layout = lay(head, whole)
  const { fields, bodyStart } = layout
  const values = (name: string, read: (field: number) => string): string[] => find(layout, name).map(read)
  return {
    bodyStart: bodyStart < 0 ? head.length : bodyStart,
    complete: (bodyStart >= 0 || whole) && fields <= maxFields,
    first: name => {
      const field = next(layout, name, 0)
      return field < 0 ? undefined : decoded(head, layout, field)
    },
    all: name => values(name, field => decoded(head, layout, field)),
    count: name => find(layout, name).length,
    raw: name => values(name, field => unfold(valueText(layout, field))),
    names: () => layout.marks.map((_, field) => layout.text.slice(layout.places[field * 3], layout.places[field * 3 + 1]).toLowerCase()),
  }
}

/**
 * Finds the lines. One pass; fields over the maximum are counted and passed over. `whole`: nothing follows the text, so that
 * a last line without its line end is known for what it is.
 */
function lay(head: Uint8Array, whole: boolean): Layout {
  const text = octetsAsCharacters.decode(head)
  const places: number[] = []
  const marks: number[] = []
  let fields = 0
  let at = 0
  let bodyStart = -1
  while (at < text.length) {
    const first = text.charCodeAt(at)
    const feed = text.indexOf('\n', at)
    const end = feed < 0 ? text.length : feed
    if (feed === at || (first === carriageReturn && feed === at + 1)) {
      bodyStart = end + 1
      break
    }
    const stop = end > at && text.charCodeAt(end - 1) === carriageReturn ? end - 1 : end
    if ((first === space || first === tab) && fields > 0) {
      if (fields <= maxFields) places[places.length - 1] = stop
    } else {
      const nameEnd = endOfName(text, at, stop)
      if (nameEnd < 0) {
        if (feed >= 0 || whole) bodyStart = at
        break
      }
      if (++fields <= maxFields) {
        places.push(at, nameEnd, stop)
        marks.push(mark(first, nameEnd - at))
      }
    }
    at = end + 1
  }
  return { text, fields, places, marks, bodyStart }
}

/** Where the name that starts at `at` ends, or -1: printable ASCII, then white space (RFC 5322 4.5), then a colon. */
function endOfName(text: string, at: number, stop: number): number {
  let i = at
  while (i < stop) {
    const c = text.charCodeAt(i)
    if (c === colon || c <= space || c > 126) break
    i++
  }
  const end = i
  while (i < stop && (text.charCodeAt(i) === space || text.charCodeAt(i) === tab)) i++
  return end > at && i < stop && text.charCodeAt(i) === colon ? end : -1
}

/** Bit 5 makes ASCII letters lower case; it may make others the same, which the full comparison sorts out. */
const mark = (first: number, length: number): number => length * 256 + ((first | 32) & 255)

/** The next field of that name from `from` on; -1 where there is none. */
function next({ text, places, marks }: Layout, name: string, from: number): number {
  const wanted = mark(name.charCodeAt(0), name.length)
  for (let field = marks.indexOf(wanted, from); field >= 0; field = marks.indexOf(wanted, field + 1)) {
    const found = text.slice(places[field * 3], places[field * 3 + 1])
    if (found === name || found.toLowerCase() === name) return field
  }
  return -1
}

function find(layout: Layout, name: string): number[] {
  const found: number[] = []
  for (let field = next(layout, name, 0); field >= 0; field = next(layout, name, field + 1)) found.push(field)
  return found
}

/** The value's span: behind the colon, without white space (folds included) at its ends. */
function span({ text, places }: Layout, field: number): readonly [number, number] {
  let start = text.indexOf(':', places[field * 3 + 1]) + 1
  let end = places[field * 3 + 2]!
  while (start < end && isWhite(text.charCodeAt(start))) start++
  while (end > start && isWhite(text.charCodeAt(end - 1))) end--
  return [start, end]
}
const isWhite = (c: number): boolean => c === space || c === tab || c === carriageReturn || c === lineFeed

const valueText = (layout: Layout, field: number): string => layout.text.slice(...span(layout, field))

/** RFC 5322 2.2.3: only the line ends go, the white space behind them stays. */
const unfold = (value: string): string => (value.includes('\n') ? value.replace(/\r?\n/g, '') : value)

function decoded(head: Uint8Array, layout: Layout, field: number): string {
  const [start, end] = span(layout, field)
  const text = layout.text.slice(start, end)
  if (!/[^\x00-\x7f]/.test(text)) return unfold(text)
  try {
    return unfold(utf8.decode(head.subarray(start, end)))
  } catch {
    return unfold(text)
  }
}

const maxReadable = 1000

/**
 * A Subject for people: encoded-words (RFC 2047) decoded, without control characters and what turns the direction of
 * writing, at most 1,000 characters.
 */
export function readableSubject(value: string): string {
  if (value.length <= maxReadable && /^[\x20-\x7e]*$/.test(value) && !value.includes('=?')) return value
  // Encoded text is longer than what it says; white space and invisible characters go.
  const text = decodeWords(value.slice(0, maxReadable * 16))
  const clean = text
    .toWellFormed()
    .replace(/[\t\r\n]+/g, ' ')
    .replace(invisible, '')
    .trim()
  if (clean.length <= maxReadable) return clean
  const cut = clean.slice(0, maxReadable)
  return cut.isWellFormed() ? cut : cut.slice(0, -1)
}
// C0, C1, soft marks of direction, embeddings, overrides and isolates, separators, zero-width space, word joiner, BOM.
const invisible = /[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g
