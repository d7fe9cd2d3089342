/**
 * A field with parameters (Content-Type, Content-Disposition; RFC 2045 5.1, RFC 2183), continuations and charsets by RFC 2231, and what
 * is written instead of both. Linear; names that a sender chooses stand in a Map.
 */
import { decodeCharset } from '../charset/decode.ts'
import { octetsText, wordsText } from './text.ts'

export interface Parameterized {
  /** In lower case, without white space: 'text/plain'. */
  readonly value: string
  /** By name in lower case, decoded. The first of equal ones counts; an RFC 2231 form before a plain one. */
  readonly parameters: ReadonlyMap<string, string>
}

interface Piece {
  readonly section: number
  readonly extended: boolean
  readonly text: string
}

const maxPieces = 2000
const form = /[ \t]*([^\s=;"]{1,100})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\[\s\S]?)*)("|$)|([^;]*))[^;]*/y

/** `field`: as received, one character an octet. */
export function readParameters(field: string): Parameterized {
  const semicolon = field.indexOf(';')
  const value = (semicolon < 0 ? field : field.slice(0, semicolon))
    .replace(/\([^()]*\)/g, '')
    .replace(/\s/g, '')
    .toLowerCase()
  const plain = new Map<string, string>()
  const pieces = new Map<string, Piece[]>()
  let at = semicolon < 0 ? field.length : semicolon + 1
  for (let count = 0; at < field.length && count < maxPieces; count++) {
    form.lastIndex = at
    const match = form.exec(field)
    if (match === null) {
      const next = field.indexOf(';', at)
      at = next < 0 ? field.length : next + 1
      continue
    }
    at += match[0].length + 1
    const text = match[2] === undefined ? match[4]!.trim() : match[2].replace(/\\([\s\S])/g, '$1')
    add(match[1]!.toLowerCase(), text, { plain, pieces })
  }
  const parameters = new Map([...plain].map(([name, text]) => [name, wordsText(octetsText(text))]))
  for (const [name, list] of pieces) parameters.set(name, joinedPieces(list))
  return { value, parameters }
}

function add(written: string, text: string, into: { plain: Map<string, string>; pieces: Map<string, Piece[]> }): void {
  const match = /^(.+?)(?:\*(\d{1,4}))?(\*)?$/.exec(written)!
  const name = match[1]!
  if (match[2] === undefined && match[3] === undefined) {
    if (!into.plain.has(name)) into.plain.set(name, text)
    return
  }
  const piece = { section: Number(match[2] ?? 0), extended: match[3] !== undefined, text }
  const list = into.pieces.get(name)
  if (list === undefined) into.pieces.set(name, [piece])
  else list.push(piece)
}

/** In the order of their numbers, up to the first that is missing; the charset is said by the first one alone. */
function joinedPieces(list: readonly Piece[]): string {
  const sorted = list.toSorted((a, b) => a.section - b.section)
  const octets: Buffer[] = []
  let charset: string | null = null
  let extended = false
  let expected = sorted[0]!.section
  for (const { section, extended: coded, text } of sorted) {
    if (section < expected) continue
    if (section > expected) break
    let rest = text
    if (coded && octets.length === 0) {
      const said = /^([^'%]{0,60})'[^'%]{0,60}'/.exec(text)
      charset = said?.[1] || null
      rest = text.slice(said?.[0].length ?? 0)
    }
    extended ||= coded
    octets.push(Buffer.from(coded ? unpercent(rest) : rest, 'latin1'))
    expected = section + 1
  }
  const text = decodeCharset(Buffer.concat(octets), charset)
  return wordsText(extended ? text.replace(/[\r\n]/g, '') : text)
}

const unpercent = (text: string): string =>
  text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
