/**
 * An e-mail address of the envelope: `Local-part "@" ( Domain / address-literal )`, RFC 5321 4.1.2 with the UTF-8 of
 * RFC 6531. One strict parser, and not one for header fields. Quoted local parts are accepted in any spelling and kept in
 * canonical form; local parts over 64 octets are accepted (they exist in the field), a path is bounded at 512 octets.
 */

/** `localPart` as received (a quoted one without its quotes if it needs none), `domain` as received. */
export interface Address {
  readonly localPart: string
  readonly domain: string
}

export const maxPathOctets = 512

const atext = "[A-Za-z0-9!#$%&'*+\\-/=?^_`{|}~\\u0080-\\u{10ffff}]"
const dotString = new RegExp(`^${atext}+(?:\\.${atext}+)*$`, 'u')
const quotedString = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e\u0080-\u{10ffff}]|\\[\x20-\x7e])*)"$/u
// Underscores are not letter-digit-hyphen, but stand in host names of real senders; C1 controls and invisible format
// characters never belong in a domain.
const label = '[A-Za-z0-9_\\u00a0-\\u{10ffff}](?:[A-Za-z0-9_\\-\\u00a0-\\u{10ffff}]{0,61}[A-Za-z0-9_\\u00a0-\\u{10ffff}])?'
const domainName = new RegExp(`^${label}(?:\\.${label})*$`, 'u')
const literal = /^\[(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|IPv6:[0-9A-Fa-f:.]{2,45})\]$/i
const unsafe = /[\x00-\x1f\x7f-\x9f\u200b\u2028\u2029\u2060\ufeff]|\p{Cs}/u
const plainAddress = /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+)*$/

/** Octets a string takes on the wire (UTF-8). */
export function octets(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) count += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1
  }
  return count
}

/** The address that `text` spells, or null. Never throws. `Postmaster` without a domain is the caller's affair. */
export function parseAddress(text: string): Address | null {
  if (text.length > maxPathOctets || octets(text) > maxPathOctets || unsafe.test(text)) return null
  const at = text.lastIndexOf('@')
  if (at < 1) return null
  const domain = text.slice(at + 1)
  if (domain.length > 255 || !(domainName.test(domain) || literal.test(domain))) return null
  const local = text.slice(0, at)
  if (plainAddress.test(local) || dotString.test(local)) return { localPart: local, domain }
  const quoted = quotedString.exec(local)
  if (quoted === null) return null
  const content = quoted[1]!.replace(/\\(.)/gu, '$1')
  return content === '' ? null : { localPart: content, domain }
}

/** The canonical spelling: quotes only where they are needed. `parseAddress(formatAddress(a))` is `a`. */
export function formatAddress({ localPart, domain }: Address): string {
  if (plainAddress.test(localPart) || dotString.test(localPart)) return `${localPart}@${domain}`
  return `"${localPart.replace(/["\\]/g, '\\$&')}"@${domain}`
}

export const needsUtf8 = (text: string): boolean => /[^\x00-\x7f]/.test(text)
