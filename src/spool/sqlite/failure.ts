/**
 * What an error of the disk or the database means to a client: no space or read-only (452, `full`), or something unexpected
 * (451). SQLite hides the system's error behind its own, so in doubt a file is written to see what the disk says.
 */
import { unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Failure } from './wire.ts'

const fullCodes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'EACCES', 'EPERM'])
// SQLite's primary result codes: FULL, READONLY; IOERR and CANTOPEN hide the cause.
const sqliteFull = new Set([13, 8])
const sqliteUnclear = new Set([10, 14])
// BUSY, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB.
const sqliteOfDisk = new Set([5, 8, 10, 11, 13, 14, 15, 26])

const codeOf = (error: unknown): string => (error as { code?: string } | null)?.code ?? ''
const sqliteCode = (error: unknown): number => ((error as { errcode?: number } | null)?.errcode ?? 0) & 0xff

function diskRefuses(directory: string): boolean {
  const path = join(directory, 'probe')
  try {
    writeFileSync(path, Buffer.alloc(65_536))
    unlinkSync(path)
    return false
  } catch (error) {
    return fullCodes.has(codeOf(error))
  }
}

/** Whether the disk or the database's file is at fault, so that trying each message alone would not help. */
export const isOfDisk = (error: unknown): boolean => {
  const code = codeOf(error)
  return code === 'ERR_SQLITE_ERROR' ? sqliteOfDisk.has(sqliteCode(error)) : /^E[A-Z0-9]+$/.test(code)
}

export function failureOf(error: unknown, directory: string): Failure {
  const full =
    fullCodes.has(codeOf(error)) || sqliteFull.has(sqliteCode(error)) || (sqliteUnclear.has(sqliteCode(error)) && diskRefuses(directory))
  return { message: error instanceof Error ? error.message : String(error), full }
}
