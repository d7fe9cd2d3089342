/**
 * What every transaction leaves behind: a line in the log, and a row for the store unless a message was kept (then the
 * spool has it). Rows go to the store in batches. A flood is counted, not listed: of transactions without a message, the first
 * few per network, reason and minute are kept singly; the rest becomes one row and one line with `count` (trace-flood.ts).
 * Never blocks and never throws.
 */
import { LOCAL, networkOf } from '../lib/network.ts'
import type { Clock, Log, Trace, TraceStore, TransactionRow } from '../transaction/ports.ts'
import { createFlood, type Group } from './trace-flood.ts'
import { boundedRow, logFields, textFor } from './trace-row.ts'

export interface TraceOptions {
  readonly store: TraceStore
  readonly log: Log
  readonly clock: Clock
  /** Milliseconds between two batches to the store. */
  readonly flushEvery: number
  /** How many per network, reason and minute are kept singly. */
  readonly floodThreshold: number
}

export interface OpenTrace extends Trace {
  /** Gives the store what has gathered; counted rows only once their minute is over. */
  flush(): void
  /** Gives the store everything, and stops the timer. */
  close(): void
}

const MINUTE = 60_000
/** Rows waiting for the store. Beyond it (many networks at once) everything is counted only. */
const MOST_WAITING = 5000

export function createTrace(options: TraceOptions): OpenTrace {
  const { store, log, clock } = options
  const flood = createFlood(options.floodThreshold)
  let waiting: TransactionRow[] = []
  let minuteEnds = clock() + MINUTE

  const single = (row: TransactionRow) => {
    log.info(logFields(row), textFor(row.verdict))
    if (row.message === null) waiting.push(boundedRow(row))
  }
  const counted = (group: Group) => {
    log.info({ ...logFields(group.row), count: group.row.count, network: group.network }, 'more of the same in this minute')
    waiting.push(group.row)
  }
  const flush = (everything: boolean) => {
    if (everything || clock() >= minuteEnds) {
      minuteEnds = clock() + MINUTE
      for (const group of flood.end()) counted(group)
    }
    if (waiting.length === 0) return
    const rows = waiting
    waiting = []
    store.store(rows)
  }
  const guarded = (act: () => void) => {
    try {
      act()
    } catch (error) {
      log.error({ err: error }, 'trace rows were lost')
    }
  }
  const record = (row: TransactionRow) => {
    const network = row.client === null ? LOCAL : networkOf(row.client)
    if (row.message !== null || flood.isSingle(network, row, waiting.length < MOST_WAITING)) single(row)
  }
  const timer = setInterval(() => guarded(() => flush(false)), options.flushEvery).unref()
  return {
    record(row) {
      try {
        record(row)
      } catch (error) {
        log.error({ err: error }, 'a trace row was lost')
      }
    },
    flush: () => guarded(() => flush(false)),
    close() {
      clearInterval(timer)
      guarded(() => flush(true))
    },
  }
}
