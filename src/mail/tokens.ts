/**
 * The tokens of a structured header field: atoms, quoted strings, comments, domain literals and specials (RFC 5322 3.2). Takes an
 * unfolded value. Linear on hostile input; comments are not looked into. Says where the rules end, and judges nothing else.
 */

export interface Token {
  /** An atom may hold dots: `a.b` is one. */
  readonly kind: 'space' | 'atom' | 'quoted' | 'comment' | 'literal' | 'special'
  /** As written. */
  readonly text: string
  /** Without its delimiters, and quoted pairs taken for what they quote. Inner comments keep their parentheses. */
  readonly content: string
}

export interface Tokens {
  readonly tokens: readonly Token[]
  /** False where a quoted string, comment or literal has no end, or a control character stands: `tokens` ends before it. */
  readonly whole: boolean
}

const space = /[ \t]+/y
const atom = /[^\x00-\x20\x7f()<>@,;:\\"[\]]+/y
const quoted = /"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[\x20-\x7e\x80-\u{10ffff}\t])*"/uy
const literal = /\[[^\x00-\x1f\x7f[\]\\]*\]/y
const specials = '<>@,;:\\'

export function tokenize(value: string): Tokens {
  const tokens: Token[] = []
  let at = 0
  while (at < value.length) {
    const token = tokenAt(value, at)
    if (token === null) return { tokens, whole: false }
    tokens.push(token)
    at += token.text.length
  }
  return { tokens, whole: true }
}

function tokenAt(value: string, at: number): Token | null {
  const first = value[at]!
  if (first === '(') return commentAt(value, at)
  if (first === '"') return match(quoted, 'quoted', value, at)
  if (first === '[') return match(literal, 'literal', value, at)
  if (specials.includes(first)) return { kind: 'special', text: first, content: first }
  if (first === ' ' || first === '\t') return match(space, 'space', value, at)
  return match(atom, 'atom', value, at)
}

function match(form: RegExp, kind: Token['kind'], value: string, at: number): Token | null {
  form.lastIndex = at
  const text = form.exec(value)?.[0]
  if (text === undefined) return null
  const inner = kind === 'quoted' || kind === 'literal' ? text.slice(1, -1) : text
  return { kind, text, content: kind === 'quoted' ? unescaped(inner) : inner }
}

const unescaped = (text: string): string => (text.includes('\\') ? text.replace(/\\(.)/gsu, '$1') : text)

/** Comments nest (RFC 5322 3.2.2). */
function commentAt(value: string, from: number): Token | null {
  let depth = 0
  for (let i = from; i < value.length; i++) {
    const c = value.charCodeAt(i)
    if (c === 0x5c) i++
    else if (c === 0x28) depth++
    else if (c === 0x29 && --depth === 0) {
      const text = value.slice(from, i + 1)
      return { kind: 'comment', text, content: unescaped(text.slice(1, -1)) }
    } else if ((c < 0x20 && c !== 9) || c === 0x7f) return null
  }
  return null
}
