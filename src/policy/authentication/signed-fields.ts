/**
 * Which fields of a message an aligned DKIM signature covers (RFC 6376 5.4.1, 8.15): what can have been changed on the way,
 * and whether our recipients stand in what was signed, which those of a replayed message do not.
 */
import { parseAddress } from '../../mail/address.ts'
import type { Header } from '../../mail/header-fields.ts'
import { asciiLower, canonicalDomain } from '../recipient/pattern.ts'
import type { DkimSignature } from './evidence.ts'
import { listedAddresses } from './listed-addresses.ts'

/** What people are shown and applications act on. Names of our own choice: those of the sender may be of any length. */
const relied = [
  ...['from', 'sender', 'reply-to', 'subject', 'date', 'to', 'cc', 'message-id', 'in-reply-to', 'references'],
  ...['content-type', 'content-transfer-encoding', 'mime-version'],
  ...['list-id', 'list-help', 'list-unsubscribe', 'list-unsubscribe-post', 'list-subscribe', 'list-post', 'list-owner', 'list-archive'],
] as const

const covers = (signatures: readonly DkimSignature[], name: string): boolean =>
  signatures.some(signature => signature.covers.includes(name))

/** Fields that are there and in no signature's h=. Each once. */
export const unsignedFields = (header: Header, aligned: readonly DkimSignature[]): readonly string[] =>
  relied.filter(name => !covers(aligned, name) && header.first(name) !== undefined)

const maxScanned = 64 * 1024
const maxAddresses = 2000

/**
 * Those of `recipients` that stand in a signed To or Cc. Compared without case (ASCII), since relays change that of local
 * parts. Looks at 65,536 characters and 2,000 addresses of each field name.
 */
export function signedRecipients(header: Header, aligned: readonly DkimSignature[], recipients: readonly string[]): readonly string[] {
  const fields = ['to', 'cc'].filter(name => covers(aligned, name))
  if (fields.length === 0) return []
  const wanted = new Set(recipients.map(folded))
  const found = new Set<string | null>()
  for (const name of fields) {
    let count = 0
    for (const address of listedAddresses(header.all(name).join(',').slice(0, maxScanned))) {
      if (++count > maxAddresses) break
      const one = folded(address)
      if (one !== null && wanted.has(one)) found.add(one)
    }
  }
  return recipients.filter(recipient => found.has(folded(recipient)))
}

/** One spelling for all of an address; null for what is none. */
function folded(text: string): string | null {
  const address = parseAddress(text)
  return address && `${asciiLower(address.localPart)}@${canonicalDomain(address.domain)}`
}
