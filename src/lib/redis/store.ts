/**
 * Keeps one good connection to the store and asks questions over it: many in flight, written together, answered in order.
 * While there is no connection a question fails at once; an answer that is overdue, or an error that is about the server
 * and not about the key, ends the connection for all, and another is made. Never guesses: what is not answered fails.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { messageOf, severClient } from './client.ts'
import { createFlight } from './flight.ts'
import { errorCode, type StateLog } from './state-log.ts'

export interface StoreOptions {
  /** Milliseconds for one question. */
  readonly timeout: number
  readonly notices: StateLog
  /** Whether an error of this code leaves the connection good. */
  keeps(code: string): boolean
  /** A new connection, proved. Rejects with why there is none. */
  open(signal: AbortSignal): Promise<Redis>
}

export interface Store {
  /** Why a question would fail at once; null while there is a connection. */
  readonly down: string | null
  /** Resolves when there is a connection, or the first attempt since there was none has failed. */
  tried(): Promise<void>
  /** Only while `down` is null. Rejects with an error whose message is the cause. */
  ask<T>(question: (client: Redis) => Promise<T>): Promise<T>
  /** Another connection is wanted: this one may lead to the wrong server. */
  renew(why: string): void
  /** Resolves when the questions in flight are answered or overdue. */
  close(): Promise<void>
}

/** With more questions in flight something is wrong, and memory is bounded. */
const maxWaiting = 10_000

export function keepStore({ timeout, notices, keeps, open }: StoreOptions): Store {
  const flight = createFlight(timeout)
  const line = keepLine({ open, up: notices.up, down: notices.down, fallen: flight.failAll, waits: () => flight.size > 0 })

  function refused(client: Redis, error: unknown): never {
    const why = messageOf(error)
    if (isReply(error) && keeps(errorCode(why))) notices.refused(why)
    else line.give(client, why)
    throw new Error(why)
  }

  return {
    get down() {
      return line.client === null ? line.cause : null
    },
    tried: () => line.tried(),
    async ask(question) {
      const { client } = line
      if (client === null) throw new Error(line.cause)
      if (flight.size >= maxWaiting) throw new Error(`${maxWaiting} questions wait for an answer already`)
      writeTogether(client)
      const answer = question(client).catch((error: unknown) => refused(client, error))
      return await flight.wait(answer, () => line.give(client, `no answer within ${timeout} ms`))
    },
    renew(why) {
      if (line.client !== null) line.give(line.client, why)
    },
    async close() {
      const last = line.close()
      const patience = new AbortController()
      await Promise.race([flight.landed(), sleep(timeout, null, { signal: patience.signal }).catch(() => {})])
      patience.abort()
      flight.failAll('closed')
      if (last !== null) severClient(last)
    },
  }
}

const isReply = (error: unknown): boolean => error instanceof Error && error.name === 'ReplyError'

/** All that is asked in one turn of the event loop goes out in one write. */
function writeTogether({ stream }: Redis): void {
  if (stream.writableCorked > 0) return
  stream.cork()
  process.nextTick(() => stream.uncork())
}

interface LineOptions {
  readonly open: StoreOptions['open']
  up(): void
  down(cause: string): void
  /** The connection was given up: what waits for it fails. */
  fallen(cause: string): void
  /** Whether anybody would notice: a connection that the server closed while nobody asked is made anew without a word. */
  waits(): boolean
}

const maxDelay = 2000
/** A connection that lives shorter than this counts as a failure, so that one that falls again and again is not made in a busy loop. */
const goodLife = 5000

/** At most one connection, made anew until `close`. */
function keepLine({ open, up, down, fallen, waits }: LineOptions) {
  const abort = new AbortController()
  let client: Redis | null = null
  let cause = 'not connected yet'
  let since = 0
  let failures = 0
  let opening = false
  let first = Promise.withResolvers<void>()

  function give(from: Redis, why: string): void {
    if (client !== from) return
    client = null
    cause = why
    first = Promise.withResolvers()
    if (Date.now() - since >= goodLife) failures = 0
    severClient(from)
    if (waits()) down(why)
    fallen(why)
    void reopen()
  }

  async function reopen(): Promise<void> {
    if (opening) return
    opening = true
    while (client === null && !abort.signal.aborted) await attempt().catch(failed)
    opening = false
  }

  async function attempt(): Promise<void> {
    if (failures > 0) await sleep(Math.min(50 * 2 ** (failures - 1), maxDelay), null, { signal: abort.signal })
    failures++
    const opened = await open(abort.signal)
    if (abort.signal.aborted || opened.status !== 'ready') return severClient(opened)
    client = opened
    since = Date.now()
    up()
    first.resolve()
    opened.once('end', () => give(opened, 'the connection was closed'))
  }

  function failed(error: unknown): void {
    if (abort.signal.aborted) return
    cause = messageOf(error)
    down(cause)
    first.resolve()
  }

  void reopen()
  return {
    get client() {
      return client
    },
    get cause() {
      return cause
    },
    tried: () => first.promise,
    give,
    /** Gives the connection, for what still waits for it. */
    close(): Redis | null {
      const last = client
      client = null
      cause = 'closed'
      first.resolve()
      abort.abort()
      return last
    },
  }
}
