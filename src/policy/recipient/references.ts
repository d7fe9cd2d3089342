/**
 * The key of a dedicated mailbox: it stands in a message id of ours (`reply-KEY@host`) that the sender's client repeats in
 * its References field (RFC 5322 3.6.4). Exchange and some phones join the ids with commas or leave out the white space, and
 * a fold may stand anywhere. Finds candidates in the order they stand; whether one is good is a verifier's answer.
 */
import type { Header } from '../../mail/header-fields.ts'
import { type AddressPattern, asciiLower, compilePattern, matchLocalPart, type PatternProblem } from './pattern.ts'

/** The pattern of our message ids; it always has a key. */
export type ReferencesPattern = AddressPattern

export const maxCandidates = 50
const maxScanned = 64 * 1024
const maxIdLength = 998

/** `reply-%{key}@gitlab.example.com`, without angle brackets. Never throws. */
export function compileReferences(text: string): ReferencesPattern | PatternProblem {
  const pattern = compilePattern(text)
  if ('problem' in pattern || pattern.hasKey) return pattern
  return { problem: `“${text}” has no %{key}; write it like reply-%{key}@incoming.example.com` }
}

/** Keys in the order they stand, each once, at most 50, from at most the first 65,536 characters. Linear. */
export function candidates(header: Header, pattern: ReferencesPattern): readonly string[] {
  const keys = new Set<string>()
  // As configured or in its ASCII form; converting each id's host would cost too much on a hostile field.
  const hosts = [pattern.domain, asciiLower(pattern.text.slice(pattern.text.lastIndexOf('@') + 1))]
  let left = maxScanned
  for (const value of header.all('references')) {
    for (const id of messageIds(value.slice(0, left))) {
      const key = keyOf(id, pattern, hosts)
      if (key !== null) keys.add(key)
      if (keys.size >= maxCandidates) return [...keys]
    }
    left -= value.length
    if (left <= 0) break
  }
  return [...keys]
}

/** What stands between `<` and `>`; where there are no brackets at all, what stands between white space and commas. */
function* messageIds(value: string): Generator<string> {
  if (!value.includes('<')) {
    for (const word of value.split(/[\s,]/)) if (word !== '') yield word
    return
  }
  let open = -1
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i)
    if (c === 0x3c) open = i
    else if (c === 0x3e && open >= 0) {
      if (i - open <= maxIdLength) yield value.slice(open + 1, i).replace(/\s/g, '')
      open = -1
    }
  }
}

function keyOf(id: string, pattern: ReferencesPattern, hosts: readonly string[]): string | null {
  const at = id.lastIndexOf('@')
  if (at < 1 || !hosts.includes(asciiLower(id.slice(at + 1)))) return null
  return matchLocalPart(pattern, id.slice(0, at))
}
