import { afterEach, expect, test } from 'vitest'
import { createTrace, type OpenTrace } from '../../../src/observe/trace.ts'
import type { TransactionRow } from '../../../src/transaction/ports.ts'

const START = 1_700_000_000_000
const open: OpenTrace[] = []
afterEach(() => {
  for (const trace of open.splice(0)) trace.close()
})

interface Line {
  readonly level: string
  readonly text: string
  readonly fields: Record<string, unknown>
}

function traced(more: { threshold?: number; store?: (rows: readonly TransactionRow[]) => void } = {}) {
  const lines: Line[] = []
  const batches: (readonly TransactionRow[])[] = []
  const at = (level: string) => (fields: object, text: string) => void lines.push({ level, text, fields: fields as Line['fields'] })
  const time = { now: START }
  const trace = createTrace({
    store: { store: more.store ?? (rows => void batches.push(rows)) },
    log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    clock: () => time.now,
    flushEvery: 3_600_000,
    floodThreshold: more.threshold ?? 3,
  })
  open.push(trace)
  return { trace, lines, batches, time, rows: () => batches.flat() }
}

const row = (more: Partial<TransactionRow> = {}): TransactionRow => ({
  id: 'id0',
  at: START,
  listener: 'smtp',
  client: '192.0.2.1',
  helo: 'client.example',
  sender: 'ann@example.net',
  recipients: ['incoming+x@example.org'],
  reply: '550 5.1.1 No such recipient here id0',
  verdict: 'reject',
  reason: 'key.unknown',
  decisions: [],
  message: null,
  count: 1,
  ...more,
})
const many = (count: number, trace: OpenTrace, more: (n: number) => Partial<TransactionRow> = () => ({})) => {
  for (let n = 0; n < count; n++) trace.record(row({ id: `id${n}`, recipients: [`incoming+${n}@example.org`], ...more(n) }))
}

test('a transaction is a line at once, and a row with the next batch', () => {
  const { trace, lines, batches } = traced()
  trace.record(row())
  expect(lines).toEqual([
    {
      level: 'info',
      text: 'rejected',
      fields: {
        id: 'id0',
        listener: 'smtp',
        client: '192.0.2.1',
        sender: 'ann@example.net',
        recipients: 'incoming+x@example.org',
        verdict: 'reject',
        reason: 'key.unknown',
        reply: '550 5.1.1 No such recipient here id0',
      },
    },
  ])
  expect(batches).toEqual([])
  trace.flush()
  expect(batches).toEqual([[row()]])
  trace.flush()
  expect(batches).toHaveLength(1)
})

test('a kept message is logged and not stored, and is never collapsed', () => {
  const { trace, lines, rows } = traced()
  many(50, trace, n => ({ verdict: 'accept', reason: null, message: `id${n}` }))
  trace.close()
  expect([lines.length, rows().length]).toEqual([50, 0])
})

test('the threshold is kept singly, one more is counted', () => {
  const { trace, lines, rows, time } = traced({ threshold: 3 })
  many(3, trace)
  time.now += 60_000
  trace.flush()
  expect(rows().map(({ id, count }) => [id, count])).toEqual([
    ['id0', 1],
    ['id1', 1],
    ['id2', 1],
  ])
  many(4, trace)
  trace.flush()
  expect([rows().length, lines.length]).toEqual([6, 6])
  time.now += 60_000
  trace.flush()
  expect(rows().at(-1)).toMatchObject({ id: 'id3', count: 1, recipients: ['incoming+3@example.org'] })
})

test('a flood is one row and one line a minute, with the count and the last recipients', () => {
  const { trace, lines, rows, time } = traced({ threshold: 3 })
  many(1000, trace)
  time.now += 59_999
  trace.flush()
  expect([rows().length, lines.length]).toEqual([3, 3])
  time.now += 1
  trace.flush()
  expect([rows().length, lines.length]).toEqual([4, 4])
  const summary = rows().at(-1)!
  expect(summary).toMatchObject({ id: 'id3', count: 997, client: '192.0.2.1', verdict: 'reject', reason: 'key.unknown' })
  expect([...summary.recipients].sort()).toEqual([995, 996, 997, 998, 999].map(n => `incoming+${n}@example.org`))
  expect(lines.at(-1)).toMatchObject({ level: 'info', fields: { count: 997, network: '192.0.2.0/24', reason: 'key.unknown' } })
})

