/**
 * EUC-KR and Big5 as the encoding standard has them: with the syllables of Unified Hangul Code and the characters of HKSCS, which the
 * decoders of Node (ICU) lack. Mailparser's own decoder knows both. Never throws.
 */
import type { Transform } from 'node:stream'
import { MailParser } from 'mailparser'

/** Not in @types/mailparser. */
interface WithDecoder {
  readonly decoder: { decodeStream(charset: string): Transform }
}

const names: ReadonlyMap<string, string> = new Map([
  ['euc-kr', 'cp949'],
  ['big5', 'big5-hkscs'],
])

/** Made once: a header may have thousands of words to decode. Keeps nothing of what it decodes. */
const { decoder } = new MailParser() as unknown as WithDecoder

/** null where Node's decoder is the right one. */
export function decodeWide(octets: Uint8Array, encoding: string): string | null {
  const name = names.get(encoding)
  if (name === undefined) return null
  const stream = decoder.decodeStream(name)
  // What is written in one piece is there at once.
  stream.write(Buffer.from(octets.buffer, octets.byteOffset, octets.length))
  const text: unknown = stream.read()
  stream.destroy()
  return text === null ? '' : String(text)
}
