/**
 * Reads bounces in one worker thread under a budget of time and memory, so that a hostile message delays nobody. What breaks the
 * budget, or can't be read, is no bounce as far as anybody is told: the raw message is handed over all the same.
 */
import { Piscina } from 'piscina'
import { joined } from '../lib/joined.ts'
import type { Bounce } from '../mail/delivery-status.ts'
import type { Log } from '../transaction/ports.ts'

export interface BounceReaderOptions {
  /** Milliseconds a message may take, waiting for others not counted in. */
  readonly timeout: number
  /** Octets of heap the worker may have. */
  readonly memory: number
  readonly log: Log
}

export interface BounceReader {
  /**
   * Null where the message is no bounce, or can't be read within the budget. Rejects where `raw` does, and once it was closed:
   * what was not read is to be read later, not to be taken for no bounce.
   */
  read(raw: AsyncIterable<Uint8Array>): Promise<Bounce | null>
  close(): Promise<void>
}

/** A bounce says what it has to say at its beginning; behind it comes the original. */
export const maxOctets = 1024 * 1024

/** How long the thread is kept for the next message, in milliseconds. */
const idle = 60_000
const mebi = 1024 * 1024

export function openBounceReader({ timeout, memory, log }: BounceReaderOptions): BounceReader {
  const pool = new Piscina<Uint8Array, Bounce | null>({
    filename: new URL(`./bounce-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url).href,
    name: 'read',
    minThreads: 0,
    maxThreads: 1,
    concurrentTasksPerWorker: 1,
    idleTimeout: idle,
    resourceLimits: { maxOldGenerationSizeMb: Math.ceil(memory / mebi), maxYoungGenerationSizeMb: 16 },
  })
  // A thread that dies while it has nothing to do; what it was asked rejects by itself.
  pool.on('error', () => {})
  let closed = false
  let turn: Promise<unknown> = Promise.resolve()
  const run = async (octets: Uint8Array<ArrayBuffer>): Promise<Bounce | null> => {
    if (closed) throw new Error('the reader of bounces is closed')
    const signal = AbortSignal.timeout(timeout)
    try {
      return await pool.run(octets, { signal, transferList: [octets.buffer] })
    } catch (error) {
      if (closed) throw error
      const status = signal.aborted ? 'over-time' : isMemory(error) ? 'over-memory' : 'unreadable'
      log.warn({ status, cause: String(error) }, 'a message could not be read as a bounce')
      return null
    }
  }
  return {
    async read(raw) {
      const octets = await beginning(raw)
      // One after the other here, so that the time-out begins when the work does.
      const mine = turn.then(() => run(octets))
      turn = mine.catch(() => {})
      return mine
    },
    async close() {
      closed = true
      await pool.destroy()
    },
  }
}

const isMemory = (error: unknown): boolean => (error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY'

/** A copy of the first octets, in memory of its own, to be given away. */
async function beginning(raw: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of raw) {
    chunks.push(chunk.subarray(0, maxOctets - size))
    size += chunks.at(-1)!.length
    if (size >= maxOctets) break
  }
  return joined(chunks)
}
