/** Rows of the database as the types of transaction/desk.ts, and the small parts of SQL that searches share. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { DeliveryView } from '../../../transaction/desk.ts'

export type Row = Record<string, string | number | null | Uint8Array>

export interface Reading {
  readonly db: DatabaseSync
  all(sql: string, parameters: readonly SQLInputValue[]): Row[]
}

/** Prepared statements are kept; there are few distinct ones. */
export function makeReading(db: DatabaseSync): Reading {
  const known = new Map<string, StatementSync>()
  // LIKE knows no case of ASCII only; people write names in all scripts.
  db.function('contains', { deterministic: true }, (text, part) => (String(text).toLowerCase().includes(String(part)) ? 1 : 0))
  return {
    db,
    all: (sql, parameters) => {
      const statement = known.get(sql) ?? db.prepare(sql)
      known.set(sql, statement)
      return statement.all(...parameters) as Row[]
    },
  }
}

const mostRows = 1_000
const usualRows = 50

/** A page's length: at least 1, at most 1,000, 50 where not said. */
export const pageOf = (limit: number | undefined): number =>
  limit === undefined || Number.isNaN(limit) ? usualRows : Math.min(mostRows, Math.max(1, Math.floor(limit)))

/** Conditions joined by AND, with their parameters. */
export interface Conditions {
  add(sql: string, ...parameters: SQLInputValue[]): void
  readonly parameters: SQLInputValue[]
  where(): string
}

export function conditions(): Conditions {
  const parts: string[] = []
  const parameters: SQLInputValue[] = []
  return {
    parameters,
    add: (sql, ...more) => {
      parts.push(sql)
      parameters.push(...more)
    },
    where: () => (parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`),
  }
}

export const toDeliveryView = (row: Row): DeliveryView => ({
  id: row.id as number,
  recipient: row.recipient as string,
  mailbox: row.mailbox as string,
  route: row.route as string,
  key: row.key as string,
  claims: JSON.parse(row.claims as string),
  processor: row.processor as string,
  state: row.state as DeliveryView['state'],
  reason: row.reason as DeliveryView['reason'],
  attempts: row.attempts as number,
  due: row.due as number | null,
  changed: row.changed as number,
  detail: row.detail as string,
  answer: row.answer as string | null,
  idempotencyId: Buffer.from(row.idempotency as Uint8Array).toString('hex'),
  about: row.about === null ? null : JSON.parse(row.about as string),
})
