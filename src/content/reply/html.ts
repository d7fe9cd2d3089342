/**
 * What the HTML of a message says of its text: where a client put the mail it answers (gmail_quote, divRplyFwdMsg …) and where its
 * signature begins. The HTML is only searched for these containers, in one pass; the text stays the source. A container is found again in
 * the text by its first letters, so a wrong or hostile HTML can at worst mark a line that begins with the same words.
 */
import type { Kind, Known } from './classify.ts'
import { lettersFrom } from './letters.ts'

/** Of the HTML so much is read, and a tag and the number of containers are no larger. */
const mostHtml = 2 * 1024 * 1024
const longestTag = 2048
const mostContainers = 16

/** So many letters are compared; fewer than the second are too common to mean anything. */
const anchorLetters = 24
const fewestLetters = 4

interface Container {
  readonly kind: Kind
  /** Behind its start tag. */
  readonly at: number
}

/** For lines of `texts`, what the HTML says they are. */
export function hintsOf(html: string, texts: readonly string[]): Known {
  const found = containersOf(html.slice(0, mostHtml))
  const hints = new Map<number, Kind>()
  if (found.length === 0) return hints
  const letters = texts.map(text => (text.trimStart().startsWith('>') ? null : lettersOf(text.slice(0, 800))))
  const quote = found.find(container => container.kind !== 'sign')
  const quoteAt = quote === undefined ? null : lineAt(letters, { anchor: anchorOf(html, quote), last: false, before: texts.length })
  if (quote !== undefined && quoteAt !== null) mark(hints, { texts, kind: quote.kind, at: quoteAt })
  // What stands behind the first quote is a signature in the mail that is quoted.
  const sign = found.find(container => container.kind === 'sign' && (quote === undefined || container.at < quote.at))
  const signAt = sign === undefined ? null : lineAt(letters, { anchor: anchorOf(html, sign), last: true, before: quoteAt ?? texts.length })
  if (signAt !== null) hints.set(signAt, 'sign')
  return hints
}

function containersOf(html: string): Container[] {
  const found: Container[] = []
  let at = html.indexOf('<')
  while (at >= 0 && found.length < mostContainers) {
    const end = html.indexOf('>', at)
    if (end < 0) break
    const kind =
      end - at > longestTag || !/^<(?:div|blockquote|p|span|table|hr|section|pre)\b/i.test(html.slice(at, at + 12))
        ? null
        : kindOf(html.slice(at, end))
    if (kind !== null) found.push({ kind, at: end + 1 })
    at = html.indexOf('<', end)
  }
  return found
}

/** By class or id; webmailers put a prefix before those of mail that is quoted. */
const names: ReadonlyMap<string, Kind> = new Map([
  ['gmail_attr', 'attribution'],
  ['gmail_quote', 'attribution'],
  ['moz-cite-prefix', 'attribution'],
  ['moz-forward-container', 'forward'],
  ['protonmail_quote', 'attribution'],
  ['tutanota_quote', 'attribution'],
  ['yahoo_quoted', 'attribution'],
  ['zmail_extra', 'attribution'],
  ['divrplyfwdmsg', 'cut'],
  ['appendonsend', 'cut'],
  ['ms-outlook-mobile-reference-message', 'cut'],
  ['mail-editor-reference-message-container', 'cut'],
  ['olk_src_body_section', 'cut'],
  ['gmail_signature', 'sign'],
  ['moz-signature', 'sign'],
  ['signature', 'sign'],
  ['ms-outlook-mobile-signature', 'sign'],
  ['protonmail_signature_block', 'sign'],
])

/** The line that Outlook draws above its heading. */
const rule = /border-top: ?solid (?:#e1e1e1|#b5c4df|windowtext) 1\.0pt|border:none; ?border-top: ?solid #(?:e1e1e1|b5c4df)/

function kindOf(tag: string): Kind | null {
  const lower = tag.toLowerCase()
  for (const [, , quoted, bare] of lower.matchAll(/\s(class|id)\s?=\s?(?:["']([^"']{0,400})["']|([\w-]{1,80}))/g)) {
    for (const word of (quoted ?? bare ?? '').split(/\s+/)) {
      const kind = names.get(word) ?? names.get(word.replace(/^(?:m_-?\d{1,24}|ydp[0-9a-z]{1,16}(?=yahoo_))/, ''))
      if (kind !== undefined) return kind
    }
  }
  return rule.test(lower) ? 'cut' : null
}

const anchorOf = (html: string, { at }: Container): string => lettersFrom(html, { start: at, most: anchorLetters })

interface Search {
  readonly anchor: string
  /** The last line that fits, not the first. */
  readonly last: boolean
  readonly before: number
}

/** Where the letters begin a line of the text; they may go on in the next lines. */
function lineAt(letters: readonly (string | null)[], { anchor, last, before }: Search): number | null {
  if (anchor.length < fewestLetters) return null
  let found: number | null = null
  for (let at = 0; at < before; at++) {
    const own = letters[at]
    if (own === null || own === undefined || own === '' || own[0] !== anchor[0]) continue
    let text = own
    for (let next = at + 1; text.length < anchorLetters && next < letters.length && next < at + 12; next++) text += letters[next] ?? ''
    if (text.slice(0, anchorLetters) !== anchor) continue
    if (!last) return at
    found = at
  }
  return found
}

const lettersOf = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')

interface Mark {
  readonly texts: readonly string[]
  readonly kind: Kind
  readonly at: number
}

/** An attribution goes on to the next empty or quoted line. */
function mark(hints: Map<number, Kind>, { texts, kind, at }: Mark): void {
  hints.set(at, kind)
  if (kind !== 'attribution') return
  for (let next = at + 1; next < texts.length && next < at + 5 && !/^\s*(?:>|$)/.test(texts[next]!.slice(0, 800)); next++)
    hints.set(next, kind)
}
