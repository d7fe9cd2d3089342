/**
 * The writer thread: the only one that writes to the database. It takes one batch at a time, one
 * transaction and one flush, and answers it with one message. Bodies too large for it are on the disk before their rows come
 * (bodies.ts). It knows nothing of sessions and keeps no clock: times come with the requests.
 */
import { hash } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { failureOf, isOfDisk } from '../failure.ts'
import {
  type Batch,
  type CommitResult,
  type Failure,
  isFailure,
  type MessageTuple,
  type OperationResult,
  type WriterReply,
  type WriterRequest,
  type WriterStart,
  type Written,
} from '../wire.ts'
import { addToSpool, type BodyIn } from './commit.ts'
import { openDatabase } from './database.ts'
import { makeFiles } from './files.ts'
import { makeFlush } from './flush.ts'
import { makePurge } from './purge.ts'
import { operate } from './queue.ts'
import { recover } from './recover.ts'
import { inTransaction, makeStore, type Store, tallyOf } from './store.ts'
import { addTrace } from './trace.ts'

const start = workerData as WriterStart
const port = parentPort!
const db = openDatabase(start.directory)
const recovery = recover(db, start)
const files = makeFiles(start.directory, recovery.live, recovery.last)
const store: Store = makeStore(db, files, recovery.draft)
const flush = makeFlush(db)
const purge = makePurge(start.retention)

const send = (reply: WriterReply, transfer: ArrayBuffer[] = []): void => port.postMessage(reply, transfer)
const failed = (error: unknown): Failure => failureOf(error, start.directory)

function bodyOf(message: MessageTuple, packed: ArrayBuffer | null): BodyIn {
  const [size, bodyStart, position, file, digest] = [message[9], message[10], message[11], message[12], message[14]]
  if (file !== 0) return { octets: null, digest }
  const octets = packed === null ? new Uint8Array(0) : new Uint8Array(packed, position, size)
  return { octets, digest: hash('sha256', octets.subarray(bodyStart), 'hex') }
}

interface Results {
  commits: (CommitResult | Failure)[]
  results: (OperationResult | Failure)[]
}

function writeWhole(batch: Batch, bodies: readonly BodyIn[]): Results {
  return inTransaction(store, () => {
    const commits = batch.messages.map((message, i) => addToSpool(store, message, bodies[i]!))
    const results = batch.operations.map(operation => operate(store, operation, purge))
    addTrace(store, batch.trace)
    return { commits, results }
  })
}

/** Each in a transaction of its own: one entry that the database won't take must not fail its neighbours. */
function writeApart(batch: Batch, bodies: readonly BodyIn[]): Results {
  const alone = <T>(work: () => T): T | Failure => {
    try {
      return inTransaction(store, work)
    } catch (error) {
      return failed(error)
    }
  }
  const commits = batch.messages.map((message, i) => alone(() => addToSpool(store, message, bodies[i]!)))
  const results = batch.operations.map(operation => alone(() => operate(store, operation, purge)))
  for (const row of batch.trace) alone(() => addTrace(store, [row]))
  return { commits, results }
}

function write(batch: Batch): Written {
  flush(batch)
  const bodies = batch.messages.map(message => bodyOf(message, batch.bodies))
  /** A message that is not kept leaves no file of its own behind. */
  const drop = (message: MessageTuple): void => {
    if (message[13] === 1) files.remove(message[12])
  }
  let written: Results
  try {
    written = writeWhole(batch, bodies)
  } catch (error) {
    if (isOfDisk(error)) {
      batch.messages.forEach(drop)
      return { failure: failed(error) }
    }
    written = writeApart(batch, bodies)
    written.commits.forEach((commit, i) => {
      if (isFailure(commit)) drop(batch.messages[i]!)
    })
  }
  return { failure: null, ...written, tally: tallyOf(store.draft) }
}

function close(): void {
  db.close()
  send({ kind: 'closed' })
  port.close()
}

port.on('message', (request: WriterRequest) => {
  switch (request.kind) {
    case 'batch':
      return send({ kind: 'answer', bodies: request.bodies, ...write(request) }, request.bodies === null ? [] : [request.bodies])
    case 'left':
      return files.left(request.file)
    case 'close':
      return close()
  }
})
send({ kind: 'ready', tally: tallyOf(store.draft), recovered: recovery.recovered, last: recovery.last })
