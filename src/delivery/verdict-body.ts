/**
 * The application's own word about a mail, in the body of its answer: {"verdict": "accept|hold|discard|refuse", "text": "…"}
 * (docs/webhook.md). Pure. It must never throw, and take nothing for a verdict that isn't exactly one.
 */

export const verdictWords = ['accept', 'hold', 'discard', 'refuse'] as const
export type VerdictWord = (typeof verdictWords)[number]

export type Said =
  | { readonly kind: 'verdict'; readonly word: VerdictWord; readonly text: string | null }
  /** A verdict was meant, but not one that we know. */
  | { readonly kind: 'unknown'; readonly word: string }

/** What a refusal without a text tells the sender. */
export const noWords = 'The message was not accepted'
/** Characters of a refusal, at most: it stands in a reply line or in a notice. */
export const mostRefusal = 200

/** An explicit verdict counts in a 2xx and a 4xx alone: a 3xx or 5xx is not the application speaking about this mail. Null: none. */
export function saidIn({ status, body }: { readonly status: number; readonly body: string }): Said | null {
  if (!((status >= 200 && status < 300) || (status >= 400 && status < 500))) return null
  const said = objectIn(body)
  if (said === null || !Object.hasOwn(said, 'verdict')) return null
  const { verdict, text } = said
  const word = verdictWords.find(known => known === verdict)
  if (word === undefined) return { kind: 'unknown', word: shown(verdict) }
  return { kind: 'verdict', word, text: typeof text === 'string' ? sentence(text, mostRefusal) || null : null }
}

function objectIn(body: string): { verdict?: unknown; text?: unknown } | null {
  const text = body.trimStart()
  if (!text.startsWith('{')) return null
  try {
    return JSON.parse(text) as object
  } catch {
    return null
  }
}

/** For people: a word that is none, in quotes; whatever else by its kind. */
const shown = (verdict: unknown): string => (typeof verdict === 'string' ? `“${sentence(verdict, 40)}”` : `of type ${typeof verdict}`)

/** What ends a line, hides text or turns its direction. */
const unfit = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu

/** One line of at most `most` characters, safe in a reply, a log and a page. Never half of a character. */
export function sentence(text: string, most: number): string {
  const line = text
    .slice(0, most * 4)
    .replace(unfit, ' ')
    .trim()
  return line
    .slice(0, most)
    .replace(/[\ud800-\udbff]$/, '')
    .trim()
}
