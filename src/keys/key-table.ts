/**
 * The text of a key file: one key a line, `KEY [expires=TIME] [subject=TEXT] [revoked]`, comments behind `#`.
 * Read in blocks of octets, so that a million keys need no second copy; a line that can't be understood is an error that
 * names file and line, never the key.
 */
import { isUtf8 } from 'node:buffer'
import { parseInstant } from './instant.ts'
import { createKeyStore, type KeyStore, longestKey } from './key-store.ts'

export interface KeyEntry {
  readonly expires: number | null
  readonly subject: string | null
  readonly revoked: boolean
}

/** By key, case kept; null for a key of which nothing else is said (most of a million are). */
export type KeyTable = Omit<KeyStore<KeyEntry>, 'add'>

/** A line that is no key. The message begins with `FILE:LINE:`. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError'
}

/** Enough for a key and what is said about it; also what bounds memory for a file that has no line ends. */
const maxLineOctets = 4096
const lineFeed = 0x0a

export interface KeyTableReader {
  /** The next octets of the file, cut anywhere. Throws KeyFileError. */
  write(block: Buffer): void
  /** The table, after the last block. Throws KeyFileError. */
  end(): KeyTable
}

/** `file` is its name, for messages. */
export function keyTableReader(file: string): KeyTableReader {
  const table = createKeyStore<KeyEntry>()
  let rest: Buffer = Buffer.alloc(0)
  let number = 0

  function line(octets: Buffer, start: number, end: number): void {
    number++
    const problem = lineProblem(octets, start, end) ?? addLine(table, octets.toString('utf8', start, end), number === 1)
    if (problem !== null) throw new KeyFileError(`${file}:${number}: ${problem}`)
  }

  return {
    write(block) {
      const octets = rest.length === 0 ? block : Buffer.concat([rest, block])
      let start = 0
      for (let end = octets.indexOf(lineFeed); end !== -1; end = octets.indexOf(lineFeed, start)) {
        line(octets, start, end)
        start = end + 1
      }
      rest = Buffer.from(octets.subarray(start))
      if (rest.length > maxLineOctets) line(rest, 0, rest.length)
    },
    end() {
      if (rest.length > 0) line(rest, 0, rest.length)
      return table
    },
  }
}

function lineProblem(octets: Buffer, start: number, end: number): string | null {
  if (end - start > maxLineOctets) return `longer than ${maxLineOctets} octets`
  // A view costs more than the line it shows, so only lines that need one get one.
  for (let i = start; i < end; i++) if (octets[i]! > 0x7f) return isUtf8(octets.subarray(start, end)) ? null : 'not UTF-8'
  return null
}

/** Adds what the line says; null, or what is wrong with it. */
function addLine(table: KeyStore<KeyEntry>, line: string, first: boolean): string | null {
  const text = trimBlanks(first && line.startsWith('\ufeff') ? line.slice(1) : line)
  const space = text.search(spaces)
  const key = space === -1 ? text : text.slice(0, space)
  if (key === '' || key.startsWith('#')) return null
  const problem = keyProblem(key)
  if (problem !== null) return problem
  const entry = space === -1 ? null : parseEntry(trimBlanks(text.slice(space)).split(spaces))
  if (typeof entry === 'string') return table.has(key) ? twice : entry
  return table.add(key, entry) ? null : twice
}

const twice = 'this key stands on an earlier line already'
const spaces = /[ \t]+/
const isBlank = (unit: number): boolean => unit === 0x20 || unit === 0x09 || unit === 0x0d

/** Only the blanks of ASCII: String.trim takes more, and a key may end in anything else. */
function trimBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return end - start === text.length ? text : text.slice(start, end)
}

function keyProblem(key: string): string | null {
  if (key.includes('@')) return 'a key, not a whole address, is wanted: there is an @ in it'
  if (/[\x00-\x1f\x7f]/.test(key)) return 'a control character in the key'
  return Buffer.byteLength(key) > longestKey ? `the key is longer than ${longestKey} octets` : null
}

/** What the fields behind a key say; null for nothing, a text for what is wrong. */
function parseEntry(fields: readonly string[]): KeyEntry | null | string {
  const said: { expires?: number; subject?: string; revoked?: true } = {}
  for (const field of fields) {
    if (field.startsWith('#')) break
    const problem = parseField(said, field)
    if (problem !== null) return problem
  }
  if (Object.keys(said).length === 0) return null
  return { expires: said.expires ?? null, subject: said.subject ?? null, revoked: said.revoked ?? false }
}

function parseField(said: { expires?: number; subject?: string; revoked?: true }, field: string): string | null {
  const [name, value] = field.includes('=') ? [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)] : [field, null]
  if (Object.hasOwn(said, name)) return `${name} is given twice`
  if (name === 'revoked' && value === null) {
    said.revoked = true
    return null
  }
  if (name === 'subject' && value !== null && value !== '') {
    said.subject = value
    return null
  }
  if (name !== 'expires' || value === null) return 'after the key: expires=TIME, subject=TEXT (no spaces in it), revoked or a # comment'
  const at = parseInstant(value)
  if (at === null) return 'expires is a time such as 2027-01-01T00:00:00Z, or a date such as 2027-01-01'
  said.expires = at
  return null
}
