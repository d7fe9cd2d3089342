/**
 * The envelope of a mail transaction and what is known of the client that sent it (RFC 5321 2.3.1, RFC 5598).
 * Data only; who fills it in is the listeners' affair.
 */
import type { Address } from './address.ts'

/** RFC5321.MailFrom; null is the null reverse-path `<>`. */
export type ReversePath = Address | null

/**
 * The true client: the socket's peer, or what a trusted peer said by XFORWARD. `address` is an IP address without brackets,
 * null where unknown (UNIX socket, XFORWARD without ADDR: mail that the relay made itself).
 */
export interface Client {
  readonly address: string | null
  readonly name: string | null
  readonly helo: string | null
  /** The id under which the relay in front logged the message (XFORWARD IDENT). */
  readonly ident: string | null
}

/** As the Received field names it: RFC 3848, RFC 6531 4.3. `S` for TLS; there is no word for HELO under TLS. */
export type Protocol = 'SMTP' | 'ESMTP' | 'ESMTPS' | 'LMTP' | 'LMTPS' | 'UTF8SMTP' | 'UTF8SMTPS' | 'UTF8LMTP' | 'UTF8LMTPS'
