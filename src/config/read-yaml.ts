/**
 * YAML 1.2 as far as a configuration needs it: one document, a mapping, keys that are plain names, each once. Gives the value
 * and where each part of it stands. The library's own error texts are not used: they may quote the file, secrets and all.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLMap,
  type YAMLParseError,
} from 'yaml'
import type { Finding, Path } from './problem.ts'
import { showText } from './show.ts'

export interface Location {
  readonly line: number
  readonly column: number
}

export interface YamlFile {
  /** Undefined where the file can't be read as YAML at all. */
  readonly value: unknown
  /** Already located, because a syntax error has no path. */
  readonly problems: readonly (Finding & Location)[]
  /** Where a part stands; what isn't there is looked for where it would be. */
  locate(path: Path, at?: 'key'): Location
}

export function readYaml(text: string): YamlFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, logLevel: 'error' })
  const place = (offset: number): Location => ({ line: lines.linePos(offset).line, column: lines.linePos(offset).col })
  const locate = (path: Path, at?: 'key'): Location => place(offsetOf(document, path, at))
  const errors = [...document.errors, ...document.warnings]
  const first = errors.toSorted((a, b) => a.pos[0] - b.pos[0])[0]
  // What follows the first error is mostly its echo.
  if (first !== undefined) return { value: undefined, problems: [{ ...syntaxError(first, text), ...place(first.pos[0]) }], locate }
  const problems = keyProblems(document).map(({ offset, ...finding }) => ({ ...finding, ...place(offset) }))
  if (problems.some(problem => problem.message !== duplicate)) return { value: undefined, problems, locate }
  try {
    return { value: document.toJS({ maxAliasCount: mostAliases + 1 }) ?? null, problems, locate }
  } catch {
    // Aliases that hold themselves, or that multiply beyond measure.
    return { value: undefined, problems: [{ path: [], message: 'aliases (*name) are nested too deeply', line: 1, column: 1 }], locate }
  }
}

const duplicate = 'this key stands here twice'

const sentences: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'an alias (*name) is not understood; a text that begins with * must be in quotes',
  BAD_INDENT: 'the indentation doesn’t fit, or a bracket is not closed',
  BLOCK_AS_IMPLICIT_KEY: 'a second “: ” in one line; a text with “: ” in it must be in quotes',
  KEY_OVER_1024_CHARS: 'a key is too long',
  MISSING_CHAR: 'a quote, bracket, comma or colon is missing',
  MULTILINE_IMPLICIT_KEY: 'a key spreads over several lines; is a “:” missing?',
  MULTIPLE_DOCS: 'there is a second document (a line “---”); write one only',
  TAB_AS_INDENT: 'a tab is used for indentation; use spaces',
  TAG_RESOLVE_FAILED: 'tags (!name) are not used here; a text that begins with ! must be in quotes',
}

function syntaxError({ code, pos }: Pick<YAMLParseError, 'code' | 'pos'>, text: string): Finding {
  const percent = text[pos[0]] === '%' || (code === 'BAD_DIRECTIVE' && text[pos[0] - 1] === '%')
  if (percent || (code === 'MISSING_CHAR' && /^%/m.test(text))) {
    return { path: [], message: 'not valid YAML', allowed: "what begins with % must be in quotes: '%{key}@incoming.example.com'" }
  }
  if (code === 'BAD_SCALAR_START') return { path: [], message: 'not valid YAML', allowed: 'what begins with @ or ` must be in quotes' }
  return { path: [], message: `not valid YAML: ${sentences[code] ?? 'something is out of place here'}` }
}

type Placed = Finding & { readonly offset: number }

const mostAliases = 100

/** Aliases to nowhere, keys that are no names, keys that stand twice. */
function keyProblems(document: Document): readonly Placed[] {
  const problems: Placed[] = []
  const anchors = new Set<string>()
  let aliases = 0
  const noteAnchor = (_key: unknown, { anchor }: { readonly anchor?: string | undefined }): void => {
    if (anchor !== undefined) anchors.add(anchor)
  }
  visit(document, {
    Scalar: noteAnchor,
    Seq: noteAnchor,
    Alias(_key, alias) {
      const offset = alias.range?.[0] ?? 0
      if (!anchors.has(alias.source)) problems.push({ path: [], offset, message: sentences.BAD_ALIAS! })
      // Each is looked for from the start of the file.
      if (++aliases > mostAliases) problems.push({ path: [], offset, message: `more than ${mostAliases} aliases (*name)` })
      return aliases > mostAliases ? visit.BREAK : undefined
    },
    Map(_key, map, ancestors) {
      noteAnchor(_key, map)
      const path = (): Path => pathOf([...ancestors, map] as Node[])
      const seen = new Set<string>()
      for (const { key } of map.items) {
        const offset = isScalar(key) ? (key.range?.[0] ?? 0) : ((key as Node | null)?.range?.[0] ?? map.range?.[0] ?? 0)
        const name = isScalar(key) ? String(key.value) : null
        if (name === null || name === '__proto__')
          problems.push({ path: path(), offset, message: 'this can’t be a key', allowed: 'a name' })
        else if (seen.has(name))
          problems.push({ path: [...path(), name], offset, message: duplicate, found: showText(name), allowed: 'each key once' })
        else seen.add(name)
      }
    },
  })
  return problems
}

/** The names and indices that lead from the root to the last of `nodes`. */
function pathOf(nodes: readonly Node[]): Path {
  const path: (string | number)[] = []
  nodes.forEach((node, i) => {
    const next = nodes[i + 1] as unknown
    if (isSeq(node) && next !== undefined) path.push(node.items.indexOf(next))
    if (isMap(node) && next !== undefined) {
      const { key } = next as { key: unknown }
      path.push(isScalar(key) ? String(key.value) : '?')
    }
  })
  return path
}

/** The offset of the node at `path`, or of the last one on the way to it. */
function offsetOf(document: Document, path: Path, at: 'key' | undefined): number {
  let offset = 0
  let node: unknown = document.contents
  for (const [i, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document)
    if (isSeq(node)) node = typeof step === 'number' ? node.items[step] : undefined
    else if (isMap(node)) {
      const pair = pairOf(node, step)
      const key = pair?.key as Node | undefined
      offset = key?.range?.[0] ?? offset
      if (at === 'key' && i === path.length - 1) return offset
      node = pair?.value
    } else return offset
    // An empty value has a range too, but behind the end of its line: the key is the better place.
    if (node === undefined || (isScalar(node) && node.value === null)) return offset
    offset = (node as Node | null)?.range?.[0] ?? offset
  }
  return offset
}

const pairOf = (map: YAMLMap, step: string | number) => map.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
