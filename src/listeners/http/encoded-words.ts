/**
 * Encoded-words of header fields (RFC 2047) decoded for reading. Bounded: the caller gives at most a field's worth of text,
 * and what can't be decoded stays as it is. For people only; nothing is decided by what comes out.
 */
const word = /=\?([A-Za-z0-9_.:()+-]{1,40})(?:\*[A-Za-z0-9-]{1,20})?\?([bBqQ])\?([\x21-\x3e\x40-\x7e]*)\?=/g

interface Run {
  readonly charset: string
  readonly text: string
  readonly octets: number[]
}

/** Never throws. Spaces between two encoded-words vanish (6.2); a character split over two of the same charset is joined. */
export function decodeWords(value: string): string {
  let out = ''
  let end = 0
  let run: Run | null = null
  const finish = () => {
    if (run !== null) out += decodeRun(run)
    run = null
  }
  for (const match of value.matchAll(word)) {
    const [text, charset, encoding, content] = match as unknown as [string, string, string, string]
    const between = value.slice(end, match.index)
    const joins: boolean = run !== null && /^[ \t\r\n]*$/.test(between)
    const octets = encoding.toLowerCase() === 'b' ? base64Octets(content) : quotedOctets(content)
    if (run !== null && joins && (run as Run).charset === charset.toLowerCase()) {
      run = { charset: (run as Run).charset, text: (run as Run).text + between + text, octets: (run as Run).octets.concat(octets) }
    } else {
      finish()
      out += joins ? '' : between
      run = { charset: charset.toLowerCase(), text, octets }
    }
    end = match.index + text.length
  }
  finish()
  return out + value.slice(end)
}

function decodeRun({ charset, text, octets }: Run): string {
  try {
    return new TextDecoder(charset).decode(Uint8Array.from(octets))
  } catch {
    return text
  }
}

/** Buffer's base64 skips what is not base64, which is what RFC 2047 6.3 allows a reader. */
const base64Octets = (content: string): number[] => [...Buffer.from(content, 'base64')]

function quotedOctets(content: string): number[] {
  const octets: number[] = []
  for (let at = 0; at < content.length; at++) {
    const hex = content[at] === '=' ? /^[0-9A-Fa-f]{2}/.exec(content.slice(at + 1, at + 3)) : null
    octets.push(hex === null ? (content[at] === '_' ? 0x20 : content.charCodeAt(at)) : Number.parseInt(hex[0], 16))
    if (hex !== null) at += 2
  }
  return octets
}
