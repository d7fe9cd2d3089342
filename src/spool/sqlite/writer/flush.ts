/**
 * Which batches are worth a flush: all but those that only claim, or write the trace. A claim that is lost with the machine's power is
 * made again, under the same idempotency id, and the next flush takes it along: what is written to the log later can't be there without
 * it.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Batch, Operation } from '../wire.ts'

const light: ReadonlySet<Operation['kind']> = new Set(['claim', 'next-due'])

/** Called before the transaction of each batch. `db` is in WAL mode, with synchronous=FULL. */
export function makeFlush(db: DatabaseSync): (batch: Pick<Batch, 'messages' | 'operations'>) => void {
  let full = true
  return ({ messages, operations }) => {
    const needed = messages.length > 0 || operations.some(({ kind }) => !light.has(kind))
    if (needed === full) return
    db.exec(`PRAGMA synchronous = ${needed ? 'FULL' : 'NORMAL'}`)
    full = needed
  }
}
