/**
 * The embedded spool: SQLite and files of bodies behind the spool ports of transaction/ports.ts. This thread gathers and
 * hands over; the writer thread writes, the reader thread searches. A commit resolves after the flush and not before.
 */
import { access, constants, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { MessageFilter, Redelivered, Redelivery } from '../../transaction/desk.ts'
import { SpoolUnavailable } from '../../transaction/ports.ts'
import { lockDirectory } from './lock.ts'
import type { Spool, SpoolOptions } from './options.ts'
import { type Parts, startParts } from './parts.ts'
import { readBody } from './raw.ts'
import { pageOf } from './reader/rows.ts'
import { makeSink } from './sink.ts'
import { toTraceTuple } from './tuples.ts'
import { trackUnderWay } from './under-way.ts'
import { bodiesFolder } from './writer/files.ts'

const lookEvery = 1_000
const traceEvery = 250
const purgeEvery = 60_000
const purgePause = 50
const redeliverSlice = 250

/** What the sums tell is not counted anew. */
async function count({ reader, tally }: Parts, filter: MessageFilter): Promise<number> {
  const { limit: _, state, ...narrower } = filter
  if (Object.values(narrower).some(value => value !== undefined && value !== '')) return reader.ask({ kind: 'count', filter })
  const { counts } = tally()
  return state === undefined ? Object.values(counts).reduce((sum, n) => sum + n, 0) : (counts[state] ?? 0)
}

/** Looked for by the reader, however long that takes; changed by the writer, a slice at a time, so that no commit waits long. */
async function redeliverMany({ reader, batches, options }: Parts, filter: MessageFilter, how: Redelivery): Promise<Redelivered> {
  const found = await reader.ask({ kind: 'ids', filter })
  const ids = found.slice(0, pageOf(filter.limit))
  let changed = 0
  for (let from = 0; from < ids.length; from += redeliverSlice) {
    const slice = ids.slice(from, from + redeliverSlice)
    changed += (await batches.operate({ kind: 'redeliver-many', ids: slice, how, at: options.clock() })) as number
  }
  return { looked: ids.length, changed, next: found.length > ids.length ? ids.at(-1)! : null }
}

async function purge(parts: Parts): Promise<number> {
  for (let total = 0; ; ) {
    const removed = (await parts.batches.operate({ kind: 'purge', at: parts.options.clock() })) as number
    parts.fresh.clear()
    if (removed >= 0 || parts.closing) return total + Math.max(removed, -1 - removed)
    total += -1 - removed
    await pause(purgePause, undefined, { ref: false })
  }
}

/** Free space and health each second, the trace four times a second, retention each minute. */
function startTimers(parts: Parts): () => void {
  const { health, batches, bodies, options } = parts
  const every = (milliseconds: number, work: () => Promise<unknown>): NodeJS.Timeout =>
    setInterval(() => {
      work().catch(error => options.log.warn({ err: error }, 'spool: background work failed'))
    }, milliseconds).unref()
  const look = async (): Promise<void> => {
    await Promise.all([health.look(), bodies.look()])
    if (health.trouble() !== null) await batches.operate({ kind: 'probe', at: options.clock() }).catch(() => {})
  }
  const timers = [every(lookEvery, look), setInterval(batches.hurry, traceEvery).unref(), every(purgeEvery, () => purge(parts))]
  return () => timers.forEach(clearInterval)
}

function makeSpool(parts: Parts, close: () => Promise<void>): Spool {
  const { options, batches, health, reader, fresh } = parts
  const { clock, directory } = options
  const raw = async (message: string): Promise<AsyncIterable<Uint8Array>> => {
    const octets = fresh.get(message)
    if (octets !== undefined) return readBody(directory, { octets })
    const body = await reader.ask({ kind: 'body', message })
    return (body === null ? null : readBody(directory, body)) as AsyncIterable<Uint8Array>
  }
  return {
    recovered: parts.recovered,
    open: () => {
      const trouble = parts.closing ? new SpoolUnavailable('the spool is closing', false) : health.trouble()
      if (trouble !== null) throw trouble
      return makeSink(parts)
    },
    ...trackUnderWay(parts),
    nextDue: async processor => (await batches.operate({ kind: 'next-due', processor })) as number | null,
    raw,
    list: filter => reader.ask({ kind: 'list', filter }),
    count: filter => count(parts, filter),
    view: message => reader.ask({ kind: 'view', message }),
    transactions: async filter => {
      batches.hurry()
      return reader.ask({ kind: 'transactions', filter })
    },
    redeliver: async (message, how, delivery) =>
      (await batches.operate({ kind: 'redeliver', message, how, delivery: delivery ?? null, at: clock() })) as number,
    redeliverMany: (filter, how) => redeliverMany(parts, filter, how),
    status: () => {
      const trouble = health.trouble()
      return { writable: trouble === null, detail: trouble?.message ?? '', used: parts.tally().used, free: health.free() }
    },
    store: rows => {
      if (!parts.closing) batches.trace(rows.map(toTraceTuple))
    },
    counts: async () => ({ ...parts.tally().counts }),
    postmasterUse: () => parts.tally().postmaster,
    purge: () => purge(parts),
    close,
  }
}

async function makeFolders(directory: string): Promise<void> {
  try {
    await mkdir(bodiesFolder(directory), { recursive: true, mode: 0o700 })
  } catch (error) {
    // A read-only disk shows as ENOENT where several folders are made at once; asking for the right to write says EROFS.
    const why = await access(dirname(directory), constants.W_OK).then(
      () => error,
      cause => cause,
    )
    throw new Error(`can't make the spool directory ${directory}: ${(why as Error).message}`, { cause: why })
  }
}

/** Rejects where the directory can't be made or written, is another process's, or holds a database of another version. */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  await makeFolders(options.directory)
  const unlock = lockDirectory(options.directory)
  let parts: Parts
  try {
    parts = await startParts(options)
  } catch (error) {
    unlock()
    throw new Error(`can't open the spool in ${options.directory}: ${(error as Error).message}`, { cause: error })
  }
  const stopTimers = startTimers(parts)
  let closed: Promise<void> | null = null
  const close = async (): Promise<void> => {
    parts.closing = true
    stopTimers()
    await parts.bodies.close()
    await parts.batches.drained()
    await parts.link.close()
    await parts.reader.close()
    unlock()
  }
  return makeSpool(parts, () => (closed ??= close()))
}
