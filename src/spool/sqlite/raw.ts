/** Reads a message's octets: those of a small one in one piece, those of a larger one as a stream from its file. */
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { BodyAt } from './reader-link.ts'
import { bodiesFolder, fileName } from './writer/files.ts'

const pieceSize = 64 * 1024

export interface Part {
  readonly position: number
  readonly size: number
}

export async function* readBody(directory: string, body: BodyAt): AsyncGenerator<Uint8Array> {
  if ('octets' in body) {
    yield body.octets
    return
  }
  yield* readPart(join(bodiesFolder(directory), fileName(body.file)), body)
}

/** Throws where the file ends too early: half a message is never handed over as a whole one. */
export async function* readPart(path: string, { position, size }: Part): AsyncGenerator<Uint8Array> {
  const handle = await open(path, 'r')
  try {
    const end = position + size
    for (let at = position; at < end; ) {
      const piece = Buffer.allocUnsafeSlow(Math.min(pieceSize, end - at))
      const { bytesRead } = await handle.read(piece, 0, piece.length, at)
      if (bytesRead === 0) throw new Error(`message body ends at ${at - position} of ${size} octets`)
      yield piece.subarray(0, bytesRead)
      at += bytesRead
    }
  } finally {
    await handle.close()
  }
}
