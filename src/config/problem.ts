/**
 * What is wrong with a configuration, as data and as text for the operator: where, what was found, what is allowed.
 * Secrets must never stand in it; show.ts sees to what is found.
 */
import { looksSecret } from './looks-secret.ts'

/** `path` as "mailboxes[0].routes[1].key", '' for the whole file; `line` and `column` count from 1, 0 where there is no place. */
export interface Problem {
  readonly file: string
  readonly path: string
  readonly line: number
  readonly column: number
  readonly message: string
  readonly found?: string
  readonly allowed?: string
}

/** A configuration that can't be used. `message` is the whole report, one block a problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly Problem[]
  constructor(problems: readonly Problem[]) {
    const sorted = problems.toSorted(byPlace)
    super(sorted.map(formatProblem).join('\n'))
    this.problems = sorted
  }
}

export function formatProblem({ file, line, column, path, message, found, allowed }: Problem): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`
  return [
    `${place}: ${path === '' ? '' : `${path}: `}${message}`,
    ...(found === undefined ? [] : [`  found:   ${found}`]),
    ...(allowed === undefined ? [] : [`  allowed: ${allowed}`]),
  ].join('\n')
}

const byPlace = (a: Problem, b: Problem): number =>
  a.line - b.line || a.column - b.column || compare(a.path, b.path) || compare(a.message, b.message)

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export type Path = readonly (string | number)[]

/** A problem before its place in the file is known. */
export interface Finding {
  readonly path: Path
  /** Whether the key is wrong, not its value. */
  readonly at?: 'key'
  readonly message: string
  readonly found?: string
  readonly allowed?: string
}

/** Names that would be misread between dots are written in brackets and quotes. */
export function formatPath(path: Path): string {
  return path
    .map((step, i) => {
      if (typeof step === 'number') return `[${step}]`
      if (/^[A-Za-z0-9_-]{1,80}$/.test(step) && !looksSecret(step)) return i === 0 ? step : `.${step}`
      return looksSecret(step) ? '[…]' : `[${JSON.stringify(step.slice(0, 80))}]`
    })
    .join('')
}
