/**
 * One file of templates, read and held to its form: every text there, no other key, no placeholder that nobody fills. Gives
 * all mistakes with their lines. Pure; must not look at the disk.
 */
import { isMap, isScalar, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml'
import { type Reason, reasons } from '../policy/reasons.ts'
import { placeholders, unknownPlaceholder } from './placeholders.ts'

/** Texts hold placeholders (placeholders.ts) and are not wrapped. */
export interface Templates {
  /** For Content-Language: a language tag (RFC 5646). */
  readonly language: string
  /** Who the notice comes from, beside the operator's address. */
  readonly name: string
  readonly subject: string
  /** Stands for a Subject that is missing or empty. */
  readonly noSubject: string
  readonly intro: string
  readonly closing: string
  readonly reasons: ReadonlyMap<Reason, string>
  /** For a reason without a text of its own. */
  readonly default: string
}

export interface TemplateProblem {
  readonly line: number
  readonly message: string
}

/** Characters of one text. */
export const longestText = 2_000
/** Characters of a text that goes into a header field. */
export const longestFieldText = 150

const fieldKeys = ['name', 'subject', 'no-subject'] as const
const textKeys = ['intro', 'default', 'closing'] as const
const keys: readonly string[] = [...fieldKeys, ...textKeys, 'reasons']

type Note = (node: Node | null | undefined, message: string) => void

export function readTemplates(text: string, language: string): Templates | { readonly problems: readonly TemplateProblem[] } {
  const lines = new LineCounter()
  const problems: TemplateProblem[] = []
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' })
  const lineOf = (offset: number): number => lines.linePos(offset).line
  for (const { pos, message } of [...document.errors, ...document.warnings].slice(0, 1)) {
    return { problems: [{ line: lineOf(pos[0]), message: `not valid YAML: ${message.split('\n')[0]}` }] }
  }
  if (!isMap(document.contents)) return { problems: [{ line: 1, message: `the file is to hold keys with texts: ${keys.join(', ')}` }] }
  const note: Note = (node, message) => void problems.push({ line: lineOf(node?.range?.[0] ?? 0), message })
  const texts = readMap(document.contents as YAMLMap, { known: key => keys.includes(key), among: keys.join(', ') }, note)
  const templates = templatesOf(texts, language, note)
  return problems.length > 0 ? { problems: problems.toSorted((a, b) => a.line - b.line) } : templates
}

interface Keys {
  readonly known: (key: string) => boolean
  readonly among: string
}

interface Entry {
  readonly key: Node
  readonly value: Node | null
}

/** The entries of a mapping, each key once and known. */
function readMap(map: YAMLMap, { known, among }: Keys, note: Note): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>()
  for (const { key, value } of map.items) {
    const node = key as Node
    const name = isScalar(key) ? String(key.value) : ''
    if (known(name)) entries.set(name, { key: node, value: value as Node | null })
    else note(node, `“${name.slice(0, 40)}” is no key here; there are ${among}`)
  }
  return entries
}

function templatesOf(entries: ReadonlyMap<string, Entry>, language: string, note: Note): Templates {
  const text = (key: string, longest: number): string => {
    const entry = entries.get(key)
    if (entry !== undefined) return textOf(entry, longest, note)
    note(null, `“${key}” is missing`)
    return ''
  }
  const [name, subject, noSubject] = fieldKeys.map(key => text(key, longestFieldText)) as [string, string, string]
  const [intro, fallback, closing] = textKeys.map(key => text(key, longestText)) as [string, string, string]
  return { language, name, subject, noSubject, intro, default: fallback, closing, reasons: reasonsOf(entries.get('reasons'), note) }
}

function reasonsOf(entry: Entry | undefined, note: Note): ReadonlyMap<Reason, string> {
  if (entry === undefined) return new Map()
  if (!isMap(entry.value)) {
    note(entry.key, '“reasons” is to hold reasons with texts')
    return new Map()
  }
  const known = { known: (key: string) => Object.hasOwn(reasons, key), among: Object.keys(reasons).join(', ') }
  const entries = [...readMap(entry.value as YAMLMap, known, note)]
  return new Map(entries.map(([reason, at]) => [reason as Reason, textOf(at, longestText, note)]))
}

/** One text; `longest` of a header field also says that it is one line. */
function textOf({ key, value }: Entry, longest: number, note: Note): string {
  const text = isScalar(value) && typeof value.value === 'string' ? value.value.trim() : ''
  const at = value ?? key
  const unknown = unknownPlaceholder(text)
  if (text === '') note(at, 'a text is to stand here')
  else if (text.length > longest) note(at, `the text is over ${longest} characters`)
  else if (longest === longestFieldText && text.includes('\n')) note(at, 'the text is to be one line')
  else if (/(?!\n)\p{Cc}/u.test(text)) note(at, 'the text holds a control character')
  else if (unknown !== null) {
    note(at, `${unknown} is no placeholder; there are ${placeholders.map(name => `%{${name}}`).join(', ')}`)
  }
  return text
}
