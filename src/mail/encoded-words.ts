/**
 * Encoded-words (RFC 2047, language tags of RFC 2231 5) turned into text, for people only: nothing is decided on the
 * result. What can't be decoded stays as it is. Bounded and linear on hostile input.
 */

const word = /=\?([!-)+->@-~]{1,40})(?:\*[!-)+->@-~]{0,40})?\?([BbQq])\?([^?\r\n]*)\?=/g
const maxWords = 200

interface Part {
  readonly charset: string
  readonly octets: Uint8Array
  /** As it was written. */
  readonly text: string
}

export interface WordsOptions {
  /** Octets of a charset as text, null where it is unknown. Default: what the encoding standard knows. */
  readonly decode?: (octets: Uint8Array, charset: string) => string | null
  /** How many encoded-words are looked at; default 200. */
  readonly words?: number
}

/** White space between two encoded-words goes (6.2); words of one charset are joined first, since senders split characters. */
export function decodeWords(value: string, { decode = standard, words: most = maxWords }: WordsOptions = {}): string {
  let result = ''
  let run: Part[] = []
  let end = 0
  let words = 0
  for (const match of value.matchAll(word)) {
    if (++words > most) break
    const between = value.slice(end, match.index)
    const part = { charset: match[1]!.toLowerCase(), octets: decodeText(match[2]!, match[3]!), text: match[0] }
    const adjacent = run.length > 0 && /^[ \t\r\n]*$/.test(between)
    if (!adjacent || run[0]!.charset !== part.charset) {
      result += decodeRun(run, decode) + (adjacent ? '' : between)
      run = []
    }
    run.push(part)
    end = match.index + match[0].length
  }
  return result + decodeRun(run, decode) + value.slice(end)
}

type Decode = NonNullable<WordsOptions['decode']>

const standard: Decode = (octets, charset) => {
  try {
    return new TextDecoder(charset).decode(octets)
  } catch {
    return null
  }
}

function decodeRun(run: readonly Part[], decode: Decode): string {
  const first = run[0]
  if (first === undefined) return ''
  const octets = run.length === 1 ? first.octets : concatenate(run)
  return decode(octets, first.charset) ?? run.map(part => part.text).join(' ')
}

function concatenate(run: readonly Part[]): Uint8Array {
  const joined = new Uint8Array(run.reduce((sum, part) => sum + part.octets.length, 0))
  let at = 0
  for (const { octets } of run) {
    joined.set(octets, at)
    at += octets.length
  }
  return joined
}

const decodeText = (encoding: string, text: string): Uint8Array =>
  encoding === 'Q' || encoding === 'q' ? decodeQ(text) : decodeBase64(text)

/** RFC 2047 4.2. Raw non-ASCII, which is against the rules, passes as UTF-8. */
function decodeQ(text: string): Uint8Array {
  const octets: number[] = []
  for (let i = 0; i < text.length; i++) {
    const hex = text[i] === '=' ? /^[0-9A-Fa-f]{2}$/.exec(text.slice(i + 1, i + 3)) : null
    if (hex !== null) {
      octets.push(Number.parseInt(hex[0], 16))
      i += 2
    } else if (text[i] === '_') octets.push(32)
    else if (text.charCodeAt(i) < 128) octets.push(text.charCodeAt(i))
    else {
      const character = String.fromCodePoint(text.codePointAt(i)!)
      octets.push(...new TextEncoder().encode(character))
      i += character.length - 1
    }
  }
  return Uint8Array.from(octets)
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Tolerant: other characters are passed over, padding may be missing. */
function decodeBase64(text: string): Uint8Array {
  const octets: number[] = []
  let bits = 0
  let held = 0
  for (const character of text) {
    const six = alphabet.indexOf(character)
    if (six < 0) continue
    bits = ((bits << 6) | six) & 0xffff
    held += 6
    if (held < 8) continue
    held -= 8
    octets.push((bits >> held) & 255)
  }
  return Uint8Array.from(octets)
}
