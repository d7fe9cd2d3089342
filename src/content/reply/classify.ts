/** What each line of a text is, before anything is cut. Every line is looked at once, and a bounded number of its neighbours. */
import { attributionAt } from './attribution.ts'
import { dividerOf } from './divider.ts'
import { headingAt, type Role, roleOf } from './heading.ts'
import type { Line } from './line.ts'
import { isQuickSignature, separatorOf } from './sign-off.ts'

/**
 * `attribution`: "On … wrote:"; `cut`: from here all is somebody else's; `forward`: so is this, but on purpose; `separator`, `rule`: a line of
 * dashes above a signature, or perhaps; `signature`: one line that a client added; `sign`: here the HTML says that a signature begins.
 */
export type Kind = 'empty' | 'text' | 'quote' | 'attribution' | 'cut' | 'forward' | 'separator' | 'rule' | 'signature' | 'sign'

export interface Classed {
  readonly line: Line
  readonly kind: Kind
}

/** What is known of a line from elsewhere: that it is fenced code (`text`), or what the HTML says of it. */
export type Known = ReadonlyMap<number, Kind>

export function classify(lines: readonly Line[], known: Known): Classed[] {
  const quoted = quoteFollows(lines)
  const roles = lines.map(roleOf)
  const kinds = lines.map((_, at) => known.get(at) ?? kindOf(lines, at, roles))
  kinds.forEach((kind, at) => {
    if (kind !== 'text' || known.has(at)) return
    const from = attributionAt(lines, at, { quoteFollows: quoted[at]! })
    if (from !== null && kinds.slice(from, at).every(above => above === 'text')) kinds.fill('attribution', from, at + 1)
  })
  return lines.map((line, at) => ({ line, kind: kinds[at]! }))
}

function kindOf(lines: readonly Line[], at: number, roles: readonly (Role | null)[]): Kind {
  const line = lines[at]!
  if (line.empty) return 'empty'
  if (line.quote) return 'quote'
  const divider = dividerOf(line)
  if (divider !== null) return divider
  if (headingAt(roles, at)) return 'cut'
  const separator = separatorOf(line)
  if (separator !== null) return separator === 'always' ? 'separator' : 'rule'
  return isQuickSignature(line) && endsParagraph(lines, at) ? 'signature' : 'text'
}

/** A sentence may begin like a signature; a signature stands last. */
function endsParagraph(lines: readonly Line[], at: number): boolean {
  const next = lines[at + 1]
  return (
    next === undefined ||
    next.empty ||
    next.quote ||
    /^<?https?:\S+$/.test(next.plain) ||
    separatorOf(next) !== null ||
    isQuickSignature(next)
  )
}

/** For each line, whether the next one that isn't empty is quoted. */
function quoteFollows(lines: readonly Line[]): boolean[] {
  const follows = lines.map(() => false)
  let quote = false
  for (let at = lines.length - 1; at >= 0; at--) {
    follows[at] = quote
    if (!lines[at]!.empty) quote = lines[at]!.quote
  }
  return follows
}
