/**
 * The question to an application: a JSON body and its fields, signed as Standard Webhooks says where there is a secret.
 * The whole is the public interface of docs/keys.md: members may be added, never changed.
 */
import { randomUUID } from 'node:crypto'
import { signer } from '../../lib/standard-webhooks.ts'
import type { KeyQuery } from '../../transaction/ports.ts'

export const questionType = 'key.check'

export interface Question {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** `now` in milliseconds since 1970: when the question is asked, which may be later than the time the key must be good. */
export function makeQuestion(
  { mailbox, route, key, recipient, sender, client, at }: KeyQuery,
  secret: Buffer | null,
  now: number,
): Question {
  const timestamp = new Date(Math.min(Math.max(at, -lastInstant), lastInstant)).toISOString()
  const body = JSON.stringify({ type: questionType, version: 1, timestamp, mailbox, route, key, recipient, sender, client })
  const id = `msg_${randomUUID()}`
  const seconds = Math.floor(now / 1000)
  return {
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      'user-agent': 'Postern',
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      ...(secret === null ? {} : { 'webhook-signature': signatureOf(secret, id, { seconds, body }) }),
    },
    body,
  }
}

/** The last and, with a minus, the first millisecond that a Date can name. */
const lastInstant = 8.64e15

function signatureOf(secret: Buffer, id: string, { seconds, body }: { seconds: number; body: string }): string {
  const sign = signer(secret, id, seconds)
  sign.update(Buffer.from(body))
  return sign.signature()
}
