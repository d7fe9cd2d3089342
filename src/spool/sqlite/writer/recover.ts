/**
 * What a start puts right. SQLite's log drops half-written transactions by itself; here the files are compared with the rows:
 * a file that no row names, or octets behind the last row's, were never answered with 250. A row that points past its file
 * (a disk that lost a flush) is counted, and its waiting deliveries fail rather than hand over half a message.
 */
import { readdirSync, statSync, truncateSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { DeliveryState } from '../../../transaction/ports.ts'
import type { Recovered } from '../options.ts'
import type { WriterStart } from '../wire.ts'
import { bodiesFolder, fileName, isBody } from './files.ts'
import { type Draft, noCounts } from './store.ts'

interface Extent {
  readonly file: number
  readonly messages: number
  readonly end: number
}

function requeue(db: DatabaseSync, start: WriterStart): number {
  const known = new Set(start.underWay ?? [])
  const rows = db.prepare(`SELECT id FROM deliveries WHERE state = 'delivering'`).all() as { id: number }[]
  const lost = rows.filter(({ id }) => !known.has(id))
  const again = db.prepare(`UPDATE deliveries SET state = 'queued', due = ?, changed = ? WHERE id = ?`)
  for (const { id } of lost) again.run(start.at, start.at, id)
  return lost.length
}

/** What was queued while the clock was ahead would wait until that time comes. Fails on a file that may not be written. */
function hurry(db: DatabaseSync, { at }: WriterStart): void {
  db.prepare(`UPDATE deliveries SET due = ?, since = min(since, ?), changed = ? WHERE state = 'queued' AND changed > ?`).run(at, at, at, at)
}

const sizeOf = (path: string): number => {
  try {
    return statSync(path).size
  } catch {
    return -1
  }
}

/** Fails what waits for a body that isn't there. */
function failDamaged(db: DatabaseSync, file: number, length: number): number {
  const rows = db.prepare('SELECT seq, deliveries FROM messages WHERE file = ? AND position + size > ?').all(file, Math.max(0, length))
  const fail = db.prepare(
    `UPDATE deliveries SET state = 'failed', due = NULL, detail = 'the message is missing on disk' 
      WHERE ((id >= ? AND id < ?) OR (message = ? AND about IS NOT NULL)) AND state = 'queued'`,
  )
  for (const { seq, deliveries } of rows as { seq: number; deliveries: number }[]) fail.run(seq, seq + deliveries, seq)
  return rows.length
}

function checkFiles(db: DatabaseSync, folder: string, extents: readonly Extent[]) {
  const named = new Set(extents.map(({ file }) => fileName(file)))
  const found = readdirSync(folder)
  const orphans = found.filter(name => isBody(name) && !named.has(name))
  for (const name of orphans) unlinkSync(join(folder, name))
  let tails = 0
  let damaged = 0
  for (const { file, end } of extents) {
    const path = join(folder, fileName(file))
    const length = sizeOf(path)
    if (length < end) damaged += failDamaged(db, file, length)
    if (length > end) {
      truncateSync(path, end)
      tails += length - end
    }
  }
  return { orphans: orphans.length, tails, damaged, last: Math.max(0, ...found.filter(isBody).map(Number)) }
}

function sums(db: DatabaseSync): Draft {
  const counts = noCounts()
  for (const row of db.prepare('SELECT state, count(*) AS n FROM deliveries GROUP BY state').all() as { state: DeliveryState; n: number }[])
    counts[row.state] = row.n
  const size = db.prepare('SELECT total(size) AS used, total(size * postmaster) AS postmaster FROM messages').get() as Record<
    string,
    number
  >
  const highest = db.prepare('SELECT max(id) AS id FROM deliveries').get() as { id: number | null }
  const saved = db.prepare(`SELECT value FROM meta WHERE name = 'next-id'`).get() as { value: number } | undefined
  const seen = db.prepare('SELECT 1 FROM seen LIMIT 1').get() !== undefined
  const nextId = Math.max(1, (highest.id ?? 0) + 1, saved?.value ?? 0)
  return { used: size.used ?? 0, postmaster: size.postmaster ?? 0, counts, nextId, seen, after: [] }
}

export interface Recovery {
  readonly recovered: Recovered
  readonly draft: Draft
  /** Messages by file, and the highest file number seen. */
  readonly live: Map<number, number>
  readonly last: number
}

export function recover(db: DatabaseSync, start: WriterStart): Recovery {
  db.exec('BEGIN IMMEDIATE')
  const requeued = requeue(db, start)
  hurry(db, start)
  const extents = db
    .prepare('SELECT file, count(*) AS messages, max(position + size) AS end FROM messages WHERE file IS NOT NULL GROUP BY file')
    .all() as unknown as Extent[]
  const { last, ...files } = checkFiles(db, bodiesFolder(start.directory), extents)
  db.exec('COMMIT')
  const { messages } = db.prepare('SELECT count(*) AS messages FROM messages').get() as { messages: number }
  const live = new Map(extents.map(({ file, messages: count }) => [file, count]))
  return { recovered: { messages, requeued, ...files }, draft: sums(db), live, last }
}
