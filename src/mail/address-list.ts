/**
 * The address list of a From field, taken apart (mailbox-list and group, RFC 5322 3.4, RFC 6854): where each address stands, not
 * whether it is one. Without the obsolete syntax: no routes, no empty places, no white space or comments inside an address.
 */
import { decodeWords } from './encoded-words.ts'
import type { Token } from './tokens.ts'

/** The text of an address ('' for `<>`), or a group with so many addresses in it. */
export type Element =
  | { readonly address: string; readonly members?: undefined }
  | { readonly members: number; readonly address?: undefined }

/** What is wrong, for people. */
export interface Problem {
  readonly problem: string
}

interface Cursor {
  readonly tokens: readonly Token[]
  at: number
}

/** Empty where there is nothing but white space and comments. */
export const readAddressList = (tokens: readonly Token[]): readonly Element[] | Problem => list({ tokens, at: 0 }, false)

function list(cursor: Cursor, inGroup: boolean): Element[] | Problem {
  const elements: Element[] = []
  for (;;) {
    const words = take(cursor, ',;:<')
    const next = cursor.tokens[cursor.at]?.text
    const atEnd = next === undefined || (inGroup && next === ';')
    if (atEnd && elements.length === 0 && words.every(isBlank)) return elements
    const element = next === '<' ? bracketed(cursor, words) : next === ':' && !inGroup ? group(cursor, words) : bare(words)
    if ('problem' in element) return element
    elements.push(element)
    const then = cursor.tokens[cursor.at]?.text
    if (then === undefined || (inGroup && then === ';')) return elements
    if (then !== ',') return { problem: 'something stands where a comma should' }
    cursor.at++
  }
}

function bracketed(cursor: Cursor, words: readonly Token[]): Element | Problem {
  const wrong = phraseProblem(words)
  if (wrong !== null) return { problem: wrong }
  cursor.at++
  const inner = take(cursor, '>')
  if (cursor.tokens[cursor.at] === undefined) return { problem: 'an angle bracket has no end' }
  cursor.at++
  if (!take(cursor, ',;:<').every(isBlank)) return { problem: 'something stands behind the address' }
  const address = solid(trim(inner, ({ kind }) => kind === 'space'))
  if (address === null) return { problem: 'white space or a comment stands inside the address' }
  return address === '' && !words.every(isBlank) ? { problem: 'a name without an address' } : { address }
}

/** Groups don't nest. */
function group(cursor: Cursor, words: readonly Token[]): Element | Problem {
  const wrong = words.every(isBlank) ? 'a group without a name' : phraseProblem(words)
  if (wrong !== null) return { problem: wrong }
  cursor.at++
  const members = list(cursor, true)
  if ('problem' in members) return members
  if (cursor.tokens[cursor.at] === undefined) return { problem: 'a group has no end' }
  cursor.at++
  if (!take(cursor, ',;:<').every(isBlank)) return { problem: 'something stands behind the group' }
  return { members: members.length }
}

function bare(words: readonly Token[]): Element | Problem {
  if (words.every(isBlank)) return { problem: 'an empty place in the list' }
  const address = solid(trim(words, isBlank))
  return address === null ? { problem: 'there is something else than an address' } : { address }
}

const isBlank = ({ kind }: Token): boolean => kind === 'space' || kind === 'comment'

/** Up to a special of `stops`, which stays. */
function take(cursor: Cursor, stops: string): readonly Token[] {
  const from = cursor.at
  while (cursor.at < cursor.tokens.length && !isStop(cursor.tokens[cursor.at]!, stops)) cursor.at++
  return cursor.tokens.slice(from, cursor.at)
}
const isStop = ({ kind, text }: Token, stops: string): boolean => kind === 'special' && stops.includes(text)

function trim(tokens: readonly Token[], goes: (token: Token) => boolean): readonly Token[] {
  const from = tokens.findIndex(token => !goes(token))
  return from < 0 ? [] : tokens.slice(from, tokens.findLastIndex(token => !goes(token)) + 1)
}

/** The text of tokens that stand side by side; null where white space or a comment is between them. */
const solid = (tokens: readonly Token[]): string | null => (tokens.some(isBlank) ? null : tokens.map(({ text }) => text).join(''))

/** A display name: words and quoted strings, dots tolerated (RFC 5322 4.1, obs-phrase). */
function phraseProblem(words: readonly Token[]): string | null {
  if (words.some(({ kind }) => kind === 'special' || kind === 'literal')) return 'the display name has characters that need quotes'
  // A reader that doesn't know quoted pairs sees the string end there, and an address begin.
  if (words.some(({ kind, text }) => kind === 'quoted' && text.includes('\\') && /[<>@]/.test(text)))
    return 'the display name could be read as an address'
  const name = words.map(({ text }) => text).join('')
  if (name.includes('=?') && /[\x00-\x08\x0a-\x1f\x7f]/.test(decodeWords(name))) return 'the display name hides a control character'
  return null
}
