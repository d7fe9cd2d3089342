/**
 * What this process has taken from the queue, until it is settled. A writer thread that dies may have written what it never answered:
 * then a delivery is claimed anew while the word of its settlement is still tried. That word is not said a second time; where it
 * already stands behind the claim in the same batch, the time of the claim it is about keeps it from ending the new one.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Delivery, Settlement } from '../../transaction/ports.ts'
import type { Parts } from './parts.ts'

const again = 1_000

export interface UnderWay {
  claim(processor: string, limit: number, at: number): Promise<readonly Delivery[]>
  take(delivery: number, at: number): Promise<Delivery | null>
  /** Tried until it is written: a delivery must not stay under way because the disk was full for a moment. */
  settle(delivery: number, settlement: Settlement): Promise<void>
}

export function trackUnderWay(parts: Pick<Parts, 'batches' | 'underWay' | 'options' | 'closing'>): UnderWay {
  const { batches, underWay, options } = parts
  /** By delivery, the call that settles it. */
  const settling = new Map<number, symbol>()
  return {
    async claim(processor, limit, at) {
      const claimed = (await batches.operate({ kind: 'claim', processor, limit, at }).catch((error: unknown) => {
        // It may be written, and then what is being settled has been claimed anew, for nobody: the settlement is about that claim, too.
        for (const id of settling.keys()) underWay.set(id, null)
        throw error
      })) as readonly Delivery[]
      for (const { id } of claimed) {
        underWay.set(id, at)
        settling.delete(id)
      }
      return claimed
    },
    async take(delivery, at) {
      // Until it is answered: what is lost may be written.
      underWay.set(delivery, null)
      const [taken] = (await batches.operate({ kind: 'take', delivery, at })) as readonly Delivery[]
      if (taken === undefined) underWay.delete(delivery)
      else underWay.set(delivery, at)
      return taken ?? null
    },
    async settle(delivery, settlement) {
      const mine = Symbol()
      settling.set(delivery, mine)
      while (settling.get(delivery) === mine) {
        const claimed = underWay.get(delivery) ?? null
        try {
          await batches.operate({ kind: 'settle', delivery, claimed, settlement, at: options.clock() })
          if (settling.get(delivery) !== mine) return
          settling.delete(delivery)
          underWay.delete(delivery)
        } catch (error) {
          if (parts.closing) throw error
          options.log.warn({ err: error, delivery }, 'spool: an outcome could not be written; trying again')
          await pause(again, undefined, { ref: false })
        }
      }
    },
  }
}
