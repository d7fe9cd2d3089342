/**
 * The files of bodies, in `bodies/` under numbers that only grow: segments that many middling bodies are appended to, and
 * files of one streamed body each. Appends of a batch are written with one call and flushed once, before its commit. A
 * position is never used twice, even after a failure: a row that a crash brings back must not find another's octets.
 */
import { closeSync, fdatasyncSync, fsyncSync, openSync, unlinkSync, writevSync } from 'node:fs'
import { join } from 'node:path'
import { segmentSize } from '../wire.ts'

export interface Place {
  readonly file: number
  readonly position: number
}

export interface Files {
  path(file: number): string
  /** A number for a new file. */
  next(): number
  /** Takes `body` into the batch; it is written by `flush`. */
  append(body: Uint8Array): Place
  flush(): void
  /** The batch failed: its appends are dropped and the segment is left, since a failed flush says nothing of what is on disk. */
  forget(): void
  /** One more or one fewer message lies in `file`; a file that nothing needs is unlinked. */
  retain(file: number): void
  release(file: number): void
  remove(file: number): void
  syncDirectory(): void
  close(): void
}

export const bodiesFolder = (directory: string): string => join(directory, 'bodies')
export const fileName = (file: number): string => file.toString().padStart(10, '0')

export function syncFolder(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Writes all of `views` at `position`. Throws what the system says (ENOSPC, EFBIG, EROFS, EIO). */
function writeAll(fd: number, views: readonly Uint8Array[], position: number): void {
  let rest = [...views]
  let at = position
  while (rest.length > 0) {
    let written = writevSync(fd, rest, at)
    at += written
    while (rest.length > 0 && written >= rest[0]!.length) written -= rest.shift()!.length
    if (written > 0) rest = [rest[0]!.subarray(written), ...rest.slice(1)]
  }
}

/** `live`: how many messages lie in which file; `last`: the highest number ever seen. */
export function makeFiles(directory: string, live: Map<number, number>, last: number): Files {
  const folder = bodiesFolder(directory)
  const path = (file: number): string => join(folder, fileName(file))
  let highest = last
  let segment: { file: number; fd: number; size: number } | null = null
  let waiting: Uint8Array[] = []
  let waitingFrom = 0
  const syncDirectory = (): void => syncFolder(folder)

  const remove = (file: number): void => {
    try {
      unlinkSync(path(file))
    } catch {
      // Gone already, or the disk refuses: the next start removes it.
    }
  }
  const leave = (): void => {
    if (segment === null) return
    closeSync(segment.fd)
    const { file } = segment
    segment = null
    if (!live.has(file)) remove(file)
  }
  const begin = () => {
    const file = ++highest
    const fd = openSync(path(file), 'wx', 0o600)
    segment = { file, fd, size: 0 }
    syncDirectory()
    return segment
  }
  return {
    path,
    next: () => ++highest,
    append: body => {
      if (waiting.length === 0) {
        if (segment !== null && segment.size >= segmentSize) leave()
        waitingFrom = (segment ?? begin()).size
      }
      const place = { file: segment!.file, position: segment!.size }
      waiting.push(body)
      segment!.size += body.length
      return place
    },
    flush: () => {
      if (waiting.length === 0) return
      writeAll(segment!.fd, waiting, waitingFrom)
      fdatasyncSync(segment!.fd)
      waiting = []
    },
    forget: () => {
      waiting = []
      leave()
    },
    retain: file => live.set(file, (live.get(file) ?? 0) + 1),
    release: file => {
      const left = (live.get(file) ?? 1) - 1
      if (left > 0) return void live.set(file, left)
      live.delete(file)
      if (segment?.file !== file) remove(file)
    },
    remove,
    syncDirectory,
    close: leave,
  }
}
