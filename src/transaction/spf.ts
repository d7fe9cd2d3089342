/**
 * SPF of a transaction: begun when the first recipient is accepted, since most mail comes straight from a client whom SPF can be
 * asked about, and waited for at the end of data. Who the client is may also stand in the header: then it is asked later.
 */
import type { Client } from '../mail/envelope.ts'
import { noSpf, type Spf } from '../policy/authentication/evidence.ts'
import { unavailableSpf } from '../policy/authentication/no-evidence.ts'
import { spfAtRcpt } from '../policy/authentication/true-client.ts'
import type { Site } from './site.ts'
import type { Transaction } from './transaction.ts'

/** Once; does nothing where the client is one of ours, or not known. */
export function beginSpf(site: Site, transaction: Transaction): void {
  if (transaction.spf !== null || !spfAtRcpt(transaction.client, site.origins.isRelay)) return
  transaction.spf = spfOf(site, transaction, transaction.client)
}

/** What SPF says of this client. Never rejects. */
export async function spfOf({ origins, log }: Site, { id, sender }: Transaction, client: Pick<Client, 'address' | 'helo'>): Promise<Spf> {
  if (origins.authenticator === null || client.address === null) return noSpf
  try {
    return await origins.authenticator.spf({ client: client.address, helo: client.helo, sender })
  } catch (error) {
    log.error({ id, err: error }, 'unexpected error while SPF was checked')
    return unavailableSpf({ sender, helo: client.helo }, 'internal error')
  }
}
