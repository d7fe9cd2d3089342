/**
 * A query as octets, and whether a packet answers it: a random id, letters in random case (a forger who can't see the query has to
 * guess both), EDNS with 1,232 octets (RFC 6891; what fits in every path unfragmented). The question is compared octet by octet.
 */
import { type DecodedPacket, decode, encode, RECURSION_DESIRED } from 'dns-packet'
import type { Question } from './question.ts'

/** Gives that many random octets. */
export type Random = (octets: number) => Uint8Array

export interface QueryStyle {
  readonly mixedCase: boolean
  readonly edns: boolean
}

export interface Query {
  readonly octets: Uint8Array
  /** `other`: not an answer to this, wait on. `recased`: it is, but for the case of the letters. */
  matches(packet: Uint8Array): 'answer' | 'recased' | 'other'
}

const HEADER = 12
const edns = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: 1232,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
} as const

/** The question's name may be '.': that is how a server is asked whether it is there. */
export function makeQuery(question: { name: string; type: Question['type'] }, style: QueryStyle, random: Random): Query {
  const [high, low, ...bits] = random(2 + (style.mixedCase ? Math.ceil(question.name.length / 8) : 0))
  const name = style.mixedCase ? mixCase(question.name, bits) : question.name
  const octets = encode({
    type: 'query',
    id: high! * 256 + low!,
    flags: RECURSION_DESIRED,
    questions: [{ name, type: question.type, class: 'IN' }],
    additionals: style.edns ? [{ ...edns, options: [] }] : [],
  })
  // The name with a length before each label and the root at its end, the type, the class.
  const end = HEADER + (name === '.' ? 1 : name.length + 2) + 4
  return { octets, matches: packet => compare(packet, octets, end) }
}

const mixCase = (name: string, bits: readonly number[]): string =>
  name.replace(/[a-z]/g, (letter, at: number) => ((bits[at >> 3]! >> (at & 7)) & 1 ? letter.toUpperCase() : letter))

function compare(packet: Uint8Array, query: Uint8Array, end: number): 'answer' | 'recased' | 'other' {
  if (packet.length < HEADER || packet[0] !== query[0] || packet[1] !== query[1]) return 'other'
  // A response to a standard query.
  if ((packet[2]! & 0xf8) !== 0x80) return 'other'
  const questions = packet[4]! * 256 + packet[5]!
  // Some repeat no question when they refuse it: such a packet can only say "no".
  if (questions === 0) return (packet[3]! & 15) === 0 || (packet[3]! & 15) === 3 ? 'other' : 'answer'
  if (questions !== 1 || packet.length < end) return 'other'
  let recased = false
  for (let at = HEADER; at < end; at++) {
    if (packet[at] === query[at]) continue
    if (fold(packet[at]!) !== fold(query[at]!)) return 'other'
    recased = true
  }
  return recased ? 'recased' : 'answer'
}

// The lengths, types and classes that we ask with are all below 65: only letters have another case.
const fold = (octet: number): number => (octet >= 65 && octet <= 90 ? octet + 32 : octet)

/** Null for octets that are no packet. */
export function readPacket(octets: Uint8Array): DecodedPacket | null {
  try {
    return decode(Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength))
  } catch {
    return null
  }
}
