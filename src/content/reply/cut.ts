/**
 * Which part of a reply each line belongs to, from what the lines are: the decisions of docs/replies-in-mail.md. Pure and linear. Nothing
 * is thrown away: every line is new text, quoted, or signature.
 */
import type { Classed, Kind } from './classify.ts'
import { isSignatureLine, mostSignatureLines } from './sign-off.ts'

export type Part = 'text' | 'quoted' | 'signature'

export interface CutOptions {
  /** The subject says that the message is forwarded. */
  readonly forwarded: boolean
}

export function cut(lines: readonly Classed[], { forwarded }: CutOptions): Part[] {
  const parts = lines.map((): Part => 'text')
  const end = quotedFrom(lines)
  const forward = end < lines.length && (lines[end]!.kind === 'forward' || forwarded)
  parts.fill('quoted', end)
  signatures(lines, parts, end)
  for (let at = 0; at < end; at++) if (lines[at]!.kind === 'attribution') parts[at] = 'quoted'
  const written = lines.slice(0, end).some(({ kind }, at) => parts[at] === 'text' && kind !== 'empty' && kind !== 'quote')
  // A message that was passed on without a word is not an empty reply: what was passed on is what it says.
  if (!written && forward) parts.fill('text', end)
  else quotes(lines, parts, end)
  between(lines, parts)
  return parts
}

/** Empty lines go with what stands on both sides of them. */
function between(lines: readonly Classed[], parts: Part[]): void {
  let above = -1
  lines.forEach(({ kind }, at) => {
    if (kind === 'empty') return
    if (above >= 0 && parts[above] === parts[at] && parts[at] !== 'text') parts.fill(parts[at]!, above + 1, at)
    above = at
  })
}

/** The first line from which on all is somebody else's: a heading, or an attribution whose quote isn't marked line by line. */
function quotedFrom(lines: readonly Classed[]): number {
  const follows = followers(lines)
  for (let at = 0; at < lines.length; at++) {
    const { kind } = lines[at]!
    if (kind === 'cut' || kind === 'forward') return withDashesAbove(lines, at)
    if (kind === 'attribution' && follows[at] !== 'quote') return at
  }
  return lines.length
}

/** For each line what stands behind it; empty lines and attributions don't count. The end is 'text'. */
function followers(lines: readonly Classed[]): Kind[] {
  const kinds = lines.map((): Kind => 'text')
  for (let at = lines.length - 2; at >= 0; at--) {
    const { kind } = lines[at + 1]!
    kinds[at] = kind === 'empty' || kind === 'attribution' ? kinds[at + 1]! : kind
  }
  return kinds
}

/** Outlook draws a line above its heading. */
function withDashesAbove(lines: readonly Classed[], start: number): number {
  let at = start - 1
  while (at >= 0 && lines[at]!.kind === 'empty') at--
  return at >= 0 && (lines[at]!.kind === 'rule' || lines[at]!.kind === 'separator') ? at : start
}

/** Marks signatures in the lines before `end`: from a separator to the next quote, and the lines that clients add. */
function signatures(lines: readonly Classed[], parts: Part[], end: number): void {
  const below = belowOf(lines, end)
  for (let at = 0; at < end; at++) {
    const { kind } = lines[at]!
    if (kind === 'signature') parts[at] = 'signature'
    if (kind !== 'separator' && kind !== 'rule' && kind !== 'sign') continue
    const { stop, written } = below[at]!
    if (kind === 'rule' && written > mostSignatureLines) continue
    parts.fill('signature', at, stop)
    at = stop - 1
  }
}

interface Below {
  /** The next quote or attribution, or the end. */
  readonly stop: number
  /** How many lines stand between, but for empty ones and dashes; endless where one of them can't be of a signature. */
  readonly written: number
}

/** What stands below each line before `end`: from the last one up, so that no line is looked at twice. */
function belowOf(lines: readonly Classed[], end: number): Below[] {
  const below: Below[] = new Array(end)
  let next: Below = { stop: end, written: 0 }
  for (let at = end - 1; at >= 0; at--) {
    below[at] = next
    const { kind, line } = lines[at]!
    if (kind === 'quote' || kind === 'attribution') next = { stop: at, written: 0 }
    else if (kind === 'text' || kind === 'signature')
      next = { stop: next.stop, written: next.written + (isSignatureLine(line) ? 1 : Number.POSITIVE_INFINITY) }
  }
  return below
}

/** Quotes between what was written stay, as what it answers; those above a single answer, and those below all, go. */
function quotes(lines: readonly Classed[], parts: Part[], end: number): void {
  const runs = runsOf(lines, parts, end)
  const answers = runs.filter(run => !run.quote)
  const last = answers.at(-1)
  for (const run of runs) {
    if (!run.quote) continue
    const below = last === undefined || run.start > last.start
    const above = answers.length === 1
    if (below || above) for (let at = run.start; at < run.end; at++) if (parts[at] === 'text') parts[at] = 'quoted'
  }
}

interface Run {
  readonly quote: boolean
  readonly start: number
  end: number
}

/** The lines before `end` that are still text, in runs of quoted and of new lines; empty ones belong to the run above them. */
function runsOf(lines: readonly Classed[], parts: readonly Part[], end: number): Run[] {
  const runs: Run[] = []
  for (let at = 0; at < end; at++) {
    const { kind } = lines[at]!
    const run = runs.at(-1)
    if (parts[at] !== 'text' || kind === 'empty') continue
    const quote = kind === 'quote'
    if (run?.quote === quote) run.end = at + 1
    else runs.push({ quote, start: at, end: at + 1 })
  }
  return runs
}
