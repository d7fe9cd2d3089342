/**
 * Octets of a part as text, by the charset it declares and by what it obviously is instead: UTF-8 under another name, Windows-1252
 * called UTF-8, ISO-2022-JP without a word. Never throws; what has no character becomes U+FFFD.
 */
import { decodeHz, decodeIso2022Kr, decodeUtf7 } from './escaped.ts'
import { encodingOf } from './label.ts'
import { decodeWide } from './wide.ts'

/** `label`: as declared; null or '' where nothing is. */
export function decodeCharset(octets: Uint8Array, label: string | null): string {
  const declared = encodingOf(label ?? '')
  if (isAscii(octets)) return decodeSeven(octets, declared)
  const many = declared?.startsWith('utf-16') ?? false
  if (many) return decodeUtf16(octets, declared!)
  if (declared === null || declared === 'utf-8' || sevenBits.includes(declared)) return decodeUnknown(octets)
  // Text in UTF-8 hardly ever makes sense as anything else, and the other way round.
  if (countUtf8(octets, declared === 'windows-1252' ? 1 : certain)) return utf8.decode(octets)
  return decodeWide(octets, declared) ?? new TextDecoder(declared).decode(octets)
}

/** So many sequences of several octets, and none that is wrong: that is no accident, even in a Cyrillic or Chinese text. */
const certain = 4
const sevenBits = ['utf-7', 'hz', 'iso-2022-kr', 'iso-2022-jp']
const utf8 = new TextDecoder('utf-8')
const strict = new TextDecoder('utf-8', { fatal: true })

function decodeSeven(octets: Uint8Array, declared: string | null): string {
  if (declared === 'utf-7') return decodeUtf7(octets)
  if (declared === 'hz') return decodeHz(octets)
  if (declared === 'iso-2022-kr' || (declared !== 'iso-2022-jp' && holds(octets, '\x1b$)C'))) return decodeIso2022Kr(octets)
  if (declared === 'iso-2022-jp' || holds(octets, '\x1b$B') || holds(octets, '\x1b$@')) return new TextDecoder('iso-2022-jp').decode(octets)
  if (declared?.startsWith('utf-16')) return decodeUtf16(octets, declared)
  // shift_jis and its like agree with ASCII in what text is made of.
  return asciiOf(octets)
}

/** Nothing is declared that could be true. One wrong octet in much UTF-8 is a slip; more of them mean that it is none. */
function decodeUnknown(octets: Uint8Array): string {
  // A character that was cut off at the end is no sign of another charset.
  const end = wholeEnd(octets)
  try {
    return strict.decode(octets.subarray(0, end))
  } catch {
    const { right, wrong } = sequences(octets.subarray(0, end))
    return right > wrong * 2 ? utf8.decode(octets) : new TextDecoder('windows-1252').decode(octets)
  }
}

/** Big-endian where neither a mark (RFC 2781 4.3) nor the zeros of Latin text say otherwise. */
function decodeUtf16(octets: Uint8Array, declared: string): string {
  const little = octets[0] === 0xff && octets[1] === 0xfe
  const big = octets[0] === 0xfe && octets[1] === 0xff
  if (little || big) return new TextDecoder(little ? 'utf-16le' : 'utf-16be').decode(octets)
  let odd = 0
  let even = 0
  for (let i = 0; i < Math.min(octets.length, 4096); i++) if (octets[i] === 0) i % 2 === 0 ? even++ : odd++
  // Not one zero in hundreds of octets, and no mark: it was declared by mistake.
  if (even + odd === 0 && isUtf8(octets)) return utf8.decode(octets)
  if (even !== odd) return new TextDecoder(odd > even ? 'utf-16le' : 'utf-16be').decode(octets)
  return new TextDecoder(declared).decode(octets)
}

const buffer = (octets: Uint8Array): Buffer => Buffer.from(octets.buffer, octets.byteOffset, octets.length)
const asciiOf = (octets: Uint8Array): string => buffer(octets).toString('latin1')
const holds = (octets: Uint8Array, text: string): boolean => buffer(octets).includes(text, 0, 'latin1')

function isAscii(octets: Uint8Array): boolean {
  for (let i = 0; i < octets.length; i++) if (octets[i]! > 127) return false
  return true
}

function isUtf8(octets: Uint8Array): boolean {
  try {
    strict.decode(octets.subarray(0, wholeEnd(octets)))
    return true
  } catch {
    return false
  }
}

/** Valid, with at least so many characters that are not ASCII. */
const countUtf8 = (octets: Uint8Array, least: number): boolean => isUtf8(octets) && sequences(octets, least).right >= least

/** Where the last whole character ends; at most three octets before the end. */
function wholeEnd(octets: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, octets.length); back++) {
    const c = octets[octets.length - back]!
    if (c < 0x80) break
    if (c >= 0xc2) return lengthFrom(c) > back ? octets.length - back : octets.length
  }
  return octets.length
}

const lengthFrom = (first: number): number => (first < 0xc2 || first > 0xf4 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4)

/** How many characters of several octets there are, up to `enough`, and how many octets that belong to none. */
function sequences(octets: Uint8Array, enough = Number.POSITIVE_INFINITY): { right: number; wrong: number } {
  let right = 0
  let wrong = 0
  for (let i = 0; i < octets.length && right < enough; i++) {
    if (octets[i]! < 0x80) continue
    const more = lengthFrom(octets[i]!) - 1
    let found = 0
    while (found < more && i + found + 1 < octets.length && (octets[i + found + 1]! & 0xc0) === 0x80) found++
    if (more > 0 && found === more) right++
    else wrong++
    i += found
  }
  return { right, wrong }
}
