/** A database of an earlier version is brought up to date where it stands, with all that is in it, or not at all. */
import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openSpool } from '../../../src/spool/sqlite/spool.ts'
import { accept, collect, day, delivery, kinds, message, octets, start } from '../../contract/spool/messages.ts'
import { removeFolder, spoolOptions, temporaryFolder } from '../../contract/spool/place.ts'

/** The tables as version 1 made them. */
const version1 = `
CREATE TABLE messages (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL, received INTEGER NOT NULL, sender TEXT NOT NULL, subject TEXT NOT NULL,
  message_id TEXT NOT NULL, from_field TEXT NOT NULL, truncated INTEGER NOT NULL, client TEXT, verdict TEXT NOT NULL,
  postmaster INTEGER NOT NULL, deliveries INTEGER NOT NULL, size INTEGER NOT NULL, file INTEGER, pack INTEGER, position INTEGER NOT NULL,
  rest TEXT NOT NULL
);
CREATE INDEX messages_id ON messages (id);
CREATE TABLE packs (id INTEGER PRIMARY KEY, octets BLOB NOT NULL);
CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY, message INTEGER NOT NULL, received INTEGER NOT NULL, state TEXT NOT NULL, recipient TEXT NOT NULL,
  mailbox TEXT NOT NULL, route TEXT NOT NULL, key TEXT NOT NULL, claims TEXT NOT NULL, processor TEXT NOT NULL, reason TEXT,
  attempts INTEGER NOT NULL, due INTEGER, since INTEGER NOT NULL, changed INTEGER NOT NULL, detail TEXT NOT NULL,
  idempotency BLOB NOT NULL
);
CREATE INDEX deliveries_idempotency ON deliveries (idempotency);
CREATE INDEX deliveries_due ON deliveries (processor, due) WHERE state = 'queued';
CREATE TABLE seen (idempotency BLOB PRIMARY KEY, message TEXT NOT NULL, received INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE trace (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL, at INTEGER NOT NULL, client TEXT, verdict TEXT NOT NULL, reason TEXT,
  recipients TEXT NOT NULL, rest TEXT NOT NULL
);
CREATE INDEX trace_id ON trace (id);
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
PRAGMA user_version = 1;
`

let directory: string
beforeEach(async () => {
  directory = await temporaryFolder()
})
afterEach(() => removeFolder(directory))

const path = () => join(directory, 'spool.db')

/** Writes what the database holds into one of version 1 that takes its place. */
function backToVersion1(): void {
  const older = join(directory, 'older.db')
  const db = new DatabaseSync(older)
  db.exec(`${version1} ATTACH '${path()}' AS newer`)
  for (const table of ['messages', 'packs', 'deliveries', 'seen', 'trace', 'meta']) {
    const columns = db.prepare(`SELECT name FROM pragma_table_info('${table}')`).all() as { name: string }[]
    const names = columns.map(({ name }) => name).join(', ')
    db.exec(`INSERT INTO main.${table} (${names}) SELECT ${names} FROM newer.${table}`)
  }
  db.close()
  for (const left of ['-wal', '-shm']) rmSync(`${path()}${left}`, { force: true })
  renameSync(older, path())
}

const schemaOf = () => {
  const db = new DatabaseSync(path(), { readOnly: true })
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
  const columns = (db.prepare(`SELECT name FROM pragma_table_info('deliveries')`).all() as { name: string }[]).map(({ name }) => name)
  const indices = (db.prepare(`SELECT name FROM sqlite_master WHERE type = 'index' AND sql NOT NULL`).all() as { name: string }[]).map(
    ({ name }) => name,
  )
  db.close()
  return { version, columns, indices: indices.sort() }
}

