/**
 * SPF (RFC 7208) as mailauth evaluates it: the MAIL FROM identity, or HELO for the null reverse-path (2.4). Strict, with its limits
 * of 10 terms and 2 void look-ups. The rest of the message's queries are not all its: half of them stay for DKIM, DMARC and ARC.
 */
import type { Spf } from '../policy/authentication/evidence.ts'
import type { SpfQuestion } from '../transaction/ports.ts'
import { addressOctets } from './ip.ts'
import type { Lookups } from './lookups.ts'
import { formatDomain, verifySpf } from './mailauth.ts'
import { oneLine } from './text.ts'

export interface SpfFacts {
  /** Our own name: `r` of macros. */
  readonly hostname: string
  readonly lookups: Lookups
  /** Milliseconds the evaluation may take. */
  readonly time: number
}

export async function checkSpf({ client, helo, sender }: SpfQuestion, { hostname, lookups, time }: SpfFacts): Promise<Spf> {
  const identity = sender === '' ? 'helo' : 'mailfrom'
  const domain = domainOf(sender === '' ? (helo ?? '') : sender.slice(sender.lastIndexOf('@') + 1))
  const none = { result: 'none', identity, domain, queries: 0 } as const
  if (addressOctets(client) === null) return { ...none, detail: 'no client address' }
  if (domain === '' || domain.startsWith('[')) return { ...none, detail: 'no domain to ask' }
  const found = await verifySpf({
    sender,
    ip: client,
    helo: helo ?? '',
    mta: hostname,
    resolver: lookups.resolve,
    strict: true,
    maxElapsedTime: time,
  })
  return {
    result: resultOf(found.status.result),
    identity,
    domain,
    detail: detailOf(found.status.comment, hostname),
    queries: lookups.used(),
  }
}

function domainOf(text: string): string {
  const name = text.length <= 1000 ? formatDomain(text) : ''
  // A HELO may say anything; what stands before an @ is not asked about, and must not be told.
  return /^[!-?A-~]{1,253}$/.test(name) ? name : ''
}

/** mailauth puts our own name in front. */
const detailOf = (comment: string | undefined, hostname: string): string => {
  const text = comment ?? ''
  return oneLine(text.startsWith(`${hostname}: `) ? text.slice(hostname.length + 2) : text)
}

const results: readonly string[] = ['none', 'neutral', 'pass', 'fail', 'softfail', 'temperror', 'permerror']

const resultOf = (result: string): Spf['result'] => (results.includes(result) ? (result as Spf['result']) : 'temperror')
