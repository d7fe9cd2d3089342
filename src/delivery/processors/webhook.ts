/**
 * Hands a delivery to an application by HTTP POST: a JSON event with the raw message, signed as Standard Webhooks says
 * (docs/webhook.md). The body is read twice, once to count and sign it, once to send it, and never held as a whole.
 * It must follow no redirect, call no URL but the operator's, and never throw: every trouble is a retry.
 */
import { Readable } from 'node:stream'
import { type Dispatcher, Pool } from 'undici'
import { parseSecret, type Signer, signer } from '../../lib/standard-webhooks.ts'
import type { Delivery, Log, MessageSource, Outcome, Processor } from '../../transaction/ports.ts'
import { eventBody } from '../event/event.ts'
import { outcomeOf, outcomeOfError } from '../outcome.ts'

export interface WebhookOptions {
  /** The processor's name, for the log. */
  readonly name: string
  readonly url: string
  /** `whsec_` and base64 of 24 to 64 octets; without it calls are not signed. */
  readonly secret?: string | undefined
  /** Milliseconds for the whole call, reading the message included. */
  readonly timeout: number
  /** Calls, and connections, at once. */
  readonly concurrency: number
  readonly log: Log
}

/** The answer is read this far; a longer one is no answer to a webhook. */
const maxAnswerOctets = 64 * 1024
/** A body this small is kept from the first reading, and not read again. */
const keptOctets = 256 * 1024

interface Target {
  readonly pool: Pool
  readonly path: string
  readonly secret: Buffer | null
}

interface Call {
  readonly delivery: Delivery
  readonly message: MessageSource
  readonly signal: AbortSignal
}

/** Throws an Error that names what is wrong with the options: URL, secret, time-out or concurrency. */
export function webhook(options: WebhookOptions): Processor {
  const { name, timeout, concurrency, log } = options
  if (!(timeout > 0 && timeout < 2 ** 31)) throw new Error(`the time-out of a webhook is a positive number of milliseconds, not ${timeout}`)
  if (!(Number.isInteger(concurrency) && concurrency > 0)) throw new Error(`the concurrency of a webhook is 1 or more, not ${concurrency}`)
  const target = openTarget(options)
  return {
    concurrency,
    timeout,
    async deliver(delivery, message, signal) {
      const start = performance.now()
      const outcome = await within(timeout, signal, inner => call(target, { delivery, message, signal: inner }))
      log.debug(
        { processor: name, id: delivery.message, outcome: outcome.kind, ms: Math.round(performance.now() - start) },
        'webhook called',
      )
      return outcome
    },
    close: () => target.pool.destroy(),
  }
}

function openTarget({ url: text, secret, timeout, concurrency }: WebhookOptions): Target {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) throw new Error('the URL of a webhook begins with http:// or https://')
  if (url.username !== '' || url.password !== '') throw new Error('a webhook URL can’t hold a name and password: use a secret instead')
  const pool = new Pool(url.origin, {
    connections: concurrency,
    pipelining: 1,
    connect: { timeout },
    // Our own time-out holds for the whole call, so undici's apply nowhere.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: maxAnswerOctets,
    // Short, unless the application's Keep-Alive field says more: a connection that it closes while we use it costs a retry.
    keepAliveTimeout: 1_000,
  })
  return { pool, path: url.pathname + url.search, secret: secret === undefined ? null : parseSecret(secret) }
}

/** Runs `work` with a signal that fires when `outer` does or the time is over. Ends then, whatever `work` does. */
async function within(timeout: number, outer: AbortSignal, work: (signal: AbortSignal) => Promise<Outcome>): Promise<Outcome> {
  const inner = new AbortController()
  const { promise: cut, resolve } = Promise.withResolvers<Outcome>()
  const end = (detail: string): void => {
    resolve({ kind: 'retry', detail })
    inner.abort(new Error(detail))
  }
  const stop = (): void => end('the call was broken off')
  const timer = setTimeout(() => end(`no complete answer within ${timeout} ms`), timeout)
  outer.addEventListener('abort', stop, { once: true })
  if (outer.aborted) stop()
  try {
    return await Promise.race([cut, outer.aborted ? cut : work(inner.signal).catch(outcomeOfError)])
  } finally {
    clearTimeout(timer)
    outer.removeEventListener('abort', stop)
  }
}

async function call(target: Target, { delivery, message: given, signal }: Call): Promise<Outcome> {
  const message = readingBounceOnce(given)
  const id = `msg_${delivery.idempotencyId}`
  const timestamp = Math.floor(Date.now() / 1_000)
  const sign = target.secret === null ? null : signer(target.secret, id, timestamp)
  const measured = await measure({ delivery, message, signal }, sign)
  const { statusCode, headers, body }: Dispatcher.ResponseData = await target.pool.request({
    method: 'POST',
    path: target.path,
    headers: {
      'content-type': 'application/json',
      // Written out: many application servers don't take a chunked request.
      'content-length': String(measured.length),
      'user-agent': 'Postern',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      ...(sign === null ? {} : { 'webhook-signature': sign.signature() }),
      'idempotency-key': delivery.idempotencyId,
    },
    body: measured.kept ?? Readable.from(eventBody(delivery, message)),
    signal,
  })
  const retryAfter = headers['retry-after']
  const answer = { status: statusCode, retryAfter: [retryAfter].flat()[0] ?? null, body: await body.text() }
  return outcomeOf(answer, Date.now())
}

/** The event is made twice, and a bounce costs more to read than to keep. */
function readingBounceOnce(message: MessageSource): MessageSource {
  const { bounce } = message
  if (bounce === undefined) return message
  let read: Promise<unknown> | null = null
  return { traceFields: () => message.traceFields(), raw: () => message.raw(), bounce: () => (read ??= bounce.call(message)) }
}

/** The first reading: length and signature, and the body itself where it is small. */
async function measure({ delivery, message, signal }: Call, sign: Signer | null): Promise<{ length: number; kept: Buffer | null }> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of eventBody(delivery, message)) {
    signal.throwIfAborted()
    length += piece.length
    sign?.update(piece)
    if (length <= keptOctets) pieces.push(piece)
    else pieces.length = 0
  }
  return { length, kept: length <= keptOctets ? Buffer.concat(pieces) : null }
}
