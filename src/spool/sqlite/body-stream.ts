/**
 * A large body on its way to a file of its own. One write is under way at a time; what comes meanwhile goes with the next,
 * and the sender waits when too much has gathered, so that memory is bounded whatever the size. The hash runs along from the
 * first empty line; where the caller says that the body starts elsewhere, the file is read once more.
 */
import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { SpoolUnavailable } from '../../transaction/ports.ts'
import { type BodyFile, type KeptBody, openBodyFile } from './body-file.ts'
import { readPart } from './raw.ts'
import { mostWaiting } from './wire.ts'

export interface BodyStream {
  /** A promise: wait before the next chunk. Errors are told by `finish`. */
  write(chunk: Uint8Array): void | Promise<void>
  /** Resolves when file and name are flushed. Rejects with SpoolUnavailable; then the file is gone. */
  finish(bodyStart: number): Promise<KeptBody>
  /** What was written so far, read back from the file, a piece at a time. What can't be read back can't be kept: `finish` rejects, too. */
  read(): AsyncIterable<Uint8Array>
  drop(): void
}

export interface StreamOptions {
  readonly file: number
  readonly path: string
  readonly flushNames: () => Promise<void>
  /** Throws where what was written can't be kept any more. */
  readonly check: () => void
  readonly unavailable: (error: unknown) => SpoolUnavailable
  /** The body is to be kept; and its row stands, or never will. */
  readonly begun: () => void
  readonly settled: () => void
  readonly remove: () => Promise<void>
}

const emptyLine = Buffer.from('\r\n\r\n')

export function makeStream(options: StreamOptions): BodyStream {
  const hash = followHash()
  let opened: BodyFile | null = null
  let waiting: Uint8Array[] = []
  let waitingSize = 0
  let writing: Promise<void> | null = null
  let failure: unknown = null

  async function writeOut(): Promise<void> {
    try {
      opened ??= await openBodyFile(options.path, options.file)
      while (waiting.length > 0) {
        const chunks = waiting
        const size = waitingSize
        waiting = []
        waitingSize = 0
        await opened.write(chunks, opened.size)
        opened.size += size
      }
    } catch (error) {
      failure ??= error
      waiting = []
      waitingSize = 0
    }
    writing = null
  }
  async function discard(): Promise<void> {
    await writing
    await opened?.close().catch(() => {})
    opened = null
    await options.remove()
  }
  return {
    write(chunk) {
      if (failure !== null) return
      hash.add(chunk)
      waiting.push(chunk)
      waitingSize += chunk.length
      writing ??= writeOut()
      if (waitingSize > mostWaiting) return writing
    },
    async finish(bodyStart) {
      options.begun()
      try {
        await writing
        if (failure !== null) throw failure
        await opened!.flush()
        await options.flushNames()
        await opened!.close()
        opened = null
        const digest = hash.start() === bodyStart ? hash.digest() : await hashFrom(options.path, bodyStart)
        options.check()
        return { file: options.file, position: 0, own: true, digest, settled: options.settled }
      } catch (error) {
        await discard()
        options.settled()
        throw options.unavailable(error)
      }
    },
    async *read() {
      await writing
      try {
        if (failure !== null) throw failure
        for await (const piece of readPart(options.path, { position: 0, size: opened?.size ?? 0 })) {
          yield piece
          if (failure !== null) throw failure
        }
      } catch (error) {
        failure ??= error
        throw options.unavailable(failure)
      }
    },
    drop() {
      failure ??= new SpoolUnavailable('the body was dropped', false)
      void discard()
    },
  }
}

/** Hashes what stands behind the first empty line of the first chunk; a longer header is not followed. */
function followHash(): { add(chunk: Uint8Array): void; start(): number; digest(): string } {
  const hash: Hash = createHash('sha256')
  let start: number | null = null
  return {
    add(chunk) {
      if (start === null) {
        const found = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).indexOf(emptyLine)
        start = found < 0 ? -1 : found + emptyLine.length
        if (found >= 0) hash.update(chunk.subarray(start))
      } else if (start >= 0) hash.update(chunk)
    },
    start: () => start ?? -1,
    digest: () => hash.digest('hex'),
  }
}

async function hashFrom(path: string, start: number): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { start })) hash.update(chunk as Uint8Array)
  return hash.digest('hex')
}
