/** Names that were made or removed in a folder are on the disk when this resolves: syncing a file doesn't do that (fsync(2)). */
import { open } from 'node:fs/promises'

/** Rejects where the folder can't be read, or its disk refuses. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
