/**
 * SPF where Postfix asks about a recipient that is good: a client that SPF forbids is refused where the operator enforces it
 * (RFC 7208 8.4), and what was found goes into the message as a Received-SPF field, once. Trouble with the DNS is for the end of
 * data to judge: DKIM may speak for the message there.
 */
import { createBoundedMap } from '../../lib/bounded-map.ts'
import { receivedSpf } from '../../mail/received-spf.ts'
import type { Spf } from '../../policy/authentication/evidence.ts'
import { unavailableSpf } from '../../policy/authentication/no-evidence.ts'
import { spfAtRcpt } from '../../policy/authentication/true-client.ts'
import { trustedForwarder } from '../../policy/authentication/trust.ts'
import { accept, reject, type Verdict } from '../../policy/verdict.ts'
import type { Site } from '../../transaction/site.ts'
import { spfOf } from '../../transaction/spf.ts'
import { decided, type Transaction } from '../../transaction/transaction.ts'

/** Messages that have their field already, by Postfix's `instance`: it asks once for each recipient. */
export interface Told {
  /** Whether this is the first time that it is asked about this message. */
  first(instance: string): boolean
}

const remembered = 10_000

/** Milliseconds that a process of Postfix waits for SPF, whatever the DNS may take at the end of data; it gives up after 100 s itself. */
const patience = 4_000

export function createTold(): Told {
  const seen = createBoundedMap<string, true>(remembered)
  return {
    first(instance) {
      if (instance === '' || seen.get(instance) !== undefined) return false
      seen.set(instance, true)
      return true
    },
  }
}

export interface Origin {
  readonly verdict: Verdict
  /** Received-SPF, without a line end. */
  readonly field: string
}

/** null where SPF has nothing to say: it is off, or the client is one of ours or not known. */
export function originOf(site: Site, transaction: Transaction): Promise<Origin> | null {
  const { origins } = site
  if (origins.authenticator === null || !spfAtRcpt(transaction.client, origins.isRelay)) return null
  return inTime(spfOf(site, transaction, transaction.client), transaction).then(spf => ({
    verdict: verdictOf(site, transaction, spf),
    field: receivedSpf({
      spf,
      client: transaction.client.address!,
      helo: transaction.client.helo,
      sender: transaction.sender,
      hostname: site.hostname,
    }),
  }))
}

async function inTime(asked: Promise<Spf>, { sender, client: { helo } }: Transaction): Promise<Spf> {
  const { promise: late, resolve } = Promise.withResolvers<Spf>()
  const timer = setTimeout(() => resolve(unavailableSpf({ sender, helo }, 'no answer in time')), patience)
  try {
    return await Promise.race([asked, late])
  } finally {
    clearTimeout(timer)
  }
}

function verdictOf({ origins }: Site, transaction: Transaction, spf: Spf): Verdict {
  const { address, name } = transaction.client
  if (origins.spf !== 'enforce' || spf.result !== 'fail') return accept
  // Postfix tells a client's name only where it leads back to the client: the same that is looked up at the end of data.
  const evidence = { names: name === null ? [] : [name] }
  if (trustedForwarder({ client: address, spf, evidence }, origins.trusted) !== null) return accept
  const detail = `SPF of ${spf.domain} forbids ${address}: ${spf.detail}`
  decided(transaction, { stage: 'rcpt', verdict: 'reject', reason: 'authentication.spf', detail })
  return reject('authentication.spf')
}
