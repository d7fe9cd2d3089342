/** Writes trace rows of transactions that left no message. */
import type { TraceTuple } from '../wire.ts'
import type { Store } from './store.ts'

const insert = 'INSERT INTO trace (id, at, client, verdict, reason, recipients, rest) VALUES (?, ?, ?, ?, ?, ?, ?)'

export function addTrace(store: Store, rows: readonly TraceTuple[]): void {
  for (const row of rows) store.sql(insert).run(...row)
}
