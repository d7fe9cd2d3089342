/** Octets that come in pieces, as one Buffer, up to a limit: what is over it is never held as a whole, nor read to its end. */

export interface Gathering {
  /** Octets; a body of exactly so many is given. */
  readonly limit: number
  readonly signal: AbortSignal
}

/** null: there are more than `limit`. Rejects where `source` does, or with the signal's reason. */
export async function gather(source: AsyncIterable<Uint8Array>, { limit, signal }: Gathering): Promise<Buffer | null> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of source) {
    signal.throwIfAborted()
    length += piece.length
    if (length > limit) return null
    pieces.push(piece)
  }
  return Buffer.concat(pieces, length)
}
