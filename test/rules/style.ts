/** Rules about what stands in a file, each as a function from path and text to what is wrong with it. */
import { importsOf, scan } from './scan.ts'

export type Rule = (file: string, text: string) => string[]

const CATALOGUE = ['src/mail/replies.ts', 'src/mail/reply.ts']
const WITH_STATUS = /(?:^|[^\d.])[2-5]\d\d[ -][245]\.\d{1,3}\.\d{1,3}\b/
const WITHOUT_STATUS = /^(?:220|221|250|252|354|421|45[0-4]|50[0-5]|55[0-5])[ -][A-Z]/
/** HTTP has numbers like those of SMTP. */
const SPEAKS_HTTP = /^src\/(listeners\/http|delivery)\//

/** Replies are written in the catalogue alone. */
export const literalReplies: Rule = (file, text) => {
  if (CATALOGUE.includes(file)) return []
  const scanned = scan(text)
  const literal = scanned.strings.filter(string => WITH_STATUS.test(string) || (!SPEAKS_HTTP.test(file) && WITHOUT_STATUS.test(string)))
  const makes =
    importsOf(scanned).some(({ specifier }) => specifier.endsWith('/reply.ts')) && /\breply\s*(?:<[^>]*>)?\s*\(/.test(scanned.code)
  return [...literal.map(string => `literal reply '${string}'`), ...(makes ? ['makes a reply with reply()'] : [])]
}

const forbid =
  (pattern: RegExp, why: string): Rule =>
  (_, text) =>
    pattern.test(scan(text).code) ? [why] : []

export const defaultExport = forbid(/\bexport\s+default\b|\bas\s+default\b\s*[,}]/, 'has a default export')
export const barrel = forbid(/\bexport\s*\*/, 'exports what others wrote (barrel)')
export const moduleState = forbid(/^(?:export\s+)?(?:let|var)\s/m, 'has mutable state at module level')
export const onlyOrSkip = forbid(/\b(?:test|it|describe|suite)(?:\.\w+)*\.(?:only|skip|todo|fails)\b/, 'runs only some tests')

export const consoleUse: Rule = (file, text) =>
  /^src\/cli(\.ts$|\/)/.test(file) ? [] : forbid(/\bconsole\s*\./, 'uses console')(file, text)

/** A table of cases may be long; the ports are nothing but types, and are read as one page. */
const LONGEST = (file: string) => (file.startsWith('test/') ? 500 : file === 'src/transaction/ports.ts' ? 400 : 250)
export const length: Rule = (file, text) => {
  const lines = text.replace(/\n$/, '').split('\n').length
  return lines > LONGEST(file) ? [`has ${lines} lines, over ${LONGEST(file)}`] : []
}

/** Paths of somebody's machine. A temporary folder comes from os.tmpdir(). */
export const machinePath: Rule = (_, text) =>
  [...text.matchAll(/(?<![\w.}/])\/(?:home\/[a-z]|root\b|tmp\/[\w$]|work\/|Users\/)[^\s'"`)]*/g)].map(match => `names ${match[0]}`)

export const opening: Rule = (_, text) => (/^(?:#!.*\n)?\s*(?:\/\*\*?|\/\/)/.test(text) ? [] : ['has no opening comment'])

/** All problems of `files`, as sentences. */
export const check = (rule: Rule, files: ReadonlyMap<string, string>): string[] =>
  [...files].flatMap(([file, text]) => rule(file, text).map(problem => `${file} ${problem}`))
