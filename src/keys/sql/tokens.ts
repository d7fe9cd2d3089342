/**
 * An SQL text cut into what matters here: quoted things and comments, placeholders, parameters, semicolons and the rest, as
 * PostgreSQL reads them (its documentation, 4.1 Lexical Structure), with standard_conforming_strings on. The pieces put
 * together are the text again. It knows no grammar: whether the query makes sense, the server says.
 */
export interface Token {
  /** `blank`: white space and comments. `broken`: the text says what is wrong; nothing follows. */
  readonly kind: 'blank' | 'quoted' | 'placeholder' | 'parameter' | 'semicolon' | 'other' | 'broken'
  readonly text: string
}

/** The first that fits counts. All are sticky, and none can match nothing. */
const patterns: readonly (readonly [Token['kind'], RegExp])[] = [
  ['blank', /[ \t\r\n\f\v]+/y],
  ['quoted', /[eE]'(?:[^'\\]|\\[\s\S]|'')*'/y],
  ['quoted', /'(?:[^']|'')*'/y],
  ['quoted', /"(?:[^"]|"")*"/y],
  ['quoted', /\$([A-Za-z_\x80-\uffff][\w\x80-\uffff]*)?\$[\s\S]*?\$\1\$/y],
  ['placeholder', /%\{[^{}]*\}/y],
  ['parameter', /\$\d+/y],
  ['semicolon', /;/y],
  // A dollar sign inside a name begins no quote.
  ['other', /[A-Za-z_\x80-\uffff][\w$\x80-\uffff]*|\d[\w.]*/y],
]

/** What a quoted thing begins with: where none of the patterns fits, it doesn't end. */
const opener = /[eE]?'|"|\$(?:[A-Za-z_\x80-\uffff][\w\x80-\uffff]*)?\$/y

export function* tokens(sql: string): Generator<Token> {
  for (let at = 0; at < sql.length; ) {
    const token = comment(sql, at) ?? match(sql, at)
    yield token
    if (token.kind === 'broken') return
    at += token.text.length
  }
}

function match(sql: string, at: number): Token {
  if (sql[at] === '\0') return { kind: 'broken', text: 'there is a NUL character in the query' }
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at
    const found = pattern.exec(sql)
    // “E” alone is a name, before a quote it begins a string: that one must not be taken for a name and a string.
    if (found !== null && !(kind === 'other' && /^e$/i.test(found[0]) && sql[at + 1] === "'")) return { kind, text: found[0] }
  }
  opener.lastIndex = at
  if (opener.test(sql)) return { kind: 'broken', text: 'a quote in the query doesn’t end' }
  return { kind: 'other', text: sql[at]! }
}

/** A comment that begins at `at`; those between slashes may stand in each other. */
function comment(sql: string, at: number): Token | null {
  const two = sql.slice(at, at + 2)
  if (two === '--') return { kind: 'blank', text: /^[^\r\n]*/.exec(sql.slice(at))![0] }
  if (two !== '/*') return null
  const ends = /\/\*|\*\//g
  ends.lastIndex = at
  let depth = 0
  for (let found = ends.exec(sql); found !== null; found = ends.exec(sql)) {
    depth += found[0] === '/*' ? 1 : -1
    if (depth === 0) return { kind: 'blank', text: sql.slice(at, ends.lastIndex) }
  }
  return { kind: 'broken', text: 'a comment in the query doesn’t end' }
}
