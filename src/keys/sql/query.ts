/**
 * The operator's query, made ready: %{key} and its kin become parameters ($1 …), never text in the query, so no key can
 * change what is asked. Each parameter is text, whatever it is compared with. The query stands inside another that takes
 * two rows at most: one statement that reads, or PostgreSQL's parser refuses it.
 */
import type { KeyQuery } from '../../transaction/ports.ts'
import { type Token, tokens } from './tokens.ts'

const names = ['key', 'mailbox', 'route', 'recipient', 'sender', 'client'] as const
export type Parameter = (typeof names)[number]

export interface CompiledQuery {
  readonly text: string
  /** What $1, $2 … stand for. */
  readonly parameters: readonly Parameter[]
}

const maxLength = 20_000

/** Null where `query` can be asked, else what is wrong with it. */
export function queryProblem(query: string): string | null {
  const compiled = compileQuery(query)
  return typeof compiled === 'string' ? compiled : null
}

/** The query with its parameters, or a sentence that says what is wrong with it. Never throws. */
export function compileQuery(query: string): CompiledQuery | string {
  if (query.length > maxLength) return `a query has at most ${maxLength} characters`
  const parameters: Parameter[] = []
  const found = [...tokens(query)]
  for (const token of found) {
    const problem = tokenProblem(token)
    if (problem !== null) return problem
    const name = nameIn(token)
    if (name !== null && !parameters.includes(name)) parameters.push(name)
  }
  const spoken = found.filter(token => token.kind !== 'blank')
  if (!/^(?:select|with)$/i.test(spoken[0]?.text ?? '')) return 'a query for keys begins with SELECT or WITH'
  if (spoken.slice(0, -1).some(token => token.kind === 'semicolon'))
    return 'one query is wanted, and there is something behind the semicolon'
  if (!parameters.includes('key')) return 'the query has no %{key}: it would give every key the same answer'
  // The line feeds: a comment may end the query without one.
  return { text: `SELECT * FROM (\n${found.map(token => written(token, parameters)).join('')}\n) AS answer LIMIT 2`, parameters }
}

function tokenProblem(token: Token): string | null {
  const { kind, text } = token
  if (kind === 'broken') return text
  if (kind === 'parameter') return `parameters are written %{key}, not ${text}`
  if (kind === 'placeholder')
    return nameIn(token) === null ? `there is no ${text}: there are ${names.map(name => `%{${name}}`).join(', ')}` : null
  if (kind !== 'quoted' && kind !== 'blank') return null
  return placeholder.test(text) ? 'a placeholder inside quotes or a comment is not replaced: write %{key} without quotes' : null
}

function written(token: Token, parameters: readonly Parameter[]): string {
  const name = nameIn(token)
  if (name !== null) return `($${parameters.indexOf(name) + 1}::text)`
  return token.kind === 'semicolon' ? '' : token.text
}

function nameIn({ kind, text }: Token): Parameter | null {
  const name = text.slice(2, -1)
  return kind === 'placeholder' && isParameter(name) ? name : null
}

const placeholder = /%\{\w*\}/
const isParameter = (name: string): name is Parameter => (names as readonly string[]).includes(name)

/** The values of the parameters, in order. */
export const valuesOf = ({ parameters }: CompiledQuery, query: KeyQuery): (string | null)[] => parameters.map(name => query[name])
