/**
 * The addresses of a From, Reply-To, To or Cc field for people (RFC 5322 3.4 with its obsolete forms, and worse): names decoded, groups
 * taken apart. Linear and tolerant. Nothing may be decided on the result: mail/author.ts is the strict reader.
 */
import type { Mailbox } from '../../mail/content.ts'
import { OverBudget } from '../limits.ts'
import { octetsText, wordsText } from './text.ts'

interface Entry {
  /** Words and quoted strings outside of angle brackets. */
  words: string[]
  comment: string
  /** null: there were no angle brackets. */
  address: string | null
}

const token = /"((?:[^"\\]|\\[\s\S]?)*)(?:"|$)|<(?:@[^<>:]*:)?([^<>,]*)>?|([,;:])|[ \t]+|[^\s"<(,;:]+|\(/y

/** `values`: of all fields of one name, one character an octet. Throws OverBudget where more than `left` of `limit` are found. */
export function readAddresses(values: readonly string[], left: number, limit: number = left): Mailbox[] {
  const found: Mailbox[] = []
  for (const value of values) {
    for (const mailbox of inField(octetsText(value))) {
      if (found.length >= left) throw new OverBudget(`more than ${limit} addresses`)
      found.push(mailbox)
    }
  }
  return found
}

function* inField(value: string): Generator<Mailbox> {
  let entry: Entry = { words: [], comment: '', address: null }
  let at = 0
  while (at < value.length) {
    token.lastIndex = at
    const match = token.exec(value)
    const text = match?.[0] ?? value[at]!
    at += text.length
    if (text === '(') {
      const end = commentEnd(value, at)
      entry.comment ||= value.slice(at, end - 1)
      at = end
    } else if (match?.[1] !== undefined) entry.words.push(quoted(match[1], value[at] === '@'))
    else if (match?.[2] !== undefined) entry.address = match[2]
    else if (match?.[3] === undefined) entry.words.push(text)
    // What stands before a colon is the name of a group, or a route of old.
    else if (match[3] === ':') entry = { words: [], comment: '', address: null }
    else {
      yield* mailboxOf(entry)
      entry = { words: [], comment: '', address: null }
    }
  }
  yield* mailboxOf(entry)
}

/** A quoted local part keeps its quotes. */
const quoted = (inner: string, local: boolean): string => (local ? `"${inner}"` : inner.replace(/\\([\s\S])/g, '$1'))

/** Behind the closing parenthesis; comments nest. */
function commentEnd(value: string, from: number): number {
  let depth = 1
  let at = from
  for (; at < value.length && depth > 0; at++) {
    const c = value[at]
    if (c === '\\') at++
    else if (c === '(') depth++
    else if (c === ')') depth--
  }
  return depth > 0 ? value.length + 1 : at
}

function* mailboxOf({ words, comment, address }: Entry): Generator<Mailbox> {
  const phrase = words.join('').trim()
  if (address !== null) {
    yield { name: wordsText(phrase || comment).trim(), address: solid(address) }
  } else if (phrase.includes('@')) yield { name: wordsText(comment).trim(), address: solid(phrase) }
  else if (phrase !== '') yield { name: wordsText(phrase).trim(), address: '' }
}

/** Without white space, but for what stands in a quoted local part. */
const solid = (address: string): string =>
  address
    .replace(/[\x00-\x1f\x7f]/g, '')
    // No pattern: one for white space at the end takes quadratic time where it stands in the middle.
    .trim()
    .replace(/^("(?:[^"\\]|\\.)*")?(.*)$/, (_, local: string | undefined, rest: string) => (local ?? '') + rest.replace(/\s/g, ''))
    .toWellFormed()
