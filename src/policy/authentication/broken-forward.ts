/**
 * Signs that a message failed DMARC because somebody handed it on, and not because it is forged (RFC 7960 2.3, RFC 9989 7.4):
 * an ARC set, a list's field, or a signature of the author's domain that no longer fits. A forger can write any of them;
 * what he gains is that his message is held for a person instead of refused.
 */
import type { Header } from '../../mail/header-fields.ts'
import { canonicalDomain } from '../recipient/pattern.ts'
import type { Authentication } from './answer.ts'
import { mayAlign } from './domains.ts'

/** A header section that was not read to its end may hold such a sign. */
export function looksForwarded(answer: Authentication, header: Header): boolean {
  if (!header.complete || answer.arc.instance > 0 || arcFields.some(name => header.count(name) > 0)) return true
  return hasListField(header) || isSignedByAuthor(answer, header)
}
const arcFields = ['arc-seal', 'arc-message-signature', 'arc-authentication-results']

/** Any List-* field (RFC 2369, RFC 2919). */
export const hasListField = (header: Header): boolean => header.names().some(name => name.startsWith('list-'))

/** By a DKIM-Signature of whatever worth: also one that was not checked, or could not be read but for its d=. */
function isSignedByAuthor({ from, dkim, dmarc }: Authentication, header: Header): boolean {
  if (from.domain === null) return false
  const author = { domain: from.domain, organisation: dmarc.organisation }
  if (dkim.some(signature => mayAlign(signature.domain, author))) return true
  return header.all('dkim-signature').some(value => {
    const signer = /(?:^|;)\s*d\s*=([^;]*)/.exec(value)?.[1]?.replace(/\s+/g, '')
    return signer !== undefined && signer.length <= 255 && mayAlign(canonicalDomain(signer), author)
  })
}
