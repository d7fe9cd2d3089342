/**
 * A domain name in the one spelling that is compared and looked up: lower case, internationalised labels as A-labels (RFC 5890).
 * What people could read as another name than software does (width variants, invisible characters, foreign full stops) is none.
 */

/** Null where `domain` has no such spelling. ASCII is only put into lower case; whether it is a domain is the caller's affair. */
export function asciiDomain(domain: string): string | null {
  if (!/[^\x00-\x7f]/.test(domain)) return domain.toLowerCase()
  if (!letters.test(domain) || domain.normalize('NFKC') !== domain) return null
  return URL.parse(`http://${domain.toLowerCase()}/`)?.hostname ?? null
}
const letters = /^[\p{L}\p{M}\p{N}._-]+$/u
