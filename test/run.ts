/**
 * `npm test`: types, lint, then each vitest project in order, going on after a failure so that one run tells all.
 * `npm test -- --project unit some/file` runs vitest alone with these arguments. The last line is `N passed, N failed`, with
 * `, N skipped` where some were; types and lint count as one test each, a run of vitest that says nothing as one failure.
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { add, type Count, countReport, describe, failure, none } from './support/count-report.ts'
import { needService, ServiceMissing } from './support/services.ts'

const PROJECTS = ['unit', 'property', 'rules', 'contract', 'dialogs', 'bad-config', 'e2e']
const ROOT = path.dirname(import.meta.dirname)
/** One project may take this long (ms) before it counts as hung. */
const LONGEST = 15 * 60_000

function main(given: readonly string[]): number {
  const major = Number(process.versions.node.split('.')[0])
  if (major < 24) return tooOld()
  const folder = mkdtempSync(path.join(tmpdir(), 'postern-tests-'))
  try {
    const total = given.length > 0 ? vitest(given, folder) : everything(folder)
    // Again at the end, because who sees the end of a long log sees the reason too.
    if (total.failures.length > 0) console.log(`\nFailed:\n${total.failures.map(failed => `  ${failed}`).join('\n')}`)
    console.log(`\n${describe(total)}`)
    return total.failed === 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function tooOld(): number {
  console.log(`Postern needs Node 24; this is ${process.version}. Run the tests with npm test: npm ci brings the right one.`)
  console.log(describe(failure('Node is too old')))
  return 1
}

function everything(folder: string): Count {
  services()
  let total = step('types', 'tsc', ['--noEmit'])
  total = add(total, step('lint', 'biome', ['check', '.']))
  for (const project of PROJECTS) total = add(total, vitest(['--project', project], folder))
  return total
}

/** Installed before the tests that use them, where that is allowed; they say themselves what is missing where it is not. */
function services(): void {
  for (const service of ['postfix', 'swaks'] as const) {
    try {
      needService(service)
    } catch (error) {
      if (!(error instanceof ServiceMissing)) throw error
      console.log(error.message)
    }
  }
}

function step(title: string, program: string, args: readonly string[]): Count {
  console.log(`\n=== ${title} ===`)
  const { status } = run(program, args)
  console.log(status === 0 ? `${title}: ok` : `${title}: failed`)
  return status === 0 ? { ...none, passed: 1 } : failure(title)
}

function vitest(args: readonly string[], folder: string): Count {
  const project = args.join(' ').replace('--project ', '')
  console.log(`\n=== ${project} ===`)
  const report = path.join(folder, `report-${Math.random().toString(36).slice(2)}.json`)
  const { status } = run('vitest', ['run', ...args, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`])
  const counted = countReport(read(report), project)
  // Vitest knows failures that no test stands for: an unhandled rejection, a worker that died.
  if (status !== 0 && counted.failed === 0)
    return add(counted, failure(`${project}: vitest ended with status ${status}, and no test says why`))
  return counted
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

function run(program: string, args: readonly string[]): SpawnSyncReturns<Buffer> {
  const file = path.join(ROOT, 'node_modules', '.bin', program)
  const result = spawnSync(process.execPath, [file, ...args], { cwd: ROOT, stdio: 'inherit', timeout: LONGEST, killSignal: 'SIGKILL' })
  if (result.error) console.log(`${program}: ${result.error.message}`)
  return result
}

process.exitCode = main(process.argv.slice(2))
