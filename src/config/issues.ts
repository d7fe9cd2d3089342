/**
 * The schema's issues as findings: what zod says in its own words becomes path, found and allowed. The texts that leaves.ts
 * gives are phrases for "allowed:"; which union branch is meant is told by whether a list was written.
 */
import type * as z from 'zod'
import { nearest } from './nearest.ts'
import type { Finding, Path } from './problem.ts'
import { show, showText } from './show.ts'

type Issue = z.core.$ZodIssue

/** `root` is the value that was parsed. */
export function findingsOf(issues: readonly Issue[], root: unknown): readonly Finding[] {
  return issues.flatMap(issue => fromIssue(issue, { root, base: [] }))
}

interface Context {
  readonly root: unknown
  readonly base: Path
}

function fromIssue(issue: Issue, { root, base }: Context): readonly Finding[] {
  const path: Path = [...base, ...issue.path.map(step => (typeof step === 'number' ? step : String(step)))]
  const value = valueAt(root, path)
  if (issue.code === 'invalid_union') {
    const branch = issue.errors[Array.isArray(value) ? 1 : 0] ?? []
    return branch.flatMap(inner => fromIssue(inner, { root, base: path }))
  }
  if (issue.code === 'unrecognized_keys') return issue.keys.map(key => unknownKey([...path, key], issue.message))
  if (issue.code === 'invalid_key') {
    return [{ path, at: 'key', message: 'not accepted as a key', found: showText(String(path.at(-1))), allowed: issue.message }]
  }
  if (value === undefined) return [{ path, message: 'missing', allowed: issue.message }]
  const what: unknown = issue.code === 'custom' ? issue.params?.what : undefined
  if (typeof what === 'string') return [{ path, message: what, allowed: issue.message }]
  if (value === null)
    return [
      { path, message: path.length === 0 ? 'the file is empty' : 'empty; leave the key out or give it a value', allowed: issue.message },
    ]
  return [{ path, message: 'not accepted', found: show(value, path), allowed: issue.message }]
}

function unknownKey(path: Path, known: string): Finding {
  const key = String(path.at(-1))
  const meant = nearest(key, known.split(', '))
  const hint = meant === null ? '' : `; did you mean ${meant}?`
  return { path, at: 'key', message: `unknown key${hint}`, found: showText(key), allowed: known === '' ? 'no keys' : known }
}

/** What stands at `path`, undefined where nothing does. */
function valueAt(root: unknown, path: Path): unknown {
  let value = root
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string | number, unknown>)[step]
  }
  return value
}
