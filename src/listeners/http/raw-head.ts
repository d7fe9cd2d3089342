/**
 * The start of a raw message for people: at most 64 KiB is read and decoded, so that no message can keep the event loop.
 * Header fields are split as RFC 5322 2.2 says and shown in their order; nothing is decided by them.
 */
import { decodeWords } from '../../mail/encoded-words.ts'
import { cut } from './visible.ts'

export const rawLimit = 64 * 1024
const fieldLimit = 200
const valueLimit = 2_000

export interface HeaderField {
  readonly name: string
  /** Unfolded, encoded-words decoded, cut at 2,000 characters. */
  readonly value: string
}

export interface RawHead {
  readonly text: string
  /** Whether the message goes on after `text`. */
  readonly cut: boolean
  readonly fields: readonly HeaderField[]
  readonly moreFields: boolean
}

/** Reads what it needs and ends the source. Octets that are not UTF-8 become U+FFFD. */
export async function readRawHead(source: AsyncIterable<Uint8Array>): Promise<RawHead> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of source) {
    chunks.push(chunk)
    size += chunk.length
    if (size > rawLimit) break
  }
  const text = new TextDecoder().decode(Buffer.concat(chunks).subarray(0, rawLimit)).replaceAll('\r\n', '\n')
  const { fields, more } = splitFields(text)
  return { text, cut: size > rawLimit, fields, moreFields: more }
}

/** `text` has LF line ends. A line that is neither a field nor folded shows under an empty name. */
export function splitFields(text: string): { fields: HeaderField[]; more: boolean } {
  const end = text.startsWith('\n') ? 0 : text.indexOf('\n\n')
  const header = end < 0 ? text : text.slice(0, end)
  const fields: HeaderField[] = []
  if (header === '') return { fields, more: false }
  for (const line of header
    .replace(/\n(?=[ \t])/g, '')
    .replace(/\n$/, '')
    .split('\n', fieldLimit + 1)) {
    const colon = /^([\x21-\x39\x3b-\x7e]{1,100})[ \t]*:/.exec(line)
    const value = (colon === null ? line : line.slice(colon[0].length)).trim()
    // Cut twice: what is decoded is bounded, and so is what is shown.
    fields.push({ name: colon?.[1] ?? '', value: cut(decodeWords(cut(value, 2 * valueLimit)), valueLimit) })
  }
  return { fields: fields.slice(0, fieldLimit), more: fields.length > fieldLimit }
}
