/**
 * Netstrings, the frames of Postfix's socketmap protocol (socketmap_table(5)): `5:hello,`, the length in octets. Strict: no
 * leading zeros, no empty request, at most `most` octets, which is far less than the 100,000 of the protocol.
 */
import type { Malformed, QuestionReader } from '../ask-connection.ts'

/** Octets of a request: a map's name, a space and an address, which has 512 at the most. */
export const most = 2_048

/** Gives what stands in each netstring, as UTF-8. */
export function netstringReader(): QuestionReader<string> {
  let rest: Buffer = nothing
  let at = 0
  return {
    feed(chunk) {
      rest = at === rest.length ? chunk : Buffer.concat([rest.subarray(at), chunk])
      at = 0
    },
    next() {
      const colon = lengthEnd(rest, at)
      if (typeof colon !== 'number') return colon
      const length = lengthIn(rest, at, colon)
      const end = colon + 1 + length
      if (end >= rest.length) return null
      if (rest[end] !== 0x2c) return { malformed: 'netstring without its comma' }
      at = end + 1
      return rest.toString('utf8', colon + 1, end)
    },
  }
}

const nothing = Buffer.alloc(0)

const wrongLength: Malformed = Object.freeze({ malformed: 'no netstring length' })
const tooLong: Malformed = Object.freeze({ malformed: `netstring over ${most} octets` })

/** Where the colon behind the length stands. */
function lengthEnd(octets: Buffer, from: number): number | Malformed | null {
  for (let i = from; i < octets.length; i++) {
    const octet = octets[i]!
    if (octet === 0x3a) return i === from ? wrongLength : lengthIn(octets, from, i) > most ? tooLong : i
    if (octet < 0x30 || octet > 0x39 || octets[from] === 0x30) return wrongLength
    if (i - from >= 4) return tooLong
  }
  return null
}

function lengthIn(octets: Buffer, from: number, colon: number): number {
  let length = 0
  for (let i = from; i < colon; i++) length = length * 10 + (octets[i]! - 0x30)
  return length
}

/** `text` must be one that others can read: no more is done to it. */
export const netstring = (text: string): string => `${Buffer.byteLength(text)}:${text},`
