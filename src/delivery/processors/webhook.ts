/**
 * Hands a delivery to an application by HTTP POST: the event, the bare message or both, signed as Standard Webhooks says
 * (docs/webhook.md). The body is read twice, once to count and sign it, once to send it, and never held as a whole.
 * It must follow no redirect, call no URL but the operator's, and never throw: every trouble is a retry.
 */
import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { type Signer, signer } from '../../lib/standard-webhooks.ts'
import type { Delivery, Log, MessageSource, Outcome, Processor } from '../../transaction/ports.ts'
import { withAnswer } from '../answer.ts'
import { readOnce } from '../event/read-once.ts'
import { outcomeOf, outcomeOfError } from '../outcome.ts'
import { bodyOf } from './webhook/body.ts'
import type { Form } from './webhook/form.ts'
import { openTarget, type Target, type TargetOptions } from './webhook/target.ts'
import { within } from './within.ts'

export interface WebhookOptions extends TargetOptions {
  /** The processor's name, for the log. */
  readonly name: string
  readonly log: Log
}

/** A body this small is kept from the first reading, and not read again. */
const keptOctets = 256 * 1024
/** A connection that breaks so soon, in milliseconds, was closed by the other side before it saw the call. */
const atOnce = 1_000

interface Call {
  readonly delivery: Delivery
  readonly message: MessageSource
  readonly signal: AbortSignal
}

/** Throws an Error that names what is wrong with the options: URL, secret, credentials, time-out or concurrency. */
export function webhook(options: WebhookOptions): Processor {
  const { name, timeout, concurrency, log } = options
  const target = openTarget(options)
  const bounds = { timeout, late: `no complete answer within ${timeout} ms`, stopped: 'the call was broken off', outcomeOfError }
  const { body, event } = target.form
  return {
    concurrency,
    timeout,
    content: () => (body === 'raw' ? null : { inline: event.attachments, larger: event.larger }),
    async deliver(delivery, message, signal) {
      const start = performance.now()
      const outcome = await within(bounds, signal, inner => call(target, { delivery, message: readOnce(message), signal: inner }))
      log.debug(
        { processor: name, id: delivery.message, outcome: outcome.kind, ms: Math.round(performance.now() - start) },
        'webhook called',
      )
      return outcome
    },
    close: () => target.pool.destroy(),
  }
}

async function call(target: Target, { delivery, message, signal }: Call): Promise<Outcome> {
  const id = `msg_${delivery.idempotencyId}`
  const at = Date.now()
  const timestamp = Math.floor(at / 1_000)
  const body = await bodyOf(delivery, message, target.form)
  const sign = target.secrets.length === 0 ? null : signer(target.secrets, id, timestamp)
  const { length, kept } = await measure(body, sign, signal)
  const headers = {
    'user-agent': 'Postern',
    ...target.headers,
    ...body.fields,
    'content-type': body.contentType,
    // Written out: many application servers don't take a chunked request.
    'content-length': String(length),
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    ...(sign === null ? {} : { 'webhook-signature': sign.signature() }),
    'idempotency-key': delivery.idempotencyId,
    ...(target.credentials === null ? {} : { [target.credentials.name]: await target.credentials.value(at) }),
  }
  const send = () => target.pool.request({ method: 'POST', path: target.path, headers, body: kept ?? Readable.from(body.pieces()), signal })
  return answered(await once(send))
}

async function answered({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Outcome> {
  const retryAfter = headers['retry-after']
  const answer = await body.text()
  const outcome = outcomeOf({ status: statusCode, retryAfter: [retryAfter].flat()[0] ?? null, body: answer }, Date.now())
  // What is said of mail that was taken is of no interest, and there is much of it.
  return outcome.kind === 'delivered' ? outcome : withAnswer(outcome, answer)
}

const broken: ReadonlySet<unknown> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

/**
 * A kept connection may be closed by the other side at the moment it is used (RFC 9112 9.3.1). Where it breaks at once and before an
 * answer, the call is made a second time; the idempotency key makes that harmless where the first was seen after all.
 */
async function once<Value>(send: () => Promise<Value>): Promise<Value> {
  const start = performance.now()
  try {
    return await send()
  } catch (error) {
    if (!broken.has((error as { code?: unknown }).code) || performance.now() - start > atOnce) throw error
    return send()
  }
}

/** The first reading: length and signature, and the body itself where it is small. */
async function measure(body: Form, sign: Signer | null, signal: AbortSignal): Promise<{ length: number; kept: Buffer | null }> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of body.pieces()) {
    signal.throwIfAborted()
    length += piece.length
    sign?.update(piece)
    if (length <= keptOctets) pieces.push(piece)
    else pieces.length = 0
  }
  return { length, kept: length <= keptOctets ? Buffer.concat(pieces) : null }
}
