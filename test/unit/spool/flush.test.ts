import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { MessageTuple, Operation } from '../../../src/spool/sqlite/wire.ts'
import { openDatabase } from '../../../src/spool/sqlite/writer/database.ts'
import { makeFlush } from '../../../src/spool/sqlite/writer/flush.ts'

const claim: Operation = { kind: 'claim', processor: 'app', limit: 1, at: 0 }
const nextDue: Operation = { kind: 'next-due', processor: 'app' }
const others: readonly Operation[] = [
  { kind: 'take', delivery: 1, at: 0 },
  { kind: 'settle', delivery: 1, claimed: null, settlement: { state: 'delivered', detail: '' }, at: 0 },
  { kind: 'redeliver', message: 'm', how: 'retry', delivery: null, at: 0 },
  { kind: 'redeliver-many', ids: [], how: 'retry', at: 0 },
  { kind: 'purge', at: 0 },
  { kind: 'probe', at: 0 },
]
const messages = [[] as unknown as MessageTuple]
const [normal, full] = [1, 2]

let folder: string
let db: DatabaseSync
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-flush-'))
  mkdirSync(join(folder, 'bodies'))
  db = openDatabase(folder)
})
afterEach(() => {
  db.close()
  rmSync(folder, { recursive: true })
})
const level = (): unknown => (db.prepare('PRAGMA synchronous').get() as { synchronous: number }).synchronous

describe('a batch is flushed', () => {
  test('where it brings a message, claims beside it or not', () => {
    const flush = makeFlush(db)
    expect(level()).toBe(full)
    flush({ messages: [], operations: [claim] })
    flush({ messages, operations: [] })
    expect(level()).toBe(full)
    flush({ messages: [], operations: [claim] })
    flush({ messages, operations: [claim] })
    expect(level()).toBe(full)
  })

  test.each(others)('where it holds: $kind', operation => {
    const flush = makeFlush(db)
    flush({ messages: [], operations: [claim] })
    flush({ messages: [], operations: [claim, operation, nextDue] })
    expect(level()).toBe(full)
  })

  test('where it brings rows of the trace alone, not', () => {
    const flush = makeFlush(db)
    flush({ messages: [], operations: [] })
    expect(level()).toBe(normal)
  })
})

test('claims alone are not flushed, until something else is', () => {
  const flush = makeFlush(db)
  flush({ messages: [], operations: [claim, nextDue] })
  expect(level()).toBe(normal)
  flush({ messages: [], operations: [others[0]!] })
  expect(level()).toBe(full)
})
