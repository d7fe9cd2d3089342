/**
 * What is computed with a secret: the tag over a signed key, and the hash of the sender it may be bound to. HMAC-SHA-256
 * (RFC 2104) over fields that each have their length before them, truncated from the left (RFC 2104 section 5).
 * The two uses begin with different labels, so that one can never stand for the other.
 */
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import { domainToASCII, domainToUnicode } from 'node:url'
import { type DecodedKey, senderOctets, tagOctets } from './signed-format.ts'

export const minSecretOctets = 32

/** Throws RangeError for a secret under 32 octets. */
export function secretKey(octets: Uint8Array): KeyObject {
  if (octets.length < minSecretOctets)
    throw new RangeError(`a signing secret has at least ${minSecretOctets} octets, this one ${octets.length}`)
  return createSecretKey(octets)
}

/** Where a key is good: the names of its mailbox and route, framed with the label. */
export const placeFrame = (mailbox: string, route: string): Uint8Array => frame('postern key 1', mailbox, route)

/** The tag of `body` at the place. */
export const tagOf = (secret: KeyObject, place: Uint8Array, body: Uint8Array): Uint8Array =>
  createHmac('sha256', secret)
    .update(Buffer.concat([place, lengthOf(body.length), body]))
    .digest()
    .subarray(0, tagOctets)

/** Whether the key was signed with this secret for this place. Takes the same time wherever the difference is. */
export const tagMatches = (secret: KeyObject, place: Uint8Array, key: DecodedKey): boolean =>
  timingSafeEqual(tagOf(secret, place, key.body), key.tag)

/** The hash of the address that a key is bound to; its ASCII letters count without case. Two subjects, two hashes. */
export function senderHash(secret: KeyObject, subject: string, sender: string): Uint8Array {
  const folded = sender.replace(/[A-Z]/g, letter => letter.toLowerCase())
  return createHmac('sha256', secret)
    .update(frame('postern sender 1', subject, folded))
    .digest()
    .subarray(0, senderOctets)
}

/**
 * Whether `author` is the address behind the hash of a key whose tag is good. A domain may be written in letters or as an A-label
 * (RFC 5890 2.3.2.1), on either side. Takes the same time wherever the difference is.
 */
export function senderMatches(
  secret: KeyObject,
  hash: Uint8Array,
  { subject, author }: { readonly subject: string; readonly author: string },
): boolean {
  return spellings(author).some(spelling => timingSafeEqual(senderHash(secret, subject, spelling), hash))
}

function spellings(address: string): readonly string[] {
  const at = address.lastIndexOf('@') + 1
  const domain = address.slice(at)
  if (!/[^\x00-\x7f]|xn--/i.test(domain)) return [address]
  const others = [domainToASCII(domain), domainToUnicode(domain)].filter(other => other !== '')
  return [...new Set([domain, ...others])].map(other => address.slice(0, at) + other)
}

/** Each field with its length (four octets, big-endian) before it: no two lists of fields give the same octets. */
function frame(...fields: readonly string[]): Buffer {
  return Buffer.concat(
    fields.flatMap(field => {
      const octets = Buffer.from(field, 'utf8')
      return [lengthOf(octets.length), octets]
    }),
  )
}

function lengthOf(octets: number): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(octets)
  return length
}
