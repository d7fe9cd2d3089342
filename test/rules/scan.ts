/**
 * Reads TypeScript just well enough for the rules: comments are taken out, strings are told from code. A scanner of
 * characters, no parser: it knows comments, strings, templates with code in them, and regular expressions.
 */
export interface Scanned {
  /** The code, each string in it written as "§N". */
  readonly code: string
  /** The text of string N, escapes as written. */
  readonly strings: readonly string[]
}

/** A slash after one of these begins a regular expression; after anything else it divides. */
const BEFORE_REGEX = /(?:^|[([{,;=:!&|?+\-*%~^<>}]|\b(?:return|typeof|case|in|of|void|await|yield))\s*$/

/** From inside a string, a template or a regular expression to behind its end. */
const SINGLE = /(?:\\[\s\S]|[^'\\\n])*(?:'|\n|$)/y
const DOUBLE = /(?:\\[\s\S]|[^"\\\n])*(?:"|\n|$)/y
const TEMPLATE = /(?:\\[\s\S]|(?!\$\{)[^`\\])*(?:`|\$\{)/y
const REGEX = /(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\[\n])*\/[a-z]*/y

export function scan(source: string): Scanned {
  const strings: string[] = []
  let code = ''
  let at = 0
  // For each template we are inside of: how many braces are open in its code.
  const templates: number[] = []

  const until = (end: RegExp, from: number) => {
    end.lastIndex = from
    const found = end.exec(source)
    return found ? found.index + found[0].length : source.length
  }
  const literal = (start: number, stop: number) => {
    code += `"§${strings.length}"`
    strings.push(source.slice(start, stop))
  }
  const template = (start: number) => {
    const stop = until(TEMPLATE, start)
    const opens = source[stop - 1] === '{'
    literal(start, stop - (opens ? 2 : 1))
    if (opens) templates.push(0)
    at = stop
  }
  const brace = (character: string) => {
    const open = templates.length - 1
    if (open < 0) return false
    if (character === '{') templates[open]!++
    if (character === '}' && templates[open]!-- === 0) {
      templates.pop()
      template(at + 1)
      return true
    }
    return false
  }
  const step = () => {
    const character = source[at]!
    const two = source.slice(at, at + 2)
    if (two === '//') at = until(/(?=\n)|$/g, at)
    else if (two === '/*') {
      at = until(/\*\//g, at + 2)
      code += ' '
    } else if (character === '/' && BEFORE_REGEX.test(code.slice(-40))) {
      at = until(REGEX, at + 1)
      code += '/regex/'
    } else if (character === "'" || character === '"') {
      const stop = until(character === "'" ? SINGLE : DOUBLE, at + 1)
      literal(at + 1, stop - 1)
      at = stop
    } else if (character === '`') template(at + 1)
    else if (!brace(character)) {
      code += character
      at++
    }
  }
  while (at < source.length) step()
  return { code, strings }
}

export interface Import {
  readonly specifier: string
  /** A file started as a worker: `new URL('./writer.ts', import.meta.url)`. */
  readonly worker: boolean
}

const STATIC = /\b(?:import|export)\b[^"();=]*?\bfrom\s*"§(\d+)"/g
const BARE_OR_DYNAMIC = /\bimport\s*\(?\s*"§(\d+)"/g
const REQUIRE = /\brequire\s*\(\s*"§(\d+)"/g
const WORKER = /\bnew\s+URL\s*\(\s*"§(\d+)"\s*,\s*import\.meta\.url/g

/** Everything a file imports, types too. */
export function importsOf({ code, strings }: Scanned): Import[] {
  const found = (pattern: RegExp, worker: boolean) =>
    [...code.matchAll(pattern)].map(match => ({ specifier: strings[Number(match[1])]!, worker }))
  const workers = found(WORKER, true).filter(({ specifier }) => specifier.endsWith('.ts'))
  return [...found(STATIC, false), ...found(BARE_OR_DYNAMIC, false), ...found(REQUIRE, false), ...workers]
}
