/**
 * The header section as rows for mailauth (as its own parseHeaders makes them, but linear on hostile input), and what else must be
 * known of it: where it ends, and whether each line of it is a field or a continuation. Where one isn't, readers of mail may take it
 * for the start of the body: then no signature can stand for what they show.
 */
import { bounds } from './bounds.ts'
import type { HeaderRow, HeaderRows } from './mailauth.ts'

export interface Head extends HeaderRows {
  /** Every line is a field or its continuation. */
  readonly wellFormed: boolean
}

const lineFeed = 10
const carriageReturn = 13

/** Where the body starts, or -1 while the section goes on: behind the first empty line (RFC 5322 2.1). */
export function endOfHead(octets: Uint8Array, from = 0): number {
  // An index below zero would count from the end.
  let start = from === 0 ? 0 : octets.lastIndexOf(lineFeed, from - 1) + 1
  for (let feed = octets.indexOf(lineFeed, start); feed >= 0; feed = octets.indexOf(lineFeed, start)) {
    if (feed === start || (feed === start + 1 && octets[start] === carriageReturn)) return feed + 1
    start = feed + 1
  }
  return -1
}

const isField = /^[\x21-\x39\x3b-\x7e]+[ \t\r\n]*:/
/** The rest of a name whose colon stands on the next line, and such a line. */
const isNameAlone = /^[\x21-\x39\x3b-\x7e]+[ \t\r]*$/
const isColon = /^[ \t\r]*:/
const isPlainField = /^[\x21-\x39\x3b-\x7e]+[ \t]*:/
const isFolded = /^[ \t]/

/** `octets` are a whole header section; its lines end with CRLF. Null where it has more than 2,000 fields. */
export function readHead(octets: Buffer): Head | null {
  const text = octets.toString('latin1')
  let end = text.length
  while (end > 0 && (octets[end - 1] === lineFeed || octets[end - 1] === carriageReturn)) end--
  if (end === 0) return { parsed: [], original: octets, wellFormed: true }
  const lines = text.slice(0, end).split('\r\n')
  const { starts, wellFormed } = findFields(lines)
  if (starts.length > bounds.fields) return null
  const parsed: HeaderRow[] = []
  let at = 0
  for (let i = 0; i < starts.length; i++) {
    const stop = starts[i + 1] ?? lines.length
    let length = (stop - starts[i]! - 1) * 2
    for (let line = starts[i]!; line < stop; line++) length += lines[line]!.length
    parsed.push(row(octets.subarray(at, at + length), text.slice(at, at + length)))
    at += length + 2
  }
  return { parsed, original: octets, wellFormed }
}

/** The numbers of the lines on which a row starts. From below, because a name and its colon may stand on two lines. */
function findFields(lines: readonly string[]): { readonly starts: number[]; readonly wellFormed: boolean } {
  const starts: number[] = []
  let wellFormed = true
  let below = true
  for (let i = lines.length - 1; i >= 0; i--) {
    const line = lines[i]!
    const plain = isPlainField.test(line)
    const field: boolean = plain || isField.test(line) || (!below && isNameAlone.test(line) && isColon.test(lines[i + 1]!))
    if (!plain && !(i > 0 && isFolded.test(line))) wellFormed = false
    if (field || i === 0) starts.push(i)
    below = field
  }
  return { starts: starts.reverse(), wellFormed }
}

function row(line: Buffer, text: string): HeaderRow {
  const colon = text.indexOf(':')
  const name = colon < 0 ? text : text.slice(0, colon)
  if (name === '') return { key: null, casedKey: undefined, line }
  const casedKey = name
    .replace(/\r?\n/g, '')
    .replace(/^[ \t]+/, '')
    .replace(endWhite, '')
  return { key: lowerCase(casedKey), casedKey, line }
}
// Anchored at a character that is none, so that a long run of white space inside costs nothing.
const endWhite = /(?<![ \t])[ \t]+$/

/** ASCII letters alone: octets above stand for UTF-8. */
const lowerCase = (text: string): string => (/[^\x00-\x7f]/.test(text) ? text.replace(/[A-Z]/g, c => c.toLowerCase()) : text.toLowerCase())
