/**
 * The octets of a message on their way to a checking thread: a small one copied once into a buffer of its own, a large one piece by
 * piece in fresh buffers, no faster than the thread takes them. What comes in is never changed and never kept.
 */
import { joined } from '../lib/joined.ts'
import type { MessageOctets } from '../transaction/ports.ts'
import { pieceSize, wholeSize, window } from './wire.ts'

/** Null for a message that goes in pieces. */
export function smallMessage(octets: MessageOctets): readonly Uint8Array[] | null {
  if (!Array.isArray(octets)) return null
  const chunks = octets as readonly Uint8Array[]
  return sizeOf(chunks) > wholeSize ? null : chunks
}

export const sizeOf = (chunks: readonly Uint8Array[]): number => chunks.reduce((sum, { length }) => sum + length, 0)

/** All of it in one buffer. */
export const copyMessage = (chunks: readonly Uint8Array[]): ArrayBuffer => joined(chunks).buffer

export interface Feed {
  /** The thread took a piece. */
  taken(): void
  /** No more is wanted. */
  stop(): void
  /** The thread has taken all there was: it waits for the octets. */
  readonly starved: boolean
}

export interface FeedEvents {
  piece(octets: ArrayBuffer): void
  end(): void
  failed(error: unknown): void
}

export function startFeed(octets: MessageOctets, events: FeedEvents): Feed {
  let credit = window
  let stopped = false
  let waiting = true
  let wake: (() => void) | null = null
  const go = (): void => {
    wake?.()
    wake = null
  }
  const pump = async (): Promise<void> => {
    for await (const chunk of octets) {
      for (let at = 0; at < chunk.length && !stopped; at += pieceSize) {
        waiting = false
        while (credit === 0 && !stopped) await new Promise<void>(resolve => (wake = resolve))
        if (stopped) return
        credit--
        // A Buffer's own slice would be a view.
        events.piece(new Uint8Array(chunk.subarray(at, at + pieceSize)).buffer)
      }
      if (stopped) return
      waiting = true
    }
    waiting = false
    if (!stopped) events.end()
  }
  pump().catch(error => {
    if (!stopped) events.failed(error)
  })
  return {
    get starved() {
      return waiting && credit === window
    },
    taken() {
      credit++
      go()
    },
    stop() {
      stopped = true
      go()
    },
  }
}
