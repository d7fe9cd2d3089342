/**
 * The header section of a message off its stream of pieces, with lines that end in CRLF, and what of the body came along. Reads no
 * further than the bound, however long the section is.
 */
import { bounds } from './bounds.ts'
import { endOfHead } from './head.ts'
import { createLineEnds } from './line-ends.ts'

/** The octets of a message, piece by piece; null at the end. */
export type Pieces = () => Promise<Uint8Array | null>

export interface Opening {
  readonly head: Buffer
  readonly rest: Uint8Array
  /** False where the section goes on behind the bound. */
  readonly complete: boolean
  /** For the pieces that follow. */
  readonly lineEnds: (piece: Uint8Array) => Uint8Array
}

export async function readOpening(pieces: Pieces): Promise<Opening> {
  const lineEnds = createLineEnds()
  let read: Buffer = Buffer.alloc(0)
  for (;;) {
    const piece = await pieces()
    if (piece === null) return { head: read, rest: new Uint8Array(0), complete: true, lineEnds }
    const from = read.length
    const fresh = lineEnds(piece)
    read = from === 0 ? Buffer.from(fresh.buffer, fresh.byteOffset, fresh.length) : Buffer.concat([read, fresh])
    const end = endOfHead(read, from)
    if (end > bounds.header || (end < 0 && read.length > bounds.header)) {
      return { head: read.subarray(0, bounds.header), rest: read.subarray(0, 0), complete: false, lineEnds }
    }
    if (end >= 0) return { head: read.subarray(0, end), rest: read.subarray(end), complete: true, lineEnds }
  }
}
