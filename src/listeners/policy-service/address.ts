/**
 * Addresses as Postfix's policy protocol writes them: without angle brackets, and the local part without its quotes even
 * where RFC 5321 4.1.2 asks for them (`a b@c.example`). Never throws.
 */
import { type Address, formatAddress, parseAddress } from '../../mail/address.ts'
import type { ReversePath } from '../../mail/envelope.ts'

/** null for what no address can be made of: no domain, control characters, too long. */
export function parseUnquoted(text: string): Address | null {
  const plain = text.includes('"') || text.includes('\\') ? null : parseAddress(text)
  if (plain !== null) return plain
  const { localPart, domain } = split(text)
  return localPart === '' || domain === '' ? null : parseAddress(formatAddress({ localPart, domain }))
}

/**
 * The reverse-path; '' is the null one. Postfix has taken the sender: one that we can't read is an ordinary one, with as
 * much of it as fits.
 */
export function senderOf(text: string): ReversePath {
  return text === '' ? null : (parseUnquoted(text) ?? split(text.slice(0, 512)))
}

/** At the last @; all is local part where there is none. */
export function split(text: string): Address {
  const at = text.lastIndexOf('@')
  return at < 0 ? { localPart: text, domain: '' } : { localPart: text.slice(0, at), domain: text.slice(at + 1) }
}
