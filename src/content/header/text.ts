/**
 * What a field or parameter says, for people: encoded-words (RFC 2047) and raw UTF-8 (RFC 6532) or whatever was sent instead, decoded.
 * Without control characters, so that no value makes a line of its own where it is shown.
 */
import { decodeWords } from '../../mail/encoded-words.ts'
import { decodeCharset } from '../charset/decode.ts'
import { encodingOf } from '../charset/label.ts'

/** `value`: one character an octet. */
export const octetsText = (value: string): string =>
  /[\x80-\xff\x1b]/.test(value) ? decodeCharset(Buffer.from(value, 'latin1'), null) : value

/** A charset that nobody knows leaves the word as it was written. */
const decode = (octets: Uint8Array, charset: string): string | null =>
  encodingOf(charset) === null ? null : decodeCharset(octets, charset)

/** Encoded-words in text that is decoded already. */
export const wordsText = (text: string): string => clean(text.includes('=?') ? decodeWords(text, { decode, words: 20_000 }) : text)

/** `value`: one character an octet. */
export const fieldText = (value: string): string => wordsText(octetsText(value))

const clean = (text: string): string =>
  text
    .replace(/[\t\r\n]/g, ' ')
    .replace(/[\x00-\x1f\x7f-\x9f]/g, '')
    .toWellFormed()
