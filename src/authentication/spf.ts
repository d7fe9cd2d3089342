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
  const ask = (ip: string) =>
    verifySpf({ sender, ip, helo: helo ?? '', mta: hostname, resolver: lookups.resolve, strict: true, maxElapsedTime: time })
  const found = await ask(client)
  const result = resultOf(found.status.result)
  const everybody = result === 'pass' && (await ask(nobodys(client))).status.result === 'pass'
  return {
    result,
    identity,
    domain,
    detail: everybody ? `${domain} lets everybody send for it` : detailOf(found.status.comment, hostname),
    ...(everybody ? { everybody } : {}),
    queries: lookups.used(),
  }
}

/** An address of the client's kind that no mail comes from (RFC 5737, RFC 3849): who lets this one pass lets anybody. */
const nobodys = (client: string): string => (client.includes('.') ? '203.0.113.251' : '2001:db8:ffff:ffff::251')

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
