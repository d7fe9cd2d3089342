/**
 * The author of a message as far as RFC5322.From names exactly one (RFC 5322 3.6.2, RFC 6854, RFC 6532).
 * Stricter than the RFC on purpose: what two readers of mail could take for two different addresses is nobody's. Encoded-words
 * are never decoded before the address is found; linear on hostile input.
 */
import { formatAddress, needsUtf8, octets, parseAddress } from './address.ts'
import { type Element, readAddressList } from './address-list.ts'
import { asciiDomain } from './domain.ts'
import type { Header } from './header-fields.ts'
import { tokenize } from './tokens.ts'

/** `address` in canonical form, `domain` of it as a lower-case A-label. */
export type Author =
  | { readonly kind: 'one'; readonly address: string; readonly domain: string }
  /** No From field, or nobody in it. */
  | { readonly kind: 'none' }
  /** More than one field, more than one address, or a group with somebody in it. */
  | { readonly kind: 'several' }
  /** What stands there is no address, or could be read as another by somebody else. `detail` for people, at most 120 characters. */
  | { readonly kind: 'malformed'; readonly detail: string }

const longest = 64 * 1024

/** Never throws. */
export function authorOf(header: Header): Author {
  const fields = header.count('from')
  if (fields > 1) return { kind: 'several' }
  if (!header.complete) return malformed('the header section is too long to see every From field')
  if (fields === 0) return { kind: 'none' }
  const raw = header.raw('from')[0]!
  if (raw.length > longest) return malformed(`the From field is longer than ${longest} octets`)
  const value = header.first('from')!
  // One octet is one character of `raw`; text read as another charset than UTF-8 takes other octets than it came in.
  if (octets(value) === raw.length) return authorIn(value)
  // Old programs write names in charsets of their own. The address must stand for itself.
  const [author, other] = [legible(raw, 'a'), legible(raw, 'b')]
  const stands = author.kind !== 'one' || other.kind !== 'one' || author.address === other.address
  return stands ? author : malformed('the address is no UTF-8')
}

/** With a letter for every octet that nobody knows the meaning of. */
const legible = (raw: string, letter: string): Author => authorIn(raw.replace(/[^\x00-\x7f]/g, letter))

const malformed = (detail: string): Author => ({ kind: 'malformed', detail })

/** Of one unfolded value. */
function authorIn(value: string): Author {
  const { tokens, whole } = tokenize(value)
  if (!whole) return malformed('a quoted string, comment or bracket has no end, or there is a control character')
  const comments = tokens.filter(({ kind }) => kind === 'comment')
  if (comments.some(({ text }) => /[@<>]/.test(text))) return malformed('a comment could be read as an address')
  const list = readAddressList(tokens)
  if ('problem' in list) return malformed(list.problem)
  if (list.length > 1) return several(list)
  const only = list[0]
  if (only === undefined || only.address === '' || only.members === 0) return { kind: 'none' }
  return only.address === undefined ? { kind: 'several' } : one(only.address)
}

/** `Carroll, Alice <a@b.example>` is no list, but a name without its quotes. */
function several(list: readonly Element[]): Author {
  for (const { address } of list) {
    const problem = address === undefined || address === '' ? null : addressProblem(address)
    if (problem !== null) return malformed(problem)
  }
  return { kind: 'several' }
}

function one(text: string): Author {
  const problem = addressProblem(text)
  if (problem !== null) return malformed(problem)
  const address = parseAddress(text)!
  const domain = asciiDomain(address.domain)
  if (domain === null) return malformed('the domain could be read as another')
  return { kind: 'one', address: formatAddress({ localPart: address.localPart, domain }), domain }
}

function addressProblem(text: string): string | null {
  if (text.includes('=?')) return 'an encoded-word stands in the address'
  const address = parseAddress(text)
  if (address === null) return 'there is something else than one address of the form local-part@domain'
  if (address.domain.startsWith('[')) return 'an address literal is no domain'
  // RFC 5322 3.2.4: quotes that are needed, around nothing that a careless reader takes for the end of the address.
  if (text.startsWith('"') && (/[^A-Za-z0-9!#$%&'*+\-/=?^_`{|}~.]/.test(address.localPart) || formatAddress(address) !== text))
    return 'a quoted local part could be read as another address'
  if (needsUtf8(address.localPart) && (/[\p{C}\p{Z}]/u.test(text) || text.normalize('NFKC') !== text))
    return 'the local part could be read as another'
  return null
}
