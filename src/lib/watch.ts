/**
 * Notices that a file, or one of several that belong together, has changed, by looking at them by name: a rename into place,
 * a write in place and a new mount all show, which they don't to fs.watch. A change counts once all have held still from one
 * look to the next, so that a file that is being written is left alone. Must not read them: what a change means is the
 * caller's affair.
 */
import { type FileHandle, stat } from 'node:fs/promises'

/** What changes when a file does: inode, size, times of content and of inode. */
export const stateOf = ({ ino, size, mtimeNs, ctimeNs }: Awaited<ReturnType<typeof bigintStat>>): string =>
  `${ino} ${size} ${mtimeNs} ${ctimeNs}`
const bigintStat = (path: string) => stat(path, { bigint: true })

export const stateOfHandle = async (file: FileHandle): Promise<string> => stateOf(await file.stat({ bigint: true }))

export interface WatchOptions {
  /** One file, or several that count as one. */
  readonly path: string | readonly string[]
  /** Milliseconds between two looks. */
  readonly interval: number
  /** The state that is known already (of several files: theirs joined by `;`); '' for none. */
  readonly known: string
  /** Called with the new state. Resolves to whether it was dealt with; else it is called again at the next look. */
  changed(state: string): Promise<boolean>
  /** A file can't be looked at, or `changed` threw; called at each look while that lasts. */
  failed(error: unknown): void
}

/** Looks until closed; `close` resolves when a look under way has ended. Keeps no process alive. */
export function watchFile({ path, interval, known, changed, failed }: WatchOptions): { close(): Promise<void> } {
  const paths = [path].flat()
  let settled = known
  let seen = known
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined

  async function look(): Promise<void> {
    try {
      const state = (await Promise.all(paths.map(bigintStat))).map(stateOf).join(';')
      const still = state === seen
      seen = state
      if (still && state !== settled && !closed && (await changed(state))) settled = state
    } catch (error) {
      failed(error)
    }
    schedule()
  }

  function schedule(): void {
    if (closed) return
    timer = setTimeout(() => {
      looking = look()
    }, interval).unref()
  }

  schedule()
  return {
    async close() {
      closed = true
      clearTimeout(timer)
      await looking
    },
  }
}