test('the next minute begins again', () => {
  const { trace, rows, time } = traced({ threshold: 3 })
  many(10, trace)
  time.now += 60_000
  trace.flush()
  many(10, trace)
  time.now += 60_000
  trace.flush()
  expect(rows().map(({ count }) => count)).toEqual([1, 1, 1, 7, 1, 1, 1, 7])
})

test('networks and reasons are counted apart, addresses of a network together', () => {
  const { trace, rows } = traced({ threshold: 1 })
  many(4, trace, n => ({ client: `192.0.2.${n}` }))
  many(3, trace, () => ({ client: '198.51.100.1' }))
  many(2, trace, () => ({ reason: 'recipient.relay' }))
  many(2, trace, () => ({ client: null, reason: null, verdict: 'accept' }))
  trace.close()
  const counted = rows().slice(4)
  expect(counted.map(({ client, reason, count }) => [client, reason, count])).toEqual([
    ['192.0.2.0/24', 'key.unknown', 3],
    ['192.0.2.1', 'recipient.relay', 1],
    ['198.51.100.1', 'key.unknown', 2],
    [null, null, 1],
  ])
})

test('nothing is forgotten: counts add up to what was recorded', () => {
  const { trace, rows, time } = traced({ threshold: 2 })
  for (let n = 0; n < 30_000; n++) {
    trace.record(row({ client: `10.${n % 150}.${n % 200}.1`, reason: n % 3 === 0 ? 'recipient.relay' : 'key.unknown' }))
    if (n % 1000 === 0) {
      time.now += 10_000
      trace.flush()
    }
  }
  trace.close()
  expect(rows().reduce((sum, { count }) => sum + count, 0)).toBe(30_000)
})

test('more networks than are remembered are counted together, and one batch is bounded', () => {
  const { trace, rows, lines } = traced({ threshold: 1 })
  for (let n = 0; n < 12_000; n++) trace.record(row({ client: `${10 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}.1` }))
  trace.flush()
  expect([rows().length, lines.length]).toEqual([5000, 5000])
  trace.close()
  const others = rows().filter(({ client }) => client === 'others')
  expect(others.map(({ count }) => count)).toEqual([2000])
  expect(rows().reduce((sum, { count }) => sum + count, 0)).toBe(12_000)
})

test('what peers said is bounded in line and row', () => {
  const { trace, lines, rows } = traced()
  const long = `${'x'.repeat(100_000)}@example.org`
  trace.record(row({ helo: long, sender: long, recipients: Array.from({ length: 500 }, () => long), reply: long }))
  trace.flush()
  expect(JSON.stringify(lines).length).toBeLessThan(5000)
  expect(lines[0]!.fields.recipients).toMatch(/ and 495 more$/)
  expect(JSON.stringify(rows()).length).toBeLessThan(60_000)
  expect(rows()[0]!.recipients).toHaveLength(100)
})

test.each([512, 513])('an address of %d characters', length => {
  const { trace, rows } = traced()
  const sender = 'x'.repeat(length)
  trace.record(row({ sender }))
  trace.flush()
  expect(rows()[0]!.sender).toBe(length === 512 ? sender : `${'x'.repeat(511)}…`)
})

test('a store that throws is logged and harms nobody', () => {
  const { trace, lines } = traced({
    store: () => {
      throw new Error('closed')
    },
  })
  trace.record(row())
  expect(() => trace.flush()).not.toThrow()
  expect(lines.at(-1)).toMatchObject({ level: 'error', text: 'trace rows were lost' })
})

test('close gives everything at once', () => {
  const { trace, rows } = traced({ threshold: 1 })
  many(5, trace)
  trace.close()
  expect(rows().map(({ count }) => count)).toEqual([1, 4])
})

test('the timer flushes', async () => {
  const batches: number[] = []
  const quiet = () => undefined
  const trace = createTrace({
    store: { store: rows => void batches.push(rows.length) },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    clock: Date.now,
    flushEvery: 10,
    floodThreshold: 3,
  })
  open.push(trace)
  trace.record(row())
  await expect.poll(() => batches).toEqual([1])
})
