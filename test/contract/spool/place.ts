/** Folders for embedded spools under test. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SpoolOptions } from '../../../src/spool/sqlite/options.ts'
import type { Log } from '../../../src/transaction/ports.ts'
import { day, start } from './messages.ts'

export const retention = { delivered: 7 * day, discarded: 2 * day, held: 30 * day, failed: 30 * day, transactions: day }

/** Keeps what is logged as text, to be looked at. */
export function keepLog(): Log & { readonly lines: string[] } {
  const lines: string[] = []
  const at = (level: string) => (fields: object, text: string) => void lines.push(`${level} ${text} ${JSON.stringify(fields)}`)
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

export const temporaryFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'postern-spool-'))
export const removeFolder = (directory: string): Promise<void> => rm(directory, { recursive: true, force: true })

export const spoolOptions = (directory: string, more: Partial<SpoolOptions> = {}): SpoolOptions => ({
  directory,
  minimumFree: 0,
  retention,
  clock: () => start,
  log: keepLog(),
  ...more,
})
