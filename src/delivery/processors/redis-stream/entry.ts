/**
 * The fields of an entry: `id`, `message`, `event`, and `raw` or `url`. What is held in memory is bounded here: by `raw` for the
 * message, by `eventOctets` for the event, which is made smaller until it fits.
 */
import type { ContentOptions, MessageSource } from '../../../transaction/ports.ts'
import { eventBody } from '../../event/event.ts'
import { wholeMessage } from '../../event/whole-message.ts'
import { gather } from '../redis/gather.ts'
import type { PushCall } from '../redis/pusher.ts'

export interface EntryOptions {
  /** The raw message, our trace fields before it, goes along up to so many octets. */
  readonly raw: number
  /** What a larger message leaves instead: a link, where links are configured, or nothing. */
  readonly larger: 'link' | 'omit'
  readonly event: {
    /** Without it `content` is null, and nothing is parsed. */
    readonly content: boolean
    /** Attachments of up to so many octets stand in the event. */
    readonly attachments: number
    readonly larger: ContentOptions['larger']
  }
}

/** An event has no more octets than this. A larger one goes without attachments in it, and if need be without `content`. */
export const eventOctets = 8 * 1024 * 1024

/** Names and values by turns. */
export async function entryFields(call: PushCall, options: EntryOptions): Promise<(string | Buffer)[]> {
  const { delivery, message, signal } = call
  const fields: (string | Buffer)[] = ['id', delivery.idempotencyId, 'message', delivery.message, 'event', await eventOf(call, options)]
  const raw = await gather(wholeMessage(message, signal), { limit: options.raw, signal })
  if (raw !== null) return [...fields, 'raw', raw]
  const url = options.larger === 'link' ? (message.link?.() ?? null) : null
  return url === null ? fields : [...fields, 'url', url]
}

async function eventOf({ delivery, message, signal }: PushCall, { event }: EntryOptions): Promise<Buffer> {
  const make = (source: MessageSource, attachments: number) =>
    gather(eventBody(delivery, source, { raw: 'apart', attachments, larger: event.larger }), { limit: eventOctets, signal })
  const parsed = event.content ? ((await make(message, event.attachments)) ?? (await make(message, 0))) : null
  const whole = parsed ?? (await make(unparsed(message), 0))
  if (whole === null) throw new Error(`the event has more than ${eventOctets} octets`)
  return whole
}

function unparsed(message: MessageSource): MessageSource {
  const { bounce } = message
  return {
    traceFields: () => message.traceFields(),
    raw: () => message.raw(),
    ...(bounce === undefined ? {} : { bounce: () => bounce.call(message) }),
  }
}
