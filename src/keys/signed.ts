/**
 * Signed keys: stateless keys that the application mints with a secret it shares with us (docs/signed-keys.md).
 * A key is good at one mailbox and route, until it expires; nothing is looked up, so nothing can be down. What can't be a
 * key is refused before anything is computed, and what is said about expiry is said only of keys with a good signature.
 */
import type { KeyObject } from 'node:crypto'
import { domainToASCII } from 'node:url'
import { formatAddress, needsUtf8, parseAddress } from '../mail/address.ts'
import type { Claims, KeyCheck, KeyQuery } from '../transaction/ports.ts'
import {
  type DecodedKey,
  decodeKey,
  encodeBody,
  encodeKey,
  maxExpires,
  maxSubjectOctets,
  type NotSignedKey,
  subjectText,
} from './signed-format.ts'
import { placeFrame, secretKey, senderHash, senderMatches, tagMatches, tagOf } from './signed-tag.ts'

export interface SignedKeysOptions {
  /** By key id, 1 to 255 (a number or its decimal digits). All of them verify: the newest and those it replaces. */
  readonly secrets: ReadonlyMap<string | number, Uint8Array>
}

/** A KeyVerifier that always answers at once, and takes base32 in any mixture of case. */
export interface SignedKeyVerifier {
  verify(query: KeyQuery): KeyCheck
  readonly foldsCase: true
  /** Has the form of a signed key. */
  mayBe(key: string): boolean
}

/**
 * Throws RangeError for a key id or a secret out of range. Expiry is judged at `query.at`. A key that is bound to a sender claims
 * `senderHash`; asked with `author` it claims `senders` instead: that one, or nobody.
 */
export function signedKeys({ secrets }: SignedKeysOptions): SignedKeyVerifier {
  const byId = new Map<number, KeyObject>()
  for (const [id, octets] of secrets) byId.set(keyIdOf(id), secretKey(octets))
  // One verifier serves one route, so remembering the last place is enough.
  let place = { mailbox: '', route: '', frame: placeFrame('', '') }

  function verify({ mailbox, route, key, at, author }: KeyQuery): KeyCheck {
    const decoded = decodeKey(key)
    if (typeof decoded === 'string') return unknown
    const secret = byId.get(decoded.keyId)
    if (secret === undefined) return unknown
    if (place.mailbox !== mailbox || place.route !== route) place = { mailbox, route, frame: placeFrame(mailbox, route) }
    return tagMatches(secret, place.frame, decoded) ? judge(decoded, { secret, at, author }) : unknown
  }

  return { verify, foldsCase: true, mayBe: key => typeof decodeKey(key) !== 'string' }
}

const unknown: KeyCheck = Object.freeze({ kind: 'unknown' })

interface Asked {
  readonly secret: KeyObject
  readonly at: number
  readonly author: string | undefined
}

function judge(key: DecodedKey, { secret, at, author }: Asked): KeyCheck {
  const subject = subjectText(key.subject)
  if (subject === null) return unknown
  if (key.expires !== null && at >= key.expires) return { kind: 'expired', expired: key.expires }
  const claims = { subject, keyId: String(key.keyId), ...(key.expires === null ? {} : { expires: key.expires }) }
  if (key.senderHash === null) return { kind: 'valid', claims }
  return { kind: 'valid', claims: { ...claims, ...boundTo(key.senderHash, subject, { secret, author }) } }
}

function boundTo(hash: Uint8Array, subject: string, { secret, author }: Pick<Asked, 'secret' | 'author'>): Claims {
  if (author === undefined) return { senderHash: true }
  return { senders: senderMatches(secret, hash, { subject, author }) ? [author] : [] }
}

export interface MintOptions {
  /** At least 32 octets. */
  readonly secret: Uint8Array
  /** 1 to 255. */
  readonly keyId: string | number
  readonly mailbox: string
  readonly route: string
  /** 1 to 32 octets of UTF-8. */
  readonly subject: string
  /** Milliseconds since 1970, until 2106; a part of a second is rounded up. */
  readonly expires?: number
  /** The one address that may use the key; the case of ASCII letters doesn't count. */
  readonly sender?: string
}

/** A key, in lower-case base32. Throws RangeError, in plain words, for what the format can't hold. */
export function mintSignedKey(options: MintOptions): string {
  const secret = secretKey(options.secret)
  const body = encodeBody({
    keyId: keyIdOf(options.keyId),
    expires: options.expires === undefined ? null : wholeSecond(options.expires),
    senderHash: options.sender === undefined ? null : senderHash(secret, options.subject, senderAddress(options.sender)),
    subject: subjectOctets(options.subject),
  })
  return encodeKey(body, tagOf(secret, placeFrame(options.mailbox, options.route), body))
}

/** What a key says about itself, unproved: whoever has no secret can write this too. `problem` says why it is no key. */
export type InspectedKey =
  | { readonly problem: NotSignedKey }
  | { readonly keyId: number; readonly subject: string; readonly expires: number | null; readonly senderHash: string | null }

export function inspectSignedKey(key: string): InspectedKey {
  const decoded = decodeKey(key)
  if (typeof decoded === 'string') return { problem: decoded }
  const subject = subjectText(decoded.subject)
  if (subject === null) return { problem: 'fields' }
  const hash = decoded.senderHash === null ? null : Buffer.from(decoded.senderHash).toString('hex')
  return { keyId: decoded.keyId, subject, expires: decoded.expires, senderHash: hash }
}

function keyIdOf(id: string | number): number {
  const value = typeof id === 'number' ? id : /^[1-9][0-9]{0,2}$/.test(id) ? Number(id) : Number.NaN
  if (!Number.isInteger(value) || value < 1 || value > 255) throw new RangeError(`a key id is a whole number from 1 to 255, not ${id}`)
  return value
}

/** In canonical spelling, so that case and script of the domain are no matter. */
function senderAddress(sender: string): string {
  const address = parseAddress(sender)
  if (address === null) throw new RangeError(`the sender of a signed key is one address, not ${JSON.stringify(sender)}`)
  const { localPart, domain } = address
  return formatAddress({ localPart, domain: needsUtf8(domain) ? domainToASCII(domain) || domain : domain })
}

function wholeSecond(expires: number): number {
  const rounded = Math.ceil(expires / 1000) * 1000
  if (!(rounded > 0 && rounded <= maxExpires)) throw new RangeError('the expiry of a signed key lies between 1970 and 2106-02-07T06:28:15Z')
  return rounded
}

function subjectOctets(subject: string): Uint8Array {
  if (!subject.isWellFormed()) throw new RangeError('the subject of a signed key is text: this one has half a surrogate pair in it')
  const octets = Buffer.from(subject, 'utf8')
  if (octets.length < 1 || octets.length > maxSubjectOctets) {
    throw new RangeError(`the subject of a signed key has 1 to ${maxSubjectOctets} octets of UTF-8, this one ${octets.length}`)
  }
  return octets
}
