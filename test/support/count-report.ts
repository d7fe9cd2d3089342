/**
 * Counts the tests in a report of vitest's JSON reporter. A file that could not be imported has no tests and counts as one
 * failure; so does a report that is missing, broken or empty: what didn't run must not look like what passed.
 */
export interface Count {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export const none: Count = { passed: 0, failed: 0, skipped: 0 }
export const failure: Count = { ...none, failed: 1 }

export const add = (a: Count, b: Count): Count => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
})

/** 'N passed, N failed', with ', N skipped' only where some were. */
export const describe = (count: Count): string =>
  `${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}`

interface FileResult {
  readonly status: string
  readonly assertionResults: readonly { readonly status: string }[]
}

/** `text` is the report, null where there is none. */
export function countReport(text: string | null): Count {
  const files = filesOf(text)
  const total = files.map(countFile).reduce(add, none)
  return total.passed + total.failed + total.skipped === 0 ? failure : total
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
  const of = (...states: string[]) => file.assertionResults.filter(({ status }) => states.includes(status)).length
  const count = { passed: of('passed'), failed: of('failed'), skipped: of('skipped', 'pending', 'todo', 'disabled') }
  return file.status === 'failed' && count.failed === 0 ? add(count, failure) : count
}
