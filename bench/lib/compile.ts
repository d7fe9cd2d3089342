/**
 * The small C programs of the benchmarks, compiled when they are needed into the run's own folder: a load generator must cost
 * less than what it measures, and a preloaded library can be nothing else. Needs gcc.
 */
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { findProgram, needService } from '../../test/support/services.ts'

const source = (name: string) => path.join(import.meta.dirname, '..', `${name}.c`)

function compile(name: string, target: string, more: readonly string[]): string {
  needService('gcc')
  execFileSync(findProgram('gcc')!, ['-O2', '-Wall', ...more, '-o', target, source(name), '-ldl'], { stdio: 'inherit' })
  return target
}

export const compileProgram = (name: string, folder: string): string => compile(name, path.join(folder, name), [])

/** Makes every flush of a process 2 ms slower. Returns what its environment needs. */
export function slowFlush(folder: string): { readonly LD_PRELOAD: string } {
  return { LD_PRELOAD: compile('slow-flush', path.join(folder, 'slow-flush.so'), ['-shared', '-fPIC']) }
}
