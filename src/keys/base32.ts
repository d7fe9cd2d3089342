/**
 * Base32 of RFC 4648 section 6, in lower case and without padding characters: what a signed key is written in.
 * Decoding takes both cases, since relays fold them, and nothing else that is not canonical: no `=`, no white space, no
 * superfluous character, no bit set behind the last octet. So an octet string has one spelling, apart from case.
 */
export type NotBase32 = 'length' | 'alphabet' | 'padding'

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
const none = 0xff
const values = new Uint8Array(128).fill(none)
for (let i = 0; i < alphabet.length; i++) {
  values[alphabet.charCodeAt(i)] = i
  values[alphabet.toUpperCase().charCodeAt(i)] = i
}

/** The value (0 to 31) of a UTF-16 code unit, 255 where it is not of the alphabet. */
export const base32Value = (unit: number): number => (unit < 128 ? values[unit]! : none)

/** Characters that `octets` octets take. */
export const base32Length = (octets: number): number => Math.ceil((octets * 8) / 5)

export function encodeBase32(octets: Uint8Array): string {
  let text = ''
  let held = 0
  let bits = 0
  for (const octet of octets) {
    held = ((held << 8) | octet) & 0xfff
    for (bits += 8; bits >= 5; ) {
      bits -= 5
      text += alphabet[(held >> bits) & 31]
    }
  }
  return bits === 0 ? text : text + alphabet[(held << (5 - bits)) & 31]
}

/** The octets that `text` spells, or why it spells none. Never throws. */
export function decodeBase32(text: string): Uint8Array | NotBase32 {
  const octets = Math.floor((text.length * 5) / 8)
  if (base32Length(octets) !== text.length) return 'length'
  const decoded = new Uint8Array(octets)
  let held = 0
  let bits = 0
  let written = 0
  for (let i = 0; i < text.length; i++) {
    const value = base32Value(text.charCodeAt(i))
    if (value === none) return 'alphabet'
    held = ((held << 5) | value) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    decoded[written++] = held >> bits
  }
  return (held & ((1 << bits) - 1)) === 0 ? decoded : 'padding'
}
