/**
 * How a Redis name is made of a question: text with `%{key}`, `%{mailbox}` and `%{route}` in it. Knows nothing of
 * connections. What a peer chose is only ever put in, never read again: a key that looks like a placeholder stays text.
 */

/** One Redis key for each key, a set whose members are the keys, or a hash whose fields are the keys. */
export type LookUpKind = 'key' | 'set' | 'hash'

/** What a template may name. */
export interface NameParts {
  readonly key: string
  readonly mailbox: string
  readonly route: string
}

const placeholder = /%\{([^}]*)\}/
const maxLength = 512

/** What is wrong with `template`, as a sentence without its beginning; null for a good one. */
export function templateProblem(template: string, kind: LookUpKind): string | null {
  if (template === '') return 'is empty'
  if (template.length > maxLength) return `is longer than ${maxLength} characters`
  if (/[\x00-\x1f\x7f]/.test(template) || !template.isWellFormed()) return 'has a control character in it'
  const pieces = template.split(placeholder)
  const names = pieces.filter((_, index) => index % 2 === 1)
  const foreign = names.find(name => !isPart(name))
  if (foreign !== undefined) return `names %{${foreign}}: only %{key}, %{mailbox} and %{route} are known`
  if (pieces.some((piece, index) => index % 2 === 0 && piece.includes('%{'))) return 'has a %{ that is never closed'
  if (kind === 'key') return names.includes('key') ? null : 'must name %{key}: each key is a Redis key of its own'
  return names.includes('key') ? `must not name %{key}: the ${kind} holds all keys` : null
}

const isPart = (name: string): name is keyof NameParts => name === 'key' || name === 'mailbox' || name === 'route'

/** The Redis name for a question. Throws where `template` has a problem: the configuration has told of it before. */
export function nameMaker(template: string, kind: LookUpKind): (parts: NameParts) => string {
  const problem = templateProblem(template, kind)
  if (problem !== null) throw new Error(`the Redis name “${template}” ${problem}`)
  const pieces = template.split(placeholder).map((piece, index) => (index % 2 === 1 ? { part: piece as keyof NameParts } : { text: piece }))
  return parts => pieces.map(piece => ('text' in piece ? piece.text : parts[piece.part])).join('')
}
