/**
 * What a program is told of a delivery in its environment: envelope, key and claims, who wrote. All variables are always there;
 * one that has nothing to say is empty. Pure. No value has a NUL, which would end it; strangers write most of them, so a program
 * must not have a shell read them again.
 */
import type { Delivery } from '../../../transaction/ports.ts'

type Variables = Readonly<Record<string, string>>

/** Linux takes 128 KiB for one; longer than this is nothing that somebody means. */
const mostCharacters = 10_000

const clean = (value: string): string => value.replaceAll('\0', '').slice(0, mostCharacters)

/** A time that is none is empty. */
const iso = (at: number | undefined): string => (at === undefined || !(Math.abs(at) <= 8.64e15) ? '' : new Date(at).toISOString())

/** docs/command.md has a row for each, and a test compares them. */
export function deliveryVariables(delivery: Delivery): Variables {
  const { client, claims, authentication } = delivery
  const [from, mailFrom] = [authentication?.from, authentication?.mailFrom]
  const variables = {
    POSTERN_ID: delivery.message,
    POSTERN_IDEMPOTENCY_ID: delivery.idempotencyId,
    POSTERN_ATTEMPT: String(delivery.attempts + 1),
    POSTERN_PROCESSOR: delivery.processor,
    POSTERN_MAILBOX: delivery.mailbox,
    POSTERN_ROUTE: delivery.route,
    POSTERN_KEY: delivery.key,
    POSTERN_SUBJECT_CLAIM: claims.subject ?? '',
    POSTERN_SENDERS_CLAIM: claims.senders?.join(' ') ?? '',
    POSTERN_EXPIRES_CLAIM: iso(claims.expires),
    POSTERN_RECIPIENT: delivery.recipient,
    POSTERN_SENDER: delivery.sender,
    POSTERN_CLIENT_ADDRESS: client.address ?? '',
    POSTERN_CLIENT_NAME: client.name ?? '',
    POSTERN_CLIENT_HELO: client.helo ?? '',
    POSTERN_PROTOCOL: delivery.protocol,
    POSTERN_RECEIVED: iso(delivery.received),
    POSTERN_SIZE: String(delivery.size),
    POSTERN_SUBJECT: delivery.subject,
    POSTERN_MESSAGE_ID: delivery.messageId,
    POSTERN_MACHINE: delivery.machine,
    POSTERN_AUTHENTICATED_FROM: from?.authenticated === true ? (from.address ?? '') : '',
    POSTERN_AUTHENTICATED_SENDER: mailFrom?.authenticated === true ? (mailFrom.address ?? '') : '',
    POSTERN_SPF: authentication?.spf.result ?? '',
    POSTERN_DMARC: authentication?.dmarc.result ?? '',
  }
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, clean(value)]))
}

/** What is left of our own environment; `own` is the operator's word about it. */
export function usualVariables(environment: Readonly<Record<string, string | undefined>>, own: Variables = {}): Variables {
  const { PATH = '/usr/local/bin:/usr/bin:/bin', HOME = '/', LANG = 'C.UTF-8' } = environment
  return { PATH, HOME, LANG, ...own }
}
