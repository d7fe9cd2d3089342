/**
 * The files of bodies, as the writer thread sees them: how many messages lie in which, and which may go. The octets are
 * written and flushed by the other thread (bodies.ts) before their rows come here; file numbers only grow.
 */
import { statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'

export interface Files {
  /** One more or one fewer message lies in `file`; a file that nothing needs is unlinked. */
  retain(file: number): void
  release(file: number): void
  /** Nothing more is appended to `file`. */
  left(file: number): void
  remove(file: number): void
  /** Whether `file` stands under its name with at least so many octets: somebody may have removed it while it was written. */
  reaches(file: number, end: number): boolean
}

export const bodiesFolder = (directory: string): string => join(directory, 'bodies')
export const isBody = (name: string): boolean => /^\d+$/.test(name)
export const fileName = (file: number): string => file.toString().padStart(10, '0')

/** `live`: how many messages lie in which file. Files over `last` may still be appended to, until `left` names them. */
export function makeFiles(directory: string, live: Map<number, number>, last: number): Files {
  const folder = bodiesFolder(directory)
  /** Files that are done with: those that were here at the start, and those left since. */
  const done = new Set<number>()
  const remove = (file: number): void => {
    done.delete(file)
    try {
      unlinkSync(join(folder, fileName(file)))
    } catch {
      // Gone already, or the disk refuses: the next start removes it.
    }
  }
  const isDone = (file: number): boolean => file <= last || done.has(file)
  return {
    retain: file => live.set(file, (live.get(file) ?? 0) + 1),
    release: file => {
      const remaining = (live.get(file) ?? 1) - 1
      if (remaining > 0) return void live.set(file, remaining)
      live.delete(file)
      if (isDone(file)) remove(file)
    },
    left: file => {
      if (live.has(file)) done.add(file)
      else remove(file)
    },
    remove,
    reaches: (file, end) => (statSync(join(folder, fileName(file)), { throwIfNoEntry: false })?.size ?? -1) >= end,
  }
}
