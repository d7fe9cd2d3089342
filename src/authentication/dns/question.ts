/**
 * A question to the DNS in its one canonical form: lower case A-labels without a final dot (RFC 1035 2.3, RFC 5890). Names that
 * can't exist (RFC 1035 2.3.4), or that the DNS must not be asked for (RFC 6761), end here. Names come from strangers' mail.
 */
import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'

export const recordTypes = ['A', 'AAAA', 'TXT', 'MX', 'PTR', 'CNAME', 'NS'] as const
export type RecordType = (typeof recordTypes)[number]

export interface Question {
  readonly name: string
  readonly type: RecordType
}

export type Name =
  | { readonly kind: 'name'; readonly name: string }
  /** Known not to exist, without asking. */
  | { readonly kind: 'none' }
  /** Not a domain name. */
  | { readonly kind: 'bad' }

const none: Name = { kind: 'none' }
const bad: Name = { kind: 'bad' }

/** `text` may be Unicode and end in a dot. The root is not a name that anybody here asks for: it is `bad`. */
export function readName(text: string): Name {
  // An IDN is at most as long in Unicode as in ASCII, octet for character: what is far longer isn't worth converting.
  if (text.length > 1_000) return bad
  const given = text.endsWith('.') ? text.slice(0, -1) : text
  if (isIP(given) !== 0) return none
  const name = (/^[\x00-\x7f]*$/.test(given) ? given : domainToASCII(given)).toLowerCase()
  if (!possible(name)) return bad
  return isIP(name) !== 0 || special.test(name) ? none : { kind: 'name', name }
}

// Printable ASCII: SPF macros put more than letters, digits and hyphens into names. A label is 63 octets long at most.
const labels = /^[!-\-/-~]{1,63}(?:\.[!-\-/-~]{1,63})*$/
const possible = (name: string) => name.length <= 253 && labels.test(name)

const special = /(?:^|\.)(?:localhost|localdomain|invalid)$/

export const isRecordType = (type: string): type is RecordType => (recordTypes as readonly string[]).includes(type)

export const keyOf = ({ name, type }: Question): string => `${type} ${name}`
