/**
 * The octets of a message that comes piece by piece, as the checks read them: one after the other, each acknowledged when it is
 * taken, so that the sender knows when to go on.
 */
import type { Pieces } from '../opening.ts'
import { pieceSize } from '../wire.ts'
import type { Turn } from './turns.ts'

export interface Inflow {
  readonly pieces: Pieces
  push(octets: ArrayBuffer): void
  end(): void
  /** What is waiting, and whoever waits, is let go. */
  break(): void
}

/** Each piece waits for its turn. */
export function createInflow(taken: () => void, turn: Turn): Inflow {
  const waiting: Uint8Array[] = []
  let ended = false
  let broken = false
  let wake: (() => void) | null = null
  const woken = (): void => {
    wake?.()
    wake = null
  }
  return {
    async pieces() {
      while (waiting.length === 0 && !ended && !broken) await new Promise<void>(resolve => (wake = resolve))
      if (waiting.length > 0) await turn()
      if (broken) throw new Error('the message broke off')
      const piece = waiting.shift()
      if (piece === undefined) return null
      taken()
      return piece
    },
    push(octets) {
      waiting.push(new Uint8Array(octets))
      woken()
    },
    end() {
      ended = true
      woken()
    },
    break() {
      broken = true
      waiting.length = 0
      woken()
    },
  }
}

/** A message that is there as a whole. */
export function wholePieces(octets: ArrayBuffer, turn: Turn): Pieces {
  let left: Uint8Array | null = new Uint8Array(octets)
  return async () => {
    if (left !== null && left.length > pieceSize) await turn()
    const piece = left
    left = null
    return piece
  }
}
