/**
 * The event, octet by octet: JSON with the parsed view spliced in as its maker gives it, and the raw message in base64 at the
 * end. Made in pieces, so that a message of any size takes little memory; the raw message must never be held as a whole.
 * The same delivery gives the same octets at every attempt (as far as the links in it do): an application may compare them.
 */
import type { ContentOptions, Delivery, MessageSource } from '../../transaction/ports.ts'
import { authenticationOf } from './authentication.ts'
import { base64 } from './base64.ts'
import { type EventBounce, type EventClaims, type EventData, eventType, eventVersion } from './types.ts'
import { wholeMessage } from './whole-message.ts'

export interface EventOptions {
  /**
   * How the raw message goes along. `link`: inline where no links are configured. `omit`: inline all the same, or as link, where the
   * message could not be parsed. `apart`: never, it stands beside the event.
   */
  readonly raw: 'inline' | 'link' | 'omit' | 'apart'
  /** Attachments of up to so many octets stand in the event. */
  readonly attachments: number
  readonly larger: ContentOptions['larger']
}

export const defaultEventOptions: EventOptions = Object.freeze({ raw: 'inline', attachments: 256 * 1024, larger: 'link' })

const iso = (at: number): string => new Date(at).toISOString()

/** Rejects where the message can't be read; with a RangeError for a time that is none. */
export async function* eventBody(delivery: Delivery, message: MessageSource, options = defaultEventOptions): AsyncGenerator<Buffer> {
  const bounce = ((await message.bounce?.()) ?? null) as EventBounce | null
  const content = await message.content?.({ inline: options.attachments, larger: options.larger })
  const { head, tail } = around(delivery, bounce)
  yield Buffer.from(`${head}"content":`)
  yield content === undefined ? Buffer.from('null') : Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  yield Buffer.from(',"raw":')
  yield* rawMember(message, howRaw(options.raw, content))
  yield Buffer.from(tail)
}

function howRaw(wanted: EventOptions['raw'], content: Uint8Array | undefined): EventOptions['raw'] {
  if (wanted !== 'omit' || content === undefined || statusOf(content) === 'parsed') return wanted
  return 'link'
}

async function* rawMember(message: MessageSource, how: EventOptions['raw']): AsyncGenerator<Buffer> {
  const url = how === 'link' ? (message.link?.() ?? null) : null
  if (how === 'omit' || how === 'apart') yield Buffer.from('null')
  else if (url !== null) yield Buffer.from(JSON.stringify({ url }))
  else {
    yield Buffer.from('{"encoding":"base64","content":"')
    yield* base64(wholeMessage(message))
    yield Buffer.from('"}')
  }
}

/** The `status` of a parsed view, from its first octets where it stands there: the whole may have megabytes. */
export function statusOf(content: Uint8Array): unknown {
  const first = /^\s*\{\s*"status"\s*:\s*"([a-z-]+)"/.exec(Buffer.from(content.subarray(0, 100)).toString('latin1'))?.[1]
  return first ?? (JSON.parse(Buffer.from(content).toString()) as { status?: unknown }).status
}

/** What stands before and after `content` and `raw`. */
function around(delivery: Delivery, bounce: EventBounce | null): { head: string; tail: string } {
  const timestamp = iso(delivery.received)
  const json = JSON.stringify({ type: eventType, version: eventVersion, timestamp, data: dataOf(delivery, bounce) })
  return { head: `${json.slice(0, -2)},`, tail: '}}' }
}

const dataOf = (delivery: Delivery, bounce: EventBounce | null): Omit<EventData, 'content' | 'raw'> => ({
  id: delivery.message,
  idempotencyId: delivery.idempotencyId,
  mailbox: delivery.mailbox,
  route: delivery.route,
  recipient: delivery.recipient,
  key: delivery.key,
  claims: claimsOf(delivery),
  envelope: { sender: delivery.sender, recipient: delivery.recipient, protocol: delivery.protocol, client: clientOf(delivery) },
  received: iso(delivery.received),
  size: delivery.size,
  subject: delivery.subject,
  messageId: delivery.messageId,
  authentication: authenticationOf(delivery),
  machine: delivery.machine,
  bounce,
})

const clientOf = ({ client: { address, name, helo, ident } }: Delivery): Delivery['client'] => ({ address, name, helo, ident })

/** Also what the header fields of a raw call tell. */
export const claimsOf = ({ claims: { subject, senders, keyId, expires } }: Delivery): EventClaims => ({
  ...(subject === undefined ? {} : { subject }),
  ...(senders === undefined ? {} : { senders }),
  ...(keyId === undefined ? {} : { keyId }),
  ...(expires === undefined ? {} : { expires: iso(expires) }),
})
