/**
 * The database file: how it is opened, its tables, and the statements prepared once. WAL with synchronous=FULL: a commit is
 * one flush of the log. Indices are few, since each costs a dirty page a message: deliveries of a message have consecutive
 * ids, the first of which is the message's own `seq`, so that no index leads from one to the other; those few that follow later
 * have a partial one. Small bodies of one batch lie together in a pack, which fills its pages where a row each would leave half
 * of them empty.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { bodiesFolder, isBody } from './files.ts'

export const schemaVersion = 4

/** `about` is never NULL in a delivery that was added to its message later. */
const followIndex = 'CREATE INDEX deliveries_follow ON deliveries (message) WHERE about IS NOT NULL;'

/** What is put aside is found, counted and queued again by the hundred thousand; accepted mail costs it nothing. */
const asideIndex = `CREATE INDEX deliveries_aside ON deliveries (state, id, processor, mailbox, received)
  WHERE state = 'failed' OR state = 'held' OR state = 'discarded';`

/**
 * `due` of a queued delivery: when it is called. Of one that is under way: when a repeat of it was answered 250, NULL where none
 * was; it says what `dropped` comes to. NULL of all others.
 */
const schema = `
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
  idempotency BLOB NOT NULL, about TEXT, answer TEXT
);
CREATE INDEX deliveries_idempotency ON deliveries (idempotency);
CREATE INDEX deliveries_due ON deliveries (processor, due) WHERE state = 'queued';
${followIndex}
${asideIndex}
CREATE TABLE seen (idempotency BLOB PRIMARY KEY, message TEXT NOT NULL, received INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE trace (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL, at INTEGER NOT NULL, client TEXT, verdict TEXT NOT NULL, reason TEXT,
  recipients TEXT NOT NULL, rest TEXT NOT NULL
);
CREATE INDEX trace_id ON trace (id);
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
PRAGMA user_version = ${schemaVersion};
`

export const databasePath = (directory: string): string => join(directory, 'spool.db')

/** Bodies without the rows that name them would be taken for orphans and removed: the database was lost, not the mail. */
function refuseLost(directory: string): void {
  const found = readdirSync(bodiesFolder(directory)).filter(isBody).length
  if (found === 0) return
  throw new Error(
    `${databasePath(directory)} is missing or empty, but ${bodiesFolder(directory)} has ${found} files of messages: put the database back, or move that folder away to begin anew`,
  )
}

/** From the version before, in one transaction: what is in the database stays as it is. */
const migrations: ReadonlyMap<number, string> = new Map([
  [1, `ALTER TABLE deliveries ADD COLUMN about TEXT; ${followIndex}`],
  [2, asideIndex],
  [3, 'ALTER TABLE deliveries ADD COLUMN answer TEXT;'],
])

/** Throws where there is no way from `version` to ours, and then leaves the database alone. */
function migrate(db: DatabaseSync, directory: string, version: number): void {
  for (let from = version; from !== schemaVersion; from++) {
    const step = migrations.get(from)
    if (step === undefined)
      throw new Error(`${databasePath(directory)} has schema version ${version}; this program knows version ${schemaVersion}`)
    db.exec(`BEGIN IMMEDIATE; ${step} PRAGMA user_version = ${from + 1}; COMMIT`)
  }
}

/** Opens the database for writing, making it if it isn't there; one of an earlier version is brought up to date. Throws where it is of a version unknown here, lost or no database. */
export function openDatabase(directory: string): DatabaseSync {
  const db = new DatabaseSync(databasePath(directory))
  db.exec('PRAGMA busy_timeout = 2000; PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  // A checkpoint writes every page a second time and flushes twice: seldom, so that pages written often are written once.
  db.exec('PRAGMA wal_autocheckpoint = 8000; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY')
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
  if (version === 0) {
    refuseLost(directory)
    db.exec(`BEGIN; ${schema} COMMIT`)
    return db
  }
  try {
    migrate(db, directory, version)
  } catch (error) {
    db.close()
    throw error
  }
  return db
}
