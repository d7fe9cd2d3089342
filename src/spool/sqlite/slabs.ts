/**
 * Memory for middling bodies on their way to the disk, used again and again. A chunk from a socket that is kept until its
 * flush outlives the young generation, and V8 answers every few megabytes of such buffers with a collection of the whole
 * heap; copied here at once, the chunk dies young and the copy is never garbage.
 */
export interface Slabs {
  take(): Uint8Array
  /** The caller must not use it any more. */
  give(slab: Uint8Array): void
}

export const slabSize = 64 * 1024
/** Slabs kept for the next use: what some 64 large messages at once need. */
const mostSpare = 256

export function makeSlabs(): Slabs {
  const spare: Uint8Array[] = []
  return {
    take: () => spare.pop() ?? new Uint8Array(Buffer.allocUnsafeSlow(slabSize).buffer),
    give: slab => {
      if (spare.length < mostSpare) spare.push(slab)
    },
  }
}

/** Octets gathered in slabs. */
export interface Gathered {
  add(chunk: Uint8Array): void
  /** What was added, in order; good until `release`. */
  chunks(): readonly Uint8Array[]
  release(): void
  /** As `release`, where somebody may still read them: the slabs are not used again. */
  forsake(): void
}

export function gather(slabs: Slabs): Gathered {
  let full: Uint8Array[] = []
  let last: Uint8Array | null = null
  let used = 0
  const forsake = (): void => {
    full = []
    last = null
    used = 0
  }
  return {
    add(chunk) {
      for (let at = 0; at < chunk.length; ) {
        last ??= slabs.take()
        const part = chunk.subarray(at, at + slabSize - used)
        last.set(part, used)
        at += part.length
        used += part.length
        if (used < slabSize) continue
        full.push(last)
        last = null
        used = 0
      }
    },
    chunks: () => (last === null ? full : [...full, last.subarray(0, used)]),
    release() {
      for (const slab of full) slabs.give(slab)
      if (last !== null) slabs.give(last)
      forsake()
    },
    forsake,
  }
}
