/**
 * Links by which a message, or one attachment of it, is fetched without a token for a time: HMAC-SHA-256 over what is fetched and until
 * when. Who has the link may fetch, so it must never stand in a log. The same message gives the same link at every attempt.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

export interface Links {
  /** Where the HTTP listener is reached from outside, with or without a slash at its end: `https://incoming.example.com`. */
  readonly url: string
  /** At least 32 octets. */
  readonly secret: Uint8Array
  /** How long a link is good, in milliseconds. */
  readonly expires: number
}

/** The raw message, or an attachment by its index from 0. */
export type LinkedPart = 'raw' | number

export interface Linked {
  /** The message's id. */
  readonly message: string
  readonly part: LinkedPart
}

/** `at`: when the message was received, in milliseconds since 1970. */
export function attachmentLink(links: Links, { message, part, at }: Linked & { readonly at: number }): string {
  const expires = Math.ceil((at + links.expires) / 1000)
  const signature = sign(links.secret, { message, part }, expires).toString('base64url')
  return `${links.url.replace(/\/+$/, '')}/attachments/${encodeURIComponent(message)}/${part}?expires=${expires}&signature=${signature}`
}

/** `expires` in seconds since 1970 and `signature`, both as the link has them; `now` in milliseconds. Takes as long for any signature. */
export function verifyLink(
  secret: Uint8Array,
  link: Linked & { readonly expires: number; readonly signature: string },
  now: number,
): boolean {
  if (!Number.isSafeInteger(link.expires) || link.expires < 0) return false
  const wanted = sign(secret, link, link.expires)
  const given = Buffer.from(link.signature, 'base64url')
  // One way to write it: what decodes to the same octets is another text.
  const same = given.length === wanted.length && timingSafeEqual(given, wanted) && given.toString('base64url') === link.signature
  return same && now < link.expires * 1000
}

/** The parts stand on lines of their own, so that two different links never sign the same text. */
const sign = (secret: Uint8Array, { message, part }: Linked, expires: number): Buffer =>
  createHmac('sha256', secret)
    .update(`postern link\n${JSON.stringify(message)}\n${part}\n${expires}`)
    .digest()
