/**
 * Which client SPF is asked about (RFC 7208 2.3: the host that handed the message over at our border). Hosts of our own
 * hand on to the client they name in the Received field they wrote; nobody else's Received field is ever believed, and
 * where the trail ends there is no answer rather than a wrong one.
 */

/** What is known of a host that handed a message on. */
export interface Hop {
  /** An IP address without brackets; null where unknown. */
  readonly address: string | null
  readonly name: string | null
  readonly helo: string | null
}

export type TrueClient = Hop & { readonly address: string }

export interface Trail {
  /** The socket's peer, or what a trusted peer said by XFORWARD, XCLIENT or PROXY. */
  readonly client: Hop
  /** The from clauses of the Received fields, from the top; null for one that has none or can't be read. */
  readonly received: readonly (Hop | null)[]
  /** Whether an address is one of our own relays. */
  readonly isRelay: (address: string) => boolean
}

/** Null: not known, so that SPF is `none` and never a fail. */
export function trueClient({ client, received, isRelay }: Trail): TrueClient | null {
  let hop: Hop | null = client
  for (const next of [...received, null]) {
    if (hop === null || hop.address === null) return null
    if (!isRelay(hop.address)) return { ...hop, address: hop.address }
    hop = next
  }
  return null
}

/** Whether SPF can be begun at RCPT: the client is no relay of ours, so the header can't name another. */
export const spfAtRcpt = (client: Pick<Hop, 'address'>, isRelay: (address: string) => boolean): boolean =>
  client.address !== null && !isRelay(client.address)
