/**
 * Pushes into Redis for a processor: one connection, no queue while it is down, an outcome for everything that can happen.
 * It must never throw, and never say `delivered` for what the server hasn't said itself.
 */
import { messageOf } from '../../../lib/redis/client.ts'
import { connectRedis, type RedisOptions } from '../../../lib/redis/connect.ts'
import type { Script } from '../../../lib/redis/script.ts'
import { createStateLog, type StateTexts } from '../../../lib/redis/state-log.ts'
import type { Store } from '../../../lib/redis/store.ts'
import type { ContentOptions, Delivery, Log, MessageSource, Outcome, Processor } from '../../../transaction/ports.ts'
import { oneLine } from '../../outcome.ts'
import { within } from '../within.ts'
import { keepsConnection, outcomeOfCause } from './errors.ts'

export interface PusherOptions extends RedisOptions {
  /** The processor's name, for the log. */
  readonly name: string
  /** Milliseconds for the whole call, reading the message included. */
  readonly timeout: number
  /** Pushes at once; each holds what it pushes in memory. */
  readonly concurrency: number
  /** Milliseconds for which a push is remembered, so that it is not done twice: longer than deliveries are retried. */
  readonly mark: number
  readonly log: Log
}

export interface Push {
  readonly script: Script
  /** Where it stands when it is done: `in the stream` and what the mark says. */
  readonly place: string
  /** The parsed view that `prepare` asks for. */
  readonly content: ContentOptions | null
  /** Rejects where the message can't be read. The mark's name is the first key; its milliseconds are put before `args`. */
  prepare(call: PushCall): Promise<Prepared>
}

export interface PushCall {
  readonly delivery: Delivery
  readonly message: MessageSource
  readonly signal: AbortSignal
}

export interface Prepared {
  readonly keys: readonly string[]
  readonly args: readonly (string | number | Buffer)[]
}

const texts: StateTexts = {
  down: 'mail waits: Redis gives no answer',
  up: 'Redis answers again',
  refused: 'mail waits: Redis refuses it',
}

/** Connects in the background. Throws an Error that names what is wrong with the options. */
export function pusher(options: PusherOptions, push: Push): Processor {
  const { name, timeout, concurrency, mark, log } = options
  positive(timeout, 'time-out', 2 ** 31 - 1)
  positive(concurrency, 'concurrency', 10_000)
  positive(mark, 'mark', Number.MAX_SAFE_INTEGER)
  const store = connectRedis(options, {
    timeout,
    notices: server => createStateLog({ processor: name, server }, texts, log),
    prove: client => push.script.run(client, [], []),
    keeps: keepsConnection,
  })
  const limits = { timeout, late: `not done within ${timeout} ms`, stopped: 'the call was broken off', outcomeOfError }
  return {
    concurrency,
    timeout,
    // While Redis is down, trying costs nothing.
    content: () => (store.down === null ? push.content : null),
    async deliver(delivery, message, signal) {
      const start = performance.now()
      const outcome = await within(limits, signal, inner => deliverTo(store, { push, mark, call: { delivery, message, signal: inner } }))
      log.debug({ processor: name, id: delivery.message, outcome: outcome.kind, ms: Math.round(performance.now() - start) }, 'pushed')
      return outcome
    },
    close: () => store.close(),
  }
}

/** Whatever breaks the call is a retry. */
const outcomeOfError = (error: unknown): Outcome => ({ kind: 'retry', detail: oneLine(`the call failed: ${messageOf(error)}`) })

function positive(value: number, what: string, most: number): void {
  if (!(Number.isInteger(value) && value > 0 && value <= most)) throw new Error(`the ${what} of a processor is 1 or more, not ${value}`)
}

interface Work {
  readonly push: Push
  readonly mark: number
  readonly call: PushCall
}

async function deliverTo(store: Store, { push, mark, call }: Work): Promise<Outcome> {
  await store.tried()
  // Before the message is read: while Redis is down, trying costs nothing.
  if (store.down !== null) return outcomeOfCause(store.down)
  let prepared: Prepared
  try {
    prepared = await push.prepare(call)
  } catch (error) {
    return { kind: 'retry', detail: oneLine(`the message could not be read: ${messageOf(error)}`) }
  }
  const { keys, args } = prepared
  call.signal.throwIfAborted()
  try {
    return outcomeOfAnswer(await store.ask(client => push.script.run(client, keys, [mark, ...args])), push.place)
  } catch (error) {
    return outcomeOfCause(messageOf(error))
  }
}

function outcomeOfAnswer(answer: unknown, place: string): Outcome {
  const [fresh, mark] = Array.isArray(answer) ? answer : []
  if (fresh === 1) return { kind: 'delivered', detail: oneLine(`${place}: ${String(mark)}`) }
  if (fresh === 0) return { kind: 'delivered', detail: oneLine(`${place} since an earlier attempt: ${String(mark)}`) }
  return { kind: 'retry', detail: 'what came is no answer to the push: is this Redis?' }
}
