/**
 * One open file of bodies on this thread. Writes and flushes go through the thread pool, so that they run beside each other
 * and beside the event loop; whoever asks for a flush while one is under way shares the next.
 */
import { close, fdatasync, fsync, open, writev } from 'node:fs'
import { promisify } from 'node:util'

const opening = promisify(open)
const closing = promisify(close)
const flushing = promisify(fdatasync)
const flushingAll = promisify(fsync)

/** A body on the disk. `own`: nothing else lies in its file. */
export interface KeptBody {
  readonly file: number
  readonly position: number
  readonly own: boolean
  /** SHA-256 of the body proper, hexadecimal. */
  readonly digest: string
  /** Its row stands, or never will. Called exactly once. */
  settled(): void
}

export interface BodyFile {
  readonly file: number
  /** Octets given away so far: where the next body goes. */
  size: number
  /** Writes all of `chunks` at `position`. Rejects with what the system says (ENOSPC, EFBIG, EROFS, EIO). */
  write(chunks: readonly Uint8Array[], position: number): Promise<void>
  /** Resolves when everything written before the call is on the disk. */
  flush(): Promise<void>
  close(): Promise<void>
}

/** Each call is answered by a run of `work` that began after it; calls that wait share one run. */
export function grouped(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<unknown> = Promise.resolve()
  let next: Promise<void> | null = null
  const begin = (): Promise<void> => {
    const run = work()
    running = run
    next = null
    return run
  }
  return () => {
    next ??= running.then(begin, begin)
    return next
  }
}

/** Resolves when the names of the files in `folder` are on the disk. */
export async function flushFolder(folder: string): Promise<void> {
  const fd = await opening(folder, 'r')
  try {
    await flushingAll(fd)
  } finally {
    await closing(fd)
  }
}

/** Makes the file; it must not be there. */
export async function openBodyFile(path: string, file: number): Promise<BodyFile> {
  const fd = await opening(path, 'wx', 0o600)
  return {
    file,
    size: 0,
    write: (chunks, position) => writeAll(fd, chunks, position),
    flush: grouped(() => flushing(fd)),
    close: () => closing(fd),
  }
}

function writeAll(fd: number, chunks: readonly Uint8Array[], position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    writev(fd, chunks, position, (error, written) => {
      if (error !== null) return reject(error)
      const rest = behind(chunks, written)
      if (rest.length === 0) resolve()
      else writeAll(fd, rest, position + written).then(resolve, reject)
    })
  })
}

/** What is left of `chunks` behind their first `octets`. */
function behind(chunks: readonly Uint8Array[], octets: number): readonly Uint8Array[] {
  let skip = octets
  for (const [i, chunk] of chunks.entries()) {
    if (skip < chunk.length) return [chunk.subarray(skip), ...chunks.slice(i + 1)]
    skip -= chunk.length
  }
  return []
}
