/**
 * Octets as base64 (RFC 4648 4) on the way: pieces of 64 KiB whatever the size of the chunks that come, so that only the last
 * is padded. It must never hold more than one piece.
 */

/** A multiple of three octets. */
const pieceOctets = 48 * 1024

/** Fills a piece and encodes it when it is full. */
export async function* base64(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const piece = Buffer.allocUnsafe(pieceOctets)
  let filled = 0
  for await (const chunk of source) {
    for (let from = 0; from < chunk.length; ) {
      const part = chunk.subarray(from, from + pieceOctets - filled)
      piece.set(part, filled)
      filled += part.length
      from += part.length
      if (filled < pieceOctets) continue
      yield Buffer.from(piece.toString('base64'), 'latin1')
      filled = 0
    }
  }
  if (filled > 0) yield Buffer.from(piece.toString('base64', 0, filled), 'latin1')
}
