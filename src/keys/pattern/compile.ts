/**
 * A key's grammar as an operator writes it: a regular expression in RE2's syntax, which has no look-around and no
 * back-references, and so takes time linear in the key. The whole key must match, whatever anchors were written.
 * What would cost much memory or time is refused here, when the configuration is read.
 */
import { RE2JS } from 're2js'

export interface PatternProblem {
  readonly problem: string
}

/** What the named groups took; '' and absent are the same to whoever asks. */
export interface PatternMatch {
  readonly subject?: string
  readonly expires?: string
}

export interface KeyPattern {
  match(key: string): PatternMatch | null
  /** The same answer for a key in any mixture of upper and lower case: begins with `(?i)` and names no subject. */
  readonly foldsCase: boolean
  /** Whether the key matches in some mixture of case. Absent where the pattern doesn't allow to tell. */
  readonly mayBe?: (key: string) => boolean
}

/**
 * Longest pattern and longest key tried, in characters; largest compiled form, in RE2's instructions. The last two bound the
 * time for one key, which goes with their product at worst: some 20 ms.
 */
export const patternLimits = { source: 1_000, key: 512, instructions: 600 } as const

const groupNames = ['subject', 'expires'] as const

export function compileKeyPattern(source: string): KeyPattern | PatternProblem {
  if (source === '') return problem('is empty: it would match no key')
  if (source.length > patternLimits.source) return problem(`has ${source.length} characters, allowed are ${patternLimits.source}`)
  const exact = compile(source, 0)
  if (!(exact instanceof RE2JS)) return exact
  const named = Object.keys(exact.namedGroups())
  const stranger = named.find(name => !(groupNames as readonly string[]).includes(name))
  if (stranger !== undefined) return problem(`has a group named “${stranger}”; the names are ${groupNames.join(' and ')}`)
  const size = exact.programSize()
  if (size > patternLimits.instructions) {
    const why = 'write it shorter; each {n} counts as n copies'
    return problem(`is too large, ${size} steps of at most ${patternLimits.instructions}: ${why}`)
  }
  const anyCase = tellsCase(source) ? compile(source, RE2JS.CASE_INSENSITIVE) : null
  return {
    match: key => match(exact, named, key),
    foldsCase: source.startsWith('(?i)') && !foldsNoMore.test(source) && !named.includes('subject'),
    ...(anyCase instanceof RE2JS ? { mayBe: key => fits(key) && anyCase.matches(key) } : {}),
  }
}

const problem = (text: string): PatternProblem => ({ problem: `the pattern ${text}` })

function compile(source: string, flags: number): RE2JS | PatternProblem {
  try {
    return RE2JS.compile(source, flags)
  } catch (error) {
    const text = (error instanceof Error ? error.message : String(error)).replace(/^error parsing regexp: /, '')
    return problem(`can't be read: ${text}${/Perl syntax|named capture: `\(\?<[=!]|escape sequence: `\\\d/.test(text) ? noLooking : ''}`)
  }
}

const noLooking = ' (RE2 syntax: no look-around, no back-references)'

/** `(?-i)` or `(?s-i:…)`. Also what only looks like it: nobody needs that in a key. */
const foldsNoMore = /\(\?[a-zA-Z]*-[a-zA-Z]*i/
/** A class of all but some letters has fewer letters, not more, where case is folded. `\b` may go with it. */
const negates = /\[\^|\[:\^|\\[PWBb]|\\p\{\^/

/** Whether the pattern without case matches all that it matches in any case. Letters beyond ASCII fold in more ways than one. */
const tellsCase = (source: string): boolean => !foldsNoMore.test(source) && !negates.test(source) && /^[\x00-\x7f]*$/.test(source)

const fits = (key: string): boolean => key !== '' && key.length <= patternLimits.key

function match(pattern: RE2JS, named: readonly string[], key: string): PatternMatch | null {
  // Without groups first: most keys that don't match end here, and they are what a flood is made of.
  if (!fits(key) || !pattern.matches(key)) return null
  if (named.length === 0) return {}
  const matcher = pattern.matcher(key)
  if (!matcher.matches()) return null
  const taken = named.map(name => [name, matcher.group(name) ?? ''] as const).filter(([, text]) => text !== '')
  return Object.fromEntries(taken)
}
