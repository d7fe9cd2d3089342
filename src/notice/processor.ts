/**
 * The processor of notices: for one delivery it writes the notice and sends it through the operator's relay. Who is told was
 * decided before and stands in the delivery. It must never throw, and never answer a notice that is refused with another one.
 */
import { formatAddress, needsUtf8, parseAddress } from '../mail/address.ts'
import { defaultHeaderLimit, parseHeader } from '../mail/header-fields.ts'
import { canonicalDomain } from '../policy/recipient/pattern.ts'
import type { Clock, Delivery, Log, MessageSource, Outcome, Processor } from '../transaction/ports.ts'
import { composeNotice } from './compose.ts'
import { accepted, outcomeOfError } from './outcome.ts'
import type { Templates } from './read-templates.ts'
import { NoSmtpUtf8, type SmtpOptions, sendParcel, smtpProblem } from './send.ts'

export interface NoticeOptions {
  /** Ours: in EHLO, in the notice's Message-ID and in its loop mark. */
  readonly hostname: string
  /** RFC5322.From of notices: an address that a person reads. */
  readonly from: string
  readonly smtp: SmtpOptions
  readonly templates: Templates
  readonly log: Log
  readonly clock: Clock
  /** Milliseconds for one notice, all in all; default 90 s. */
  readonly timeout?: number
}

const defaultTimeout = 90_000

/** Throws an Error that names what is wrong with the options. */
export function noticeProcessor(options: NoticeOptions): Processor & { close(): void } {
  const { from, smtp, timeout = defaultTimeout, log } = options
  const problem = parseAddress(from) === null || needsUtf8(from) ? `“${from}” is no address that notices can come from` : smtpProblem(smtp)
  if (problem !== null) throw new Error(problem)
  const closing = new AbortController()
  return {
    concurrency: 2,
    timeout,
    async deliver(delivery, message, signal) {
      const start = performance.now()
      const outcome = await within(timeout, [signal, closing.signal], inner => notice(options, { delivery, message, signal: inner }))
      const ms = Math.round(performance.now() - start)
      log.debug({ id: delivery.message, outcome: outcome.kind, ms }, 'notice sent, or not')
      return outcome
    },
    close: () => closing.abort(),
  }
}

/** Ends when `work` does, one of `outer` fires or the time is over, whatever `work` does then. */
async function within(timeout: number, outer: readonly AbortSignal[], work: (signal: AbortSignal) => Promise<Outcome>): Promise<Outcome> {
  const time = AbortSignal.timeout(timeout)
  const signal = AbortSignal.any([...outer, time])
  const { promise: cut, resolve } = Promise.withResolvers<Outcome>()
  const end = (): void => resolve({ kind: 'retry', detail: time.aborted ? `not sent within ${timeout} ms` : 'the sending was broken off' })
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  try {
    return await Promise.race([cut, signal.aborted ? cut : work(signal).catch(outcomeOfError)])
  } finally {
    signal.removeEventListener('abort', end)
  }
}

interface Call {
  readonly delivery: Delivery
  readonly message: MessageSource
  readonly signal: AbortSignal
}

async function notice(options: NoticeOptions, { delivery, message, signal }: Call): Promise<Outcome> {
  const to = sendable(delivery.recipient)
  if (to === null) return { kind: 'failed', detail: 'the address can’t be written in a mail transaction' }
  if (delivery.about === null) return { kind: 'failed', detail: 'this is no notice: it tells of nothing' }
  const utf8 = needsUtf8(to)
  const octets = await written(options, { delivery, about: delivery.about, to, header: await headOf(message) })
  signal.throwIfAborted()
  try {
    return accepted(await sendParcel({ ...options.smtp, name: options.hostname }, { recipient: to, utf8, octets }, signal))
  } catch (error) {
    if (!(error instanceof NoSmtpUtf8)) throw error
    return { kind: 'failed', detail: 'the relay takes no addresses in UTF-8 (SMTPUTF8), and this is one' }
  }
}

/** The address as it goes over the wire; null where it can't: an angle bracket in quotes is more than our client writes. */
function sendable(text: string): string | null {
  const address = parseAddress(text)
  if (address === null) return null
  const { localPart, domain } = address
  const sent = formatAddress({ localPart, domain: needsUtf8(localPart) ? domain : canonicalDomain(domain) })
  return /[<>]/.test(sent) ? null : sent
}

/** The start of the refused message, as much of it as may be header. */
async function headOf(message: MessageSource): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of await message.raw()) {
    pieces.push(piece)
    length += piece.length
    if (length >= defaultHeaderLimit) break
  }
  return Buffer.concat(pieces)
}

interface Writing {
  readonly delivery: Delivery
  readonly about: NonNullable<Delivery['about']>
  readonly to: string
  readonly header: Uint8Array
}

function written({ hostname, from, templates, clock }: NoticeOptions, { delivery, about, to, header }: Writing): Promise<Buffer> {
  const fields = parseHeader(header)
  return composeNotice({
    hostname,
    from,
    to,
    about,
    subject: delivery.subject,
    messageId: delivery.messageId,
    references: fields.first('references') ?? '',
    inReplyTo: fields.first('in-reply-to') ?? '',
    received: delivery.received,
    id: delivery.message,
    templates,
    date: clock(),
    noticeMessageId: noticeMessageId(delivery, hostname),
  })
}

/** The same in every attempt, so that a relay whose 250 was lost can see the second as a repeat; of another message it is another. */
export const noticeMessageId = ({ message, idempotencyId }: Pick<Delivery, 'message' | 'idempotencyId'>, hostname: string): string =>
  `<notice.${message}.${idempotencyId.slice(0, 16)}@${hostname}>`