it('keeps its mail, and takes notices from then on', async () => {
  const first = await openSpool(spoolOptions(directory))
  const fresh = schemaOf()
  const all = [40, 50_000, 600_000].map(size => ({
    one: message({ deliveries: [delivery(), delivery({ state: 'held' })] }),
    body: octets(size),
  }))
  for (const { one, body } of all) await accept(first, one, body)
  const before = await Promise.all(all.map(({ one }) => first.view(one.id)))
  await first.close()
  backToVersion1()
  expect(schemaOf()).toMatchObject({ version: 1, columns: expect.not.arrayContaining(['about']) })

  const spool = await openSpool(spoolOptions(directory))
  expect(schemaOf()).toEqual(fresh)
  expect(spool.recovered).toMatchObject({ messages: 3, orphans: 0, damaged: 0 })
  expect(await Promise.all(all.map(({ one }) => spool.view(one.id)))).toEqual(before)
  for (const { one, body } of all) {
    expect((await collect(await spool.raw(one.id))).equals(body)).toBe(true)
    expect(kinds(await accept(spool, message({ deliveries: one.deliveries }), body))).toEqual(['repeat', 'repeat'])
  }
  const [claimed] = await spool.claim('app', 1, start)
  const about = { recipient: claimed!.recipient, reason: 'application.failed' } as const
  const follow = delivery({ processor: 'notices', about, idempotency: { material: 'n', alone: true, window: day } })
  await spool.settle(claimed!.id, { state: 'failed', detail: 'no', follow })
  expect((await spool.view(all[0]!.one.id))?.deliveries.map(each => each.about)).toEqual([null, null, about])
  await spool.close()
})

it('leaves a database alone that it can not bring up to date', async () => {
  const first = await openSpool(spoolOptions(directory))
  const one = message()
  await accept(first, one)
  await first.close()
  backToVersion1()
  const before = schemaOf()
  const db = new DatabaseSync(path())
  // In the way of the last step: the ones before it must be undone.
  db.exec('CREATE TABLE deliveries_follow (x)')
  await expect(openSpool(spoolOptions(directory))).rejects.toThrow(/deliveries_follow/)
  expect(schemaOf()).toEqual(before)
  db.exec('DROP TABLE deliveries_follow')
  db.close()
  const spool = await openSpool(spoolOptions(directory))
  expect((await spool.view(one.id))?.deliveries).toHaveLength(1)
  await spool.close()
})

it('brings version 2 up to date, and finds in it what is put aside', async () => {
  const first = await openSpool(spoolOptions(directory))
  const fresh = schemaOf()
  const held = message({ deliveries: [delivery({ state: 'held' })] })
  await accept(first, held)
  await accept(first, message())
  await first.close()
  const db = new DatabaseSync(path())
  db.exec('ALTER TABLE deliveries DROP COLUMN answer; DROP INDEX deliveries_aside; PRAGMA user_version = 2')
  db.close()
  expect(schemaOf().indices).not.toEqual(fresh.indices)
  const spool = await openSpool(spoolOptions(directory))
  expect(schemaOf()).toEqual(fresh)
  expect((await spool.list({ state: 'held' })).map(({ id }) => id)).toEqual([held.id])
  expect((await spool.claim('app', 1, start))[0]?.machine).toBe('none')
  await spool.close()
})

it('brings version 3 up to date, and keeps in it what applications write', async () => {
  const first = await openSpool(spoolOptions(directory))
  const fresh = schemaOf()
  const one = message()
  await accept(first, one)
  await first.close()
  const db = new DatabaseSync(path())
  db.exec('ALTER TABLE deliveries DROP COLUMN answer; PRAGMA user_version = 3')
  db.close()
  expect(schemaOf()).not.toEqual(fresh)
  const spool = await openSpool(spoolOptions(directory))
  expect(schemaOf()).toEqual(fresh)
  const answer = async () => (await spool.view(one.id))?.deliveries[0]?.answer
  expect(await answer()).toBeNull()
  const [claimed] = await spool.claim('app', 1, start)
  await spool.settle(claimed!.id, { state: 'failed', detail: 'no', answer: 'why not' })
  expect(await answer()).toBe('why not')
  await spool.close()
})
