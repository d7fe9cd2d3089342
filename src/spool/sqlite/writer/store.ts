/**
 * The state of the writer thread: the open database, the files of bodies, and the sums over both. Inside a transaction the
 * sums are a draft; what must only happen once the transaction stands (forgetting a file, unlinking it) waits in `after`.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { DeliveryState } from '../../../transaction/ports.ts'
import type { Counts } from '../options.ts'
import type { Tally } from '../wire.ts'
import type { Files } from './files.ts'
import { makePacks, type Packs } from './packs.ts'

export interface Draft {
  used: number
  postmaster: number
  counts: Counts
  /** The next id of a delivery; a message takes the id of its first one as `seq`. Never given twice. */
  nextId: number
  /** Whether `seen` has rows: it is rarely asked. */
  seen: boolean
  after: (() => void)[]
}

export interface Store {
  readonly db: DatabaseSync
  /** A statement of this text, prepared once. */
  sql(text: string): StatementSync
  readonly files: Files
  readonly packs: Packs
  /** Whether the next claim of a processor takes the one that became due last. */
  readonly turns: Map<string, boolean>
  /** Of the transaction that is open. */
  draft: Draft
}

export const noCounts = (): Counts => ({ queued: 0, delivering: 0, delivered: 0, held: 0, discarded: 0, failed: 0 })

export function makeStore(db: DatabaseSync, files: Files, draft: Draft): Store {
  const statements = new Map<string, StatementSync>()
  const sql = (text: string): StatementSync => {
    const known = statements.get(text)
    if (known !== undefined) return known
    const statement = db.prepare(text)
    statements.set(text, statement)
    return statement
  }
  return { db, sql, files, packs: makePacks(), turns: new Map(), draft }
}

export function move(store: Store, from: DeliveryState, to: DeliveryState): void {
  store.draft.counts[from] -= 1
  store.draft.counts[to] += 1
}

export const tallyOf = (draft: Draft): Tally => ({ used: draft.used, postmaster: draft.postmaster, counts: { ...draft.counts } })

/** Runs `work` as one transaction. If it throws, nothing of it is kept. */
export function inTransaction<T>(store: Store, work: () => T): T {
  const before = store.draft
  store.draft = { ...before, counts: { ...before.counts }, after: [] }
  store.sql('BEGIN IMMEDIATE').run()
  try {
    const result = work()
    store.packs.flush(store)
    store.sql('COMMIT').run()
    for (const act of store.draft.after) act()
    return result
  } catch (error) {
    store.packs.forget()
    store.draft = before
    // Some errors (a full disk) have rolled back already.
    if (store.db.isTransaction) store.sql('ROLLBACK').run()
    throw error
  }
}
