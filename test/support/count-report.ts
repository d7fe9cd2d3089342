/**
 * Counts the tests in a report of vitest's JSON reporter. A file that could not be imported has no tests and counts as one
 * failure; so does a report that is missing, broken or empty: what didn't run must not look like what passed.
 */
import path from 'node:path'

const ROOT = path.resolve(import.meta.dirname, '../..')

export interface Count {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** What failed: `file > test: first line of why`, one entry for each of `failed`. */
  readonly failures: readonly string[]
}

export const none: Count = { passed: 0, failed: 0, skipped: 0, failures: [] }
export const failure = (what: string): Count => ({ ...none, failed: 1, failures: [what] })

export const add = (a: Count, b: Count): Count => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
  failures: [...a.failures, ...b.failures],
})

/** 'N passed, N failed', with ', N skipped' only where some were. */
export const describe = (count: Count): string =>
  `${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}`

interface TestResult {
  readonly status: string
  readonly fullName?: string
  readonly failureMessages?: readonly string[]
}

interface FileResult {
  readonly status: string
  readonly name?: string
  readonly message?: string
  readonly assertionResults: readonly TestResult[]
}

/** `text` is the report, null where there is none; `project` names what it is of. */
export function countReport(text: string | null, project: string): Count {
  const files = filesOf(text)
  const total = files.map(countFile).reduce(add, none)
  return total.passed + total.failed + total.skipped === 0 ? failure(`${project}: no test was reported`) : total
}

function filesOf(text: string | null): readonly FileResult[] {
  try {
    const report = JSON.parse(text ?? '') as { testResults?: readonly FileResult[] }
    return report.testResults ?? []
  } catch {
    return []
  }
}

function countFile(file: FileResult): Count {
  const of = (...states: string[]) => file.assertionResults.filter(({ status }) => states.includes(status))
  const failed = of('failed')
  const count: Count = {
    passed: of('passed').length,
    failed: failed.length,
    skipped: of('skipped', 'pending', 'todo', 'disabled').length,
    failures: failed.map(test => inWords(file, test.fullName, test.failureMessages?.[0])),
  }
  const broken = file.status === 'failed' && failed.length === 0
  return broken ? add(count, failure(inWords(file, undefined, file.message))) : count
}

function inWords(file: FileResult, test: string | undefined, why: string | undefined): string {
  const where = [path.relative(ROOT, file.name ?? ''), test].filter(Boolean).join(' > ')
  const [reason] = (why ?? '').split('\n', 1)
  return reason ? `${where}: ${reason}` : where
}
