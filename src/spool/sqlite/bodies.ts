/**
 * Bodies that are too large for the database, written by this thread before their rows are: middling ones appended to a
 * segment, streamed ones to a file of their own. File numbers only grow and no position is used twice, even after a failure: a
 * row that a crash brings back must not find another's octets. Rows are the writer thread's affair.
 */
import { hash } from 'node:crypto'
import { access, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { SpoolUnavailable } from '../../transaction/ports.ts'
import { type BodyFile, flushFolder, grouped, type KeptBody, openBodyFile } from './body-file.ts'
import { type BodyStream, makeStream } from './body-stream.ts'
import { failureOf } from './failure.ts'
import { segmentSize } from './wire.ts'
import { bodiesFolder, fileName } from './writer/files.ts'

/** A file that bodies are appended to. It may only go once no row that needs it is still on its way. */
interface Segment {
  readonly opened: Promise<BodyFile>
  given: number
  underWay: number
  left: boolean
}

export interface Bodies {
  /** Appends a body to the segment; resolves when it is flushed. Rejects with SpoolUnavailable. */
  append(chunks: readonly Uint8Array[], bodyStart: number): Promise<KeptBody>
  stream(): BodyStream
  /** The writer thread is gone and its successor will tidy up: what is under way here can't be kept, and nothing until then. */
  fail(error: SpoolUnavailable): void
  /** The successor has tidied up. */
  resume(): void
  /** Whether what is appended to still stands under its name; where it doesn't, the next body begins another. Never rejects. */
  look(): Promise<void>
  /** Resolves when every row of a body that was begun to be kept stands. */
  close(): Promise<void>
}

export interface BodiesOptions {
  readonly directory: string
  /** The highest file number ever used. */
  readonly last: number
  /** Nothing more is appended to this file: it may go when no row needs it. */
  left(file: number): void
  /** Something could not be written. */
  failed(error: SpoolUnavailable): void
}

export function makeBodies({ directory, last, left, failed }: BodiesOptions): Bodies {
  const folder = bodiesFolder(directory)
  const pathOf = (file: number): string => join(folder, fileName(file))
  const flushNames = grouped(() => flushFolder(folder))
  let highest = last
  let segment: Segment | null = null
  /** Counts the writer threads that ended; what was begun under an earlier one, or under none, is void. */
  let era = 0
  let up = true
  let gone: SpoolUnavailable | null = null

  /** Bodies that were begun to be kept and whose rows don't stand yet. */
  let unsettled = 0
  let whenSettled: (() => void)[] = []
  const oneSettled = (): void => {
    unsettled--
    if (unsettled > 0) return
    for (const wake of whenSettled) wake()
    whenSettled = []
  }

  const unavailable = (error: unknown): SpoolUnavailable => {
    if (error instanceof SpoolUnavailable) return error
    const { message, full } = failureOf(error, directory)
    const reason = new SpoolUnavailable(message, full, error)
    failed(reason)
    return reason
  }
  const begin = async (): Promise<BodyFile> => {
    const file = ++highest
    const opened = await openBodyFile(pathOf(file), file)
    await flushNames()
    return opened
  }
  const retire = ({ opened, underWay, left: isLeft }: Segment): void => {
    if (!isLeft || underWay > 0) return
    opened.then(
      async file => {
        await file.close().catch(() => {})
        left(file.file)
      },
      () => {},
    )
  }
  /** A failed flush says nothing of what is on the disk, and a full segment is full: the next body begins another. */
  const leave = (leaving: Segment | null): void => {
    if (leaving === null || leaving.left) return
    if (segment === leaving) segment = null
    leaving.left = true
    retire(leaving)
  }
  const current = (size: number): Segment => {
    if (segment !== null && segment.given >= segmentSize) leave(segment)
    segment ??= { opened: begin(), given: 0, underWay: 0, left: false }
    segment.given += size
    segment.underWay++
    return segment
  }
  const sameEra = (at: number): void => {
    if (at !== era) throw gone
  }

  return {
    async append(chunks, bodyStart) {
      if (!up) throw gone
      const at = era
      const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
      const place = current(size)
      unsettled++
      const settled = (): void => {
        place.underWay--
        retire(place)
        oneSettled()
      }
      const digest = digestOf(chunks, bodyStart)
      try {
        const opened = await place.opened
        const position = opened.size
        opened.size += size
        await opened.write(chunks, position)
        await opened.flush()
        sameEra(at)
        return { file: opened.file, position, own: false, digest, settled }
      } catch (error) {
        leave(place)
        settled()
        throw unavailable(error)
      }
    },
    stream() {
      const at = up ? era : -1
      const file = ++highest
      return makeStream({
        file,
        path: pathOf(file),
        flushNames,
        check: () => sameEra(at),
        unavailable,
        begun: () => void unsettled++,
        settled: oneSettled,
        remove: () => unlink(pathOf(file)).catch(() => {}),
      })
    },
    fail(error) {
      gone = error
      up = false
      era++
      leave(segment)
    },
    resume() {
      up = true
    },
    async look() {
      const current = segment
      const file = await current?.opened.catch(() => undefined)
      if (file !== undefined) await access(pathOf(file.file)).catch(() => leave(current))
    },
    async close() {
      if (unsettled > 0) await new Promise<void>(resolve => whenSettled.push(resolve))
      const closing = segment
      leave(closing)
      await closing?.opened.catch(() => {})
    },
  }
}

function digestOf(chunks: readonly Uint8Array[], bodyStart: number): string {
  return hash('sha256', chunks.length === 1 ? chunks[0]!.subarray(bodyStart) : Buffer.concat(chunks).subarray(bodyStart), 'hex')
}
