/**
 * The reply in a message: what its writer wrote, without the mail it answers and without the signature. Pure, and linear in the size of
 * its input whatever that holds. There is no standard for any of it, so this is a reading and can be wrong: nothing is thrown away, and
 * the whole text stays beside it. Rules: docs/replies-in-mail.md.
 */
import type { Reply } from '../../mail/content.ts'
import { armourOf, fenced } from './armour.ts'
import { classify, type Kind, type Known } from './classify.ts'
import { cut, type Part } from './cut.ts'
import { isForwarded } from './divider.ts'
import { hintsOf } from './html.ts'
import { type Line, lineOf } from './line.ts'

export interface Said {
  /** Decoded; LF or CRLF. Where the message has only HTML: the text made of it, with `> ` before each line of a blockquote. */
  readonly text: string
  /** As sent, where there is one: it names quotes and signatures that the text doesn't mark. */
  readonly html?: string
  /** Decoded. `Fwd:` says that what follows a heading was meant to be read. */
  readonly subject?: string
}

/** Cutting goes on until nothing more is found, so that a reply has no reply in it; no mail that people write needs more than three. */
const mostRounds = 8

/** The Reply of a text alone, or of all that is known of a message. Never throws. */
export function extractReply(said: string | Said): Reply {
  const { text, html = '', subject = '' } = typeof said === 'string' ? { text: said } : said
  const lines = text.replace(/\r\n?/g, '\n').split('\n')
  const forwarded = isForwarded(subject)
  const hints = html === '' ? nothing : hintsOf(html, lines)
  const settled = settle(lines, { hints, forwarded })
  if (settled !== null) return settled
  // What never settles is no mail that people write, and so no reply to anything.
  const again = hints.size > 0 || forwarded ? settle(lines, { hints: nothing, forwarded: false }) : null
  return again ?? { text: joined(lines), quoted: '', signature: '' }
}

const nothing: Known = new Map()

interface Before {
  readonly hints: Known
  readonly forwarded: boolean
}

/** The reply once another round changes nothing; null where that is never so. */
function settle(texts: readonly string[], { hints, forwarded }: Before): Reply | null {
  const lines = texts.map(lineOf)
  const parts = lines.map((): Part | 'armour' => 'text')
  const only = (part: Part) => joined(lines.filter((_, at) => parts[at] === part).map(({ raw }) => raw))
  for (let round = 0; round < mostRounds; round++) {
    const left = trimmed(
      parts.flatMap((part, at) => (part === 'text' ? [at] : [])),
      at => lines[at]!.raw,
    )
    const { lines: armour, escaped } = armourOf(left.map(at => lines[at]!.raw))
    for (const at of escaped) lines[left[at]!] = lineOf(lines[left[at]!]!.raw.slice(2))
    const open = left.filter((_, at) => !armour.has(at))
    const openLines = open.map(at => lines[at]!)
    const found = partsOf(openLines, { hints: round === 0 ? inOpen(hints, open) : nothing, forwarded })
    for (const at of armour) parts[left[at]!] = 'armour'
    found.forEach((part, at) => {
      parts[open[at]!] = part
    })
    const changed = armour.size > 0 || found.some((part, at) => part !== 'text' && openLines[at]!.raw.trim() !== '')
    // Where HTML has had a word, the text alone has one too: a heading that belongs to nothing may be left.
    if (!changed && (round > 0 || hints.size === 0)) return { text: only('text'), quoted: only('quoted'), signature: only('signature') }
  }
  return null
}

function partsOf(lines: readonly Line[], { hints, forwarded }: Before): Part[] {
  const known = new Map<number, Kind>(hints)
  fenced(lines.map(({ raw }) => raw)).forEach((code, at) => {
    if (code) known.set(at, 'text')
  })
  return cut(classify(lines, known), { forwarded })
}

/** Hints are about the lines of the whole text; the rules count those that are left. */
const inOpen = (hints: Known, open: readonly number[]): Known =>
  hints.size === 0 ? hints : new Map(open.flatMap((line, at) => (hints.has(line) ? [[at, hints.get(line)!] as const] : [])))

/** Without empty lines above and below. The lines themselves stay as they are. */
function joined(lines: readonly string[]): string {
  return trimmed([...lines.keys()], at => lines[at]!)
    .map(at => lines[at]!)
    .join('\n')
}

function trimmed(left: readonly number[], textOf: (at: number) => string): readonly number[] {
  const written = (at: number) => textOf(at).trim() !== ''
  const start = left.findIndex(written)
  return start < 0 ? [] : left.slice(start, left.findLastIndex(written) + 1)
}
