/**
 * The signature fields of a message: which there are, which are checked, and how they are made fit to be read. mailauth's readers
 * of tag lists take quadratic time for long white space, so they are shown it shortened; what is hashed stays as it was written.
 */
import type { Author } from '../mail/author.ts'
import { bounds } from './bounds.ts'
import type { HeaderRow } from './mailauth.ts'

/** The field unfolded, each run of white space one space: by RFC 6376 3.2 the same tags. */
export function readableField(line: Buffer): Buffer {
  const text = line.toString('latin1')
  return Buffer.from(text.replace(/[ \t\r\n]+/g, ' ').trim(), 'latin1')
}

const arcFields: readonly (string | null)[] = ['arc-seal', 'arc-message-signature', 'arc-authentication-results']

export interface SignatureRows {
  /** In the order they are told: at most 8. */
  readonly dkim: readonly HeaderRow[]
  readonly unchecked: number
  readonly arc: readonly HeaderRow[]
}

export function signatureRows(rows: readonly HeaderRow[], author: Author): SignatureRows {
  const all = rows.filter(row => row.key === 'dkim-signature')
  const dkim = pick(all, author)
  return { dkim, unchecked: all.length - dkim.length, arc: rows.filter(row => arcFields.includes(row.key)) }
}

export const isTooLong = ({ line }: HeaderRow): boolean => line.length > bounds.field

/** Those of the author's domain, its parents and children first; else from the top. */
function pick(all: readonly HeaderRow[], author: Author): readonly HeaderRow[] {
  if (all.length <= bounds.signatures) return all
  if (author.kind !== 'one') return all.slice(0, bounds.signatures)
  const related = all.filter(row => isRelated(domainOf(row), author.domain))
  if (related.length >= bounds.signatures) return related.slice(0, bounds.signatures)
  const others = all.filter(row => !related.includes(row))
  return [...related, ...others.slice(0, bounds.signatures - related.length)]
}

/** d= at a glance; whoever writes it so that it is missed only loses the place in the queue. */
const domainOf = ({ line }: HeaderRow): string =>
  /[;:][ \t\r\n]{0,9}d[ \t\r\n]{0,9}=[ \t\r\n]{0,9}([^;\s]{1,253})/.exec(line.toString('latin1', 0, bounds.field))?.[1]?.toLowerCase() ?? ''

const isRelated = (domain: string, author: string): boolean =>
  domain !== '' && (domain === author || domain.endsWith(`.${author}`) || author.endsWith(`.${domain}`))
