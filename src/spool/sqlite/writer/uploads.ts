/**
 * Streamed bodies on their way to files of their own. Packets are written in order, off the thread, so that a large message
 * doesn't hold up the commits of small ones; `finish` flushes the file and its folder. The hash runs along from the first
 * empty line; where the caller says that the body starts elsewhere, the file is read once more.
 */
import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { Files } from './files.ts'

export interface Upload {
  readonly file: number
  /** SHA-256 of the body proper; '' until finished. */
  digest: string
}

interface Running extends Upload {
  handle: FileHandle | null
  size: number
  start: number
  hash: Hash
  error: unknown
  chain: Promise<void>
}

export interface Uploads {
  /** Resolves when the packet may be used again. Never rejects: the error waits for `finish`. */
  write(upload: number, packet: Uint8Array): Promise<void>
  /** Rejects with what went wrong in `write` or now; then the file is gone. */
  finish(upload: number, bodyStart: number): Promise<void>
  /** A finished upload, given away to the transaction that keeps it. */
  take(upload: number): Upload
  drop(upload: number): void
}

const emptyLine = Buffer.from('\r\n\r\n')

async function hashFrom(path: string, start: number): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { start })) hash.update(chunk as Uint8Array)
  return hash.digest('hex')
}

async function writePacket(running: Running, packet: Uint8Array, path: string): Promise<void> {
  running.handle ??= await open(path, 'wx', 0o600)
  let octets = packet
  // Only in the first packet: a longer header is found by reading the file once more.
  if (running.size === 0) {
    const found = Buffer.from(packet.buffer, packet.byteOffset, packet.length).indexOf(emptyLine)
    running.start = found === -1 ? -1 : found + emptyLine.length
    octets = found === -1 ? packet.subarray(0, 0) : packet.subarray(running.start)
  }
  if (running.start !== -1) running.hash.update(octets)
  let written = 0
  while (written < packet.length) {
    const { bytesWritten } = await running.handle.write(packet, written, packet.length - written, running.size + written)
    written += bytesWritten
  }
  running.size += packet.length
}

async function finishFile(running: Running, bodyStart: number, files: Files): Promise<void> {
  if (running.error !== null) throw running.error
  if (running.handle === null) throw new Error('a streamed body without octets')
  await running.handle.datasync()
  files.syncDirectory()
  await running.handle.close()
  running.handle = null
  running.digest = running.start === bodyStart ? running.hash.digest('hex') : await hashFrom(files.path(running.file), bodyStart)
}

export function makeUploads(files: Files): Uploads {
  const all = new Map<number, Running>()
  const find = (upload: number): Running => {
    let running = all.get(upload)
    if (running === undefined) {
      running = {
        file: files.next(),
        digest: '',
        handle: null,
        size: 0,
        start: 0,
        hash: createHash('sha256'),
        error: null,
        chain: Promise.resolve(),
      }
      all.set(upload, running)
    }
    return running
  }
  const discard = async (upload: number, running: Running): Promise<void> => {
    all.delete(upload)
    await running.handle?.close().catch(() => {})
    files.remove(running.file)
  }
  return {
    write: (upload, packet) => {
      const running = find(upload)
      running.chain = running.chain.then(async () => {
        if (running.error !== null) return
        try {
          await writePacket(running, packet, files.path(running.file))
        } catch (error) {
          running.error = error
        }
      })
      return running.chain
    },
    finish: async (upload, bodyStart) => {
      const running = find(upload)
      await running.chain
      try {
        await finishFile(running, bodyStart, files)
      } catch (error) {
        await discard(upload, running)
        throw error
      }
    },
    take: upload => {
      const running = find(upload)
      all.delete(upload)
      return running
    },
    drop: upload => {
      const running = all.get(upload)
      if (running !== undefined) running.chain = running.chain.then(() => discard(upload, running))
    },
  }
}
