/** What crashes left in tmp, ours and others': removed when nobody has touched it for 36 hours, as the Maildir specification says. */
import { lstat, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'

const hour = 3_600_000
export const tooOld = 36 * hour

/** Gives how many files it removed. What is gone meanwhile, or can't be removed, is left alone. */
export async function clearTmp(directory: string, at: number): Promise<number> {
  const folder = join(directory, 'tmp')
  let removed = 0
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    try {
      const found = await lstat(path)
      if (!found.isFile() || at - Math.max(found.atimeMs, found.mtimeMs) <= tooOld) continue
      await unlink(path)
      removed++
    } catch {
      // gone, or not ours to remove
    }
  }
  return removed
}
