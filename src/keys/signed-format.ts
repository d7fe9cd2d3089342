/**
 * The octets of a signed key, version 1 (docs/signed-keys.md): a header octet, the key id, the optional fields, the subject,
 * a tag. This file takes them apart and puts them together; it knows no secret, so what it decodes proves nothing yet.
 */
import { base32Length, base32Value, decodeBase32, encodeBase32, type NotBase32 } from './base32.ts'

export const version = 1
export const tagOctets = 12
export const senderOctets = 6
export const maxSubjectOctets = 32
/** The last second that four octets can name: 2106-02-07T06:28:15Z, in milliseconds since 1970. */
export const maxExpires = 0xffff_ffff * 1000

const expiryOctets = 4
const hasExpiry = 0x01
const hasSender = 0x02
const reserved = 0x0c
const minOctets = 2 + 1 + tagOctets
const maxOctets = 2 + expiryOctets + senderOctets + maxSubjectOctets + tagOctets
const minLength = base32Length(minOctets)
const maxLength = base32Length(maxOctets)

/** Why a text is no signed key of this version, whatever the secret. `fields`: reserved bits, key id 0, subject too long. */
export type NotSignedKey = NotBase32 | 'version' | 'fields'

/** What a key says. `expires` in milliseconds since 1970; null fields are absent. The subject is UTF-8. */
export interface KeyFields {
  readonly keyId: number
  readonly expires: number | null
  readonly senderHash: Uint8Array | null
  readonly subject: Uint8Array
}

/** A key taken apart. `body` is everything before the tag: what the tag has to cover. */
export interface DecodedKey extends KeyFields {
  readonly body: Uint8Array
  readonly tag: Uint8Array
}

/** The octets before the tag. The caller has checked the ranges. */
export function encodeBody({ keyId, expires, senderHash, subject }: KeyFields): Uint8Array {
  const head = Buffer.of((version << 4) | (expires === null ? 0 : hasExpiry) | (senderHash === null ? 0 : hasSender), keyId)
  const expiry = Buffer.alloc(expires === null ? 0 : expiryOctets)
  if (expires !== null) expiry.writeUInt32BE(expires / 1000)
  return Buffer.concat([head, expiry, senderHash ?? Buffer.alloc(0), subject])
}

export const encodeKey = (body: Uint8Array, tag: Uint8Array): string => encodeBase32(Buffer.concat([body, tag]))

/** The parts of `key`, or why it has none. Cheap for what is no key: length and first character come first. Never throws. */
export function decodeKey(key: string): DecodedKey | NotSignedKey {
  if (key.length < minLength || key.length > maxLength) return 'length'
  // The version is in the first four bits, the fifth is reserved: the first character tells a foreign version apart.
  const first = base32Value(key.charCodeAt(0))
  if (first !== version << 1) return first > 31 ? 'alphabet' : first >> 1 === version ? 'fields' : 'version'
  const octets = decodeBase32(key)
  return typeof octets === 'string' ? octets : takeApart(octets)
}

function takeApart(octets: Uint8Array): DecodedKey | 'fields' {
  const header = octets[0]!
  const keyId = octets[1]!
  const expiryEnd = 2 + (header & hasExpiry ? expiryOctets : 0)
  const senderEnd = expiryEnd + (header & hasSender ? senderOctets : 0)
  const tagStart = octets.length - tagOctets
  const subjectOctets = tagStart - senderEnd
  if ((header & reserved) !== 0 || keyId === 0 || subjectOctets < 1 || subjectOctets > maxSubjectOctets) return 'fields'
  return {
    keyId,
    expires: expiryEnd === 2 ? null : (((octets[2]! << 24) | (octets[3]! << 16) | (octets[4]! << 8) | octets[5]!) >>> 0) * 1000,
    senderHash: senderEnd === expiryEnd ? null : octets.subarray(expiryEnd, senderEnd),
    subject: octets.subarray(senderEnd, tagStart),
    body: octets.subarray(0, tagStart),
    tag: octets.subarray(tagStart),
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The subject as text; null where it is not well-formed UTF-8, and then the key is no key. */
export function subjectText(subject: Uint8Array): string | null {
  try {
    return utf8.decode(subject)
  } catch {
    return null
  }
}
