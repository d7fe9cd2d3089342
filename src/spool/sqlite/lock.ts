/**
 * One process a directory. The lock is SQLite's own on an empty database of its own, so it ends with the process however that
 * ends, and works on every system that SQLite works on.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Takes the directory; the result lets go of it. Throws where another process, or another spool of this one, has it. */
export function lockDirectory(directory: string): () => void {
  const db = new DatabaseSync(join(directory, 'lock'))
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    if (((error as { errcode?: number }).errcode ?? 0) % 256 !== 5) throw error
    throw new Error(`spool directory ${directory} is in use by another process; a spool serves one process at a time`, { cause: error })
  }
  return () => db.close()
}
