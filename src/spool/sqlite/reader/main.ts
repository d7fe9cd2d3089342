/** The reader thread: answers questions in their order over a read-only connection. Must never write. */
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { Question, ReaderReply } from '../reader-link.ts'
import { databasePath } from '../writer/database.ts'
import { count, ids, list } from './list.ts'
import { makeReading } from './rows.ts'
import { transactions } from './transactions.ts'
import { body, view } from './view.ts'

const db = new DatabaseSync(databasePath(workerData as string), { readOnly: true })
db.exec('PRAGMA busy_timeout = 2000; PRAGMA cache_size = -8000')
const reading = makeReading(db)
const port = parentPort!

function answer(question: Question): unknown {
  switch (question.kind) {
    case 'list':
      return list(reading, question.filter)
    case 'count':
      return count(reading, question.filter)
    case 'ids':
      return ids(reading, question.filter)
    case 'view':
      return view(reading, question.message)
    case 'transactions':
      return transactions(reading, question.filter)
    case 'body':
      return body(reading, question.message)
  }
}

port.on('message', (question: Question) => {
  let reply: ReaderReply
  try {
    reply = { result: answer(question) }
  } catch (error) {
    reply = { error: error instanceof Error ? error.message : String(error) }
  }
  port.postMessage(reply)
})
