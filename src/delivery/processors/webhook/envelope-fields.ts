/**
 * What a call with the bare message tells in header fields: envelope, mailbox, key, claims (docs/webhook.md). Every value goes through
 * one encoder, so that nothing a stranger wrote makes a field of its own or is misread; `decodeURIComponent` gives it back.
 */
import type { Delivery } from '../../../transaction/ports.ts'
import { claimsOf } from '../../event/event.ts'

/** Of the claims, encoded: application servers take 8 KiB of header, all in all. */
const mostClaims = 4_096

/** Visible ASCII stays, but for `%`; every other octet of the UTF-8 is written %XX (RFC 3986 2.1). */
export const encoded = (text: string): string =>
  Buffer.from(text)
    .toString('latin1')
    .replace(/[^!-$&-~]/g, octet => `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)

/** Names in lower case. What is not known is left out; a null reverse-path is an empty `postern-sender`. */
export function envelopeFields(delivery: Delivery): Record<string, string> {
  const { client, authentication } = delivery
  const author = authentication?.from.authenticated === true ? authentication.from.address : null
  const fields: Record<string, string | null> = {
    'postern-id': delivery.message,
    'postern-idempotency-id': delivery.idempotencyId,
    'postern-mailbox': delivery.mailbox,
    'postern-route': delivery.route,
    'postern-recipient': delivery.recipient,
    'postern-key': delivery.key,
    'postern-claims': claims(delivery),
    'postern-sender': delivery.sender,
    'postern-author': author,
    'postern-client': client.address,
    'postern-protocol': delivery.protocol,
    'postern-received': new Date(delivery.received).toISOString(),
    'postern-machine': delivery.machine,
  }
  return Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => (value === null ? [] : [[name, encoded(value)]])))
}

/** JSON; without `senders` where they would make it too long. */
function claims(delivery: Delivery): string {
  const { senders, ...rest } = claimsOf(delivery)
  const whole = JSON.stringify(senders === undefined ? rest : { ...rest, senders })
  return encoded(whole).length <= mostClaims ? whole : JSON.stringify(rest)
}
