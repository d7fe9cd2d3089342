/**
 * What is known where nothing was looked at because the check could not be made now (busy, crashed, stopped): a temporary error
 * for all that it could have found.
 */
import type { Author } from '../../mail/author.ts'
import { canonicalDomain } from '../recipient/pattern.ts'
import type { MessageEvidence, Spf } from './evidence.ts'

/** Of a message: who its author is, and whether its client's names would have been looked up. */
export interface Unchecked {
  readonly author: Author
  readonly names: boolean
}

/** `detail` for people: why, at most 200 characters. Without exactly one author there is nobody whose policy could be missing. */
export const unavailable = ({ author, names }: Unchecked, detail: string): MessageEvidence => ({
  dkim: [],
  unchecked: 0,
  dmarc: {
    result: author.kind === 'one' ? 'temperror' : 'none',
    policy: null,
    domain: null,
    organisation: null,
    spfAligned: false,
    detail,
  },
  arc: { result: 'none', instance: 0, sealer: null, dmarc: null, temporary: true, detail },
  names: [],
  ...(names ? { namesTemporary: true } : {}),
  queries: 0,
})

/** `sender` is RFC5321.MailFrom, '' for the null reverse-path: then HELO would have been checked (RFC 7208 2.4). */
export function unavailableSpf({ sender, helo }: { readonly sender: string; readonly helo: string | null }, detail: string): Spf {
  const domain = sender === '' ? (helo ?? '') : sender.slice(sender.lastIndexOf('@') + 1)
  return { result: 'temperror', identity: sender === '' ? 'helo' : 'mailfrom', domain: canonicalDomain(domain), detail, queries: 0 }
}
