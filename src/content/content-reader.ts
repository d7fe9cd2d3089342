/**
 * Parses messages in threads of their own, under budgets: a hostile message costs a thread, never the loop that serves sessions, and
 * its neighbours at most a wait. What breaks a budget says so in its `status`; the raw message can be had all the same.
 */
import { Piscina } from 'piscina'
import type { Links } from '../lib/attachment-link.ts'
import { createBoundedMap } from '../lib/bounded-map.ts'
import { placed, places } from '../lib/places.ts'
import type { UnparsedContent } from '../mail/content.ts'
import type { ContentOptions, Log } from '../transaction/ports.ts'
import type { ContentTask, Taken, Task } from './content-worker.ts'
import type { ContentLimits } from './limits.ts'
import { type Raw, readWhole } from './read-whole.ts'
import { createTogether } from './together.ts'

export interface ContentReaderOptions extends ContentLimits {
  /** Threads. */
  readonly workers: number
  /** Milliseconds a message may take, waiting for others not counted in. */
  readonly time: number
  /** Octets of heap a thread may have. */
  readonly memory: number
  /** Octets of a message that is looked at at all. */
  readonly size: number
  /** Where attachments can be fetched; null: nowhere. */
  readonly links: Links | null
  readonly log: Log
}

export interface MessageFacts {
  /** The message's id. */
  readonly id: string
  /** Octets. */
  readonly size: number
  /** Milliseconds since 1970. */
  readonly received: number
}

export interface ContentReader {
  /** `Content` as JSON in UTF-8. `raw` is called when a thread is free. Rejects where `raw` does, and once it was closed. */
  read(raw: Raw, facts: MessageFacts, options: ContentOptions): Promise<Uint8Array>
  /** One attachment by its index; null where there is none, or the message is over a budget. Rejects as `read`. */
  attachment(raw: Raw, index: number): Promise<Taken | null>
  close(): Promise<void>
}

/** The last contents are kept for the other recipients and processors of a message, and for the next attempt. */
const kept = { entries: 32, octets: 1024 * 1024 } as const
const mebi = 1024 * 1024

/** Octets of a message that shares a task with others, such messages that are read ahead, and milliseconds that such a task may take. */
const small = { octets: 32 * 1024, ahead: 32, time: 1_000 } as const

export function openContentReader(settings: ContentReaderOptions, open = openPool): ContentReader {
  const { size, links, log } = settings
  const limits = limitsOf(settings)
  const pool = open(settings)
  const threads = places(settings.workers)
  const ahead = places(small.ahead)
  const done = createBoundedMap<string, Uint8Array>(kept.entries)
  const underWay = new Map<string, Promise<Uint8Array>>()
  let closed = false
  const stillOpen = (): void => {
    if (closed) throw new Error('the reader of contents is closed')
  }

  /** At a thread, so that the time-out begins with the work, and ends nobody else's. `octets` gives memory that may be given away. */
  const alone = async (octets: () => Promise<Uint8Array<ArrayBuffer> | null>, task: (raw: Uint8Array) => Task): Promise<unknown> => {
    for (let tries = 0; ; tries++) {
      stillOpen()
      const whole = await octets()
      if (whole === null) return breach(`larger than ${size} octets`)
      const signal = AbortSignal.timeout(settings.time)
      try {
        return await pool.run(task(whole), { signal, transferList: [whole.buffer] })
      } catch (error) {
        if (closed) throw error
        if (signal.aborted) return breach(`it took longer than ${settings.time} ms`)
        if (isMemory(error)) return breach(`it took more than ${settings.memory} octets of memory`)
        // The thread may have died of what another message left behind.
        if (tries > 0) return { status: 'unreadable', problem: 'the parser failed', cause: error } satisfies Failed
      }
    }
  }
  const together = createTogether<ContentTask, unknown>({
    threads,
    async several(tasks) {
      stillOpen()
      return (await pool.run({ kind: 'contents', tasks }, { signal: AbortSignal.timeout(small.time) })) as readonly Uint8Array[]
    },
    alone: task =>
      alone(
        async () => Uint8Array.from(task.raw),
        raw => ({ ...task, raw }),
      ),
    sizeOf: ({ raw }) => raw.length,
  })
  const parse = async (raw: Raw, facts: MessageFacts, options: ContentOptions): Promise<unknown> => {
    if (facts.size > size) return breach(`larger than ${size} octets`)
    const task = (octets: Uint8Array): ContentTask => contentTask(octets, facts, options)
    if (facts.size > small.octets) return placed(threads, () => alone(() => readWhole(raw, facts.size, size), task))
    stillOpen()
    const octets = await placed(ahead, () => readWhole(raw, facts.size, size))
    return octets === null ? breach(`larger than ${size} octets`) : together.run(task(octets))
  }
  const fresh = async (raw: Raw, facts: MessageFacts, options: ContentOptions): Promise<Uint8Array> => {
    const result = await parse(raw, facts, options)
    if (result instanceof Uint8Array) return result
    const { status, problem, cause } = result as Failed
    log.warn(
      { message: facts.id, status, problem, ...(cause === undefined ? {} : { cause: String(cause) }) },
      'a message could not be parsed',
    )
    return new TextEncoder().encode(JSON.stringify({ status, problem } satisfies UnparsedContent))
  }
  const contentTask = (raw: Uint8Array, { id, received }: MessageFacts, { inline, larger }: ContentOptions): ContentTask => ({
    kind: 'content',
    raw,
    facts: { id, received },
    options: { inline, larger },
    limits,
    links,
  })
  return {
    async read(raw, facts, options) {
      stillOpen()
      const key = JSON.stringify([facts.id, facts.received, options.inline, options.larger])
      const known = done.get(key) ?? underWay.get(key)
      if (known !== undefined) return known
      const mine = fresh(raw, facts, options).finally(() => underWay.delete(key))
      underWay.set(key, mine)
      const content = await mine
      if (content.length <= kept.octets) done.set(key, content)
      return content
    },
    async attachment(raw, index) {
      const task = (octets: Uint8Array): Task => ({ kind: 'attachment', raw: octets, index, limits })
      const result = await placed(threads, () => alone(() => readWhole(raw, null, size), task))
      return result !== null && 'octets' in (result as object) ? (result as Taken) : null
    },
    async close() {
      closed = true
      await pool.destroy()
    },
  }
}

interface Failed extends UnparsedContent {
  readonly cause?: unknown
}

const breach = (problem: string): Failed => ({ status: 'over-budget', problem })

const limitsOf = ({ parts, depth, addresses, header, text, html }: ContentLimits): ContentLimits => ({
  parts,
  depth,
  addresses,
  header,
  text,
  html,
})

const isMemory = (error: unknown): boolean => (error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY'

/** The threads. For tests, which let some of their tasks go wrong. */
export function openPool({ workers, memory }: ContentReaderOptions): Pick<Piscina<Task, unknown>, 'run' | 'destroy'> {
  const pool = new Piscina<Task, unknown>({
    filename: new URL(`./content-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url).href,
    name: 'work',
    // One is there before the first message is, and stays.
    minThreads: 1,
    maxThreads: workers,
    // An abort ends a thread with all it does.
    concurrentTasksPerWorker: 1,
    idleTimeout: 60_000,
    resourceLimits: { maxOldGenerationSizeMb: Math.ceil(memory / mebi), maxYoungGenerationSizeMb: 16 },
  })
  // A thread that dies while it has nothing to do; what it was asked rejects by itself.
  pool.on('error', () => {})
  return pool
}
