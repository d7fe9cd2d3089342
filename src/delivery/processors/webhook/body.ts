/**
 * The three forms of a call's body: the JSON event, the bare message (message/rfc822), or multipart/form-data with both. Each is made
 * in pieces that can be asked for twice, first to be counted and signed, then to be sent; the message must never be held as a whole.
 */
import type { Delivery, MessageSource } from '../../../transaction/ports.ts'
import { type EventOptions, eventBody } from '../../event/event.ts'
import { wholeMessage } from '../../event/whole-message.ts'
import { envelopeFields } from './envelope-fields.ts'
import type { Form } from './form.ts'
import { multipart } from './multipart.ts'

export interface BodyOptions {
  readonly body: 'event' | 'raw' | 'multipart'
  readonly event: EventOptions
  /** Of the bare message. */
  readonly contentType: string
}

/** `message` is to be one that reads its costly parts once. */
export async function bodyOf(delivery: Delivery, message: MessageSource, { body, event, contentType }: BodyOptions): Promise<Form> {
  if (body === 'raw') return { contentType, fields: envelopeFields(delivery), pieces: () => wholeMessage(message) }
  if (body === 'multipart') return multipart(delivery, message, event)
  return { contentType: 'application/json', fields: {}, pieces: () => eventBody(delivery, message, event) }
}
