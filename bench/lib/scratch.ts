/** The folder of one run, with a folder for each subject: on a real disk, open to the daemons' users, removed at the end. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

export interface Scratch {
  readonly folder: string
  /** A new, empty folder. */
  place(): string
  remove(folder: string): void
}

/** Below `parent`, or the system's temporary folder. Throws where that is in memory: a flush would cost nothing there. */
export function openScratch(parent = os.tmpdir()): Scratch {
  const kind = execFileSync('stat', ['-f', '-c', '%T', parent], { encoding: 'utf8' }).trim()
  if (kind === 'tmpfs') throw new Error(`${parent} is in memory (tmpfs): name a folder on a disk with --folder`)
  const folder = mkdtempSync(path.join(path.resolve(parent), 'postern-bench-'))
  chmodSync(folder, 0o755)
  let serial = 0
  const remove = (what: string) => rmSync(what, { recursive: true, force: true })
  process.on('exit', () => remove(folder))
  return {
    folder,
    place() {
      const place = path.join(folder, String(++serial))
      mkdirSync(place, { mode: 0o755 })
      chmodSync(place, 0o755)
      return place
    },
    remove,
  }
}
