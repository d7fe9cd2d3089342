/** Reads a message's octets: those of a small one in one piece, those of a larger one as a stream from its file. */
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { BodyAt } from './reader-link.ts'
import { bodiesFolder, fileName } from './writer/files.ts'

const pieceSize = 64 * 1024

/** Throws where the file ends too early: half a message is never handed over as a whole one. */
export async function* readBody(directory: string, body: BodyAt): AsyncGenerator<Uint8Array> {
  if ('octets' in body) {
    yield body.octets
    return
  }
  const handle = await open(join(bodiesFolder(directory), fileName(body.file)), 'r')
  try {
    const end = body.position + body.size
    for (let at = body.position; at < end; ) {
      const piece = Buffer.allocUnsafeSlow(Math.min(pieceSize, end - at))
      const { bytesRead } = await handle.read(piece, 0, piece.length, at)
      if (bytesRead === 0) throw new Error(`message body ends at ${at - body.position} of ${body.size} octets`)
      yield piece.subarray(0, bytesRead)
      at += bytesRead
    }
  } finally {
    await handle.close()
  }
}
