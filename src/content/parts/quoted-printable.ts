/**
 * Quoted-printable undone (RFC 2045 6.7). mailparser's own decoder takes quadratic time on white space, so that 32 KiB of it keep a
 * thread for seconds, and reads octets as UTF-8 before it decodes them, which loses those that stand there bare. Linear; what is
 * malformed is kept as it stands.
 */
import { Transform } from 'node:stream'

const [tab, feed, back, space, equals] = [9, 10, 13, 32, 61]

/** Bare octets of more than seven bits stay. White space at the end of a line goes, as rule 3 says. */
export function decodeQuotedPrintable(octets: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(octets.length)
  let length = 0
  // Behind the last octet of this line that is no bare white space.
  let solid = 0
  for (let at = 0; at < octets.length; at++) {
    const c = octets[at]!
    const [coded, end] = c === equals ? [hexAt(octets, at + 1), softBreak(octets, at + 1)] : [null, null]
    if (end !== null) {
      at = end - 1
      solid = length
      continue
    }
    if (c === back || c === feed) length = solid
    if (coded !== null) at += 2
    out[length++] = coded ?? c
    if (coded !== null || (c !== space && c !== tab)) solid = length
  }
  return out.subarray(0, solid)
}

/** Where the next line begins; null where there is no soft line break. The end of all counts as one. */
function softBreak(octets: Uint8Array, from: number): number | null {
  let at = from
  while (octets[at] === space || octets[at] === tab) at++
  if (at === octets.length) return at
  if (octets[at] === back && octets[at + 1] === feed) return at + 2
  return octets[at] === feed ? at + 1 : null
}

function hexAt(octets: Uint8Array, at: number): number | null {
  const [high, low] = [digit(octets[at]), digit(octets[at + 1])]
  return high === null || low === null ? null : high * 16 + low
}

function digit(c: number | undefined): number | null {
  if (c === undefined) return null
  if (c >= 48 && c <= 57) return c - 48
  const letter = c & ~32
  return letter >= 65 && letter <= 70 ? letter - 55 : null
}

/** Decodes at the end: a part stands in memory as a whole anyway. */
export function quotedPrintableDecoder(): Transform {
  const chunks: Buffer[] = []
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
    flush(done) {
      const decoded = decodeQuotedPrintable(Buffer.concat(chunks))
      if (decoded.length > 0) this.push(decoded)
      done()
    },
  })
}
