/**
 * Whether an address is one of those a key is bound to. An entry with `@` is an address, any other a domain: exactly that one,
 * or with `.` or `*.` in front those below it. Compared without case in ASCII, domains in their ASCII form.
 */
import { parseAddress } from '../../mail/address.ts'
import { asciiLower, canonicalDomain } from '../recipient/pattern.ts'

/** False for no entry at all: a key bound to nobody is nobody's. What can't be read matches nothing. */
export function isSender(address: string, senders: readonly string[]): boolean {
  const author = parseAddress(address)
  if (author === null) return false
  const domain = canonicalDomain(author.domain)
  const localPart = asciiLower(author.localPart)
  return senders.some(entry => (entry.includes('@') ? isAddress(entry, { localPart, domain }) : isInDomain(entry, domain)))
}

function isAddress(entry: string, author: { readonly localPart: string; readonly domain: string }): boolean {
  // The domain first: lists may be long, and most entries differ here.
  if (canonicalDomain(entry.slice(entry.lastIndexOf('@') + 1)) !== author.domain) return false
  const listed = parseAddress(entry)
  return listed !== null && asciiLower(listed.localPart) === author.localPart
}

function isInDomain(entry: string, domain: string): boolean {
  const below = entry.startsWith('*.') ? entry.slice(1) : entry
  if (!below.startsWith('.')) return below !== '' && domain === canonicalDomain(below)
  const parent = canonicalDomain(below.slice(1))
  return parent !== '' && domain.endsWith(`.${parent}`)
}
