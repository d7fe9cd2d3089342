/** How results are shown: a table on standard output, and a JSON file under bench/results/ (not kept in git) with the machine it was. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

const results = path.join(import.meta.dirname, '..', 'results')

/** Columns as wide as their longest cell; all but the first are set to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map(row => (row[column] ?? '').length)))
  const line = (row: readonly string[]) =>
    widths.map((width, column) => (column === 0 ? (row[0] ?? '').padEnd(width) : (row[column] ?? '').padStart(width))).join('  ')
  return [line(head), widths.map(width => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n')
}

function machine(): object {
  const [one, five] = os.loadavg()
  const debian = () => {
    try {
      return readFileSync('/etc/debian_version', 'utf8').trim()
    } catch {
      return null
    }
  }
  const processor = os.cpus()[0]?.model.trim() ?? null
  return {
    node: process.version,
    kernel: os.release(),
    debian: debian(),
    processor,
    cores: os.cpus().length,
    memory: os.totalmem(),
    load: [one, five],
  }
}

/** Writes NAME-DATE.json and returns where. */
export function writeResult(name: string, result: object): string {
  mkdirSync(results, { recursive: true })
  const at = new Date().toISOString()
  const file = path.join(results, `${name}-${at.slice(0, 19).replaceAll(':', '')}.json`)
  writeFileSync(file, `${JSON.stringify({ at, machine: machine(), ...result }, null, 2)}\n`)
  return file
}

/** Said while it runs, on standard error: standard output is for the figures. */
export const progress = (text: string): void => {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`)
}
