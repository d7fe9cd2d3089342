/**
 * Whether a call really comes from Postern: the signature of Standard Webhooks, as docs/webhook.md describes it. The body is
 * checked as it came, before anything parses it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** A call older or newer than this many seconds is taken for a replay. */
const tolerance = 300

export function verify(secret: string, headers: IncomingHttpHeaders, body: Uint8Array): boolean {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(name => String(headers[name] ?? ''))
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) < tolerance)) return false
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest()
  return signatures!.split(' ').some(signature => {
    const given = Buffer.from(signature.slice('v1,'.length), 'base64')
    return signature.startsWith('v1,') && given.length === expected.length && timingSafeEqual(given, expected)
  })
}
