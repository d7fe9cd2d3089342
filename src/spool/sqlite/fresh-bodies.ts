/**
 * Small bodies of mail that came just now, for whoever hands it over at once: the way to the reader thread and back takes longer than
 * all that is done with them. They are what the database has; it must forget them when anything is removed there.
 */
import { joined } from '../../lib/joined.ts'

export interface FreshBodies {
  /** Of a message whose row is written; copied. */
  add(message: string, chunks: readonly Uint8Array[]): void
  /** undefined: it is to be read. */
  get(message: string): Uint8Array | undefined
  clear(): void
}

/** Octets. What came first goes first: mail that waits is read from the disk. */
const most = 4 * 1024 * 1024

export function makeFreshBodies(limit = most): FreshBodies {
  const bodies = new Map<string, Uint8Array>()
  let size = 0
  return {
    add(message, chunks) {
      const body = joined(chunks)
      size += body.length - (bodies.get(message)?.length ?? 0)
      bodies.set(message, body)
      for (const [oldest, { length }] of bodies) {
        if (size <= limit) break
        bodies.delete(oldest)
        size -= length
      }
    },
    get: message => bodies.get(message),
    clear() {
      bodies.clear()
      size = 0
    },
  }
}
