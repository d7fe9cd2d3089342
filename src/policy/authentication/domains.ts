/**
 * How domains relate to each other (RFC 9989 4.4, 4.10). All names here are lower-case A-labels without a final dot, but for
 * lists that an operator wrote, which may be spelled as he likes.
 */
import { canonicalDomain } from '../recipient/pattern.ts'

/** The domain itself or one below it: `a.example.org` is below `example.org`, `badexample.org` is not. */
export const atOrBelow = (domain: string, parent: string): boolean => parent !== '' && (domain === parent || domain.endsWith(`.${parent}`))

/** On the operator's list: a listed domain or one below it. */
export const isListed = (domain: string, list: readonly string[]): boolean =>
  domain !== '' && list.some(entry => atOrBelow(domain, canonicalDomain(entry)))

/**
 * Whether `domain` may turn out to be aligned with that of the author. Only for what is not known yet: where the
 * organisational domain is not known either it says yes too often, never too seldom for names of one owner.
 */
export function mayAlign(domain: string, author: { readonly domain: string; readonly organisation: string | null }): boolean {
  if (domain === '') return false
  if (author.organisation !== null) return domain === author.domain || atOrBelow(domain, author.organisation)
  return atOrBelow(domain, author.domain) || atOrBelow(author.domain, domain) || lastTwo(domain) === lastTwo(author.domain)
}

const lastTwo = (domain: string): string => domain.split('.').slice(-2).join('.')
