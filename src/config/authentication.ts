/**
 * `authentication`: how it is found out who sent a message (SPF, DKIM, DMARC, ARC) and what follows from it. What must agree
 * with other sections is checked in check-authentication.ts.
 */
import { isIPv4, isIPv6 } from 'node:net'
import * as z from 'zod'
import { duration, flag, isPeer, oneOf, peers, section, whole } from './leaves.ts'

const second = 1_000
const minute = 60 * second

/** A route may say it too. */
export const require = oneOf(
  'Who may write: anybody (none), authors who are authenticated, or those whom the key is bound to (bound). If left out: bound for keys that name senders, else none.',
  ['none', 'authenticated', 'bound'],
)

const serverRule = 'an IP address, with a port or without: 192.0.2.53, 127.0.0.1:5300 or [2001:db8::53]:5300'

const server = z.string({ error: serverRule }).refine(isServer, { error: serverRule })

const dns = section(
  'How the DNS is asked. One budget of queries for each message, and of time for each of its two parts: SPF, which begins at RCPT, and the rest, at the end of data.',
  {
    servers: z
      .array(server, { error: `a list of: ${serverRule}` })
      .meta({ description: 'Resolvers, tried in order. None: those of the system.' })
      .prefault([]),
    timeout: duration('For one query.', { min: 100, max: 30 * second }).prefault('3s'),
    tries: whole('Attempts before a query counts as failed for now.', { min: 1, max: 5 }).prefault(2),
    queries: whole('Queries that one message may cost.', { min: 10, max: 1_000 }).prefault(100),
    time: duration('What the queries of one part may take together.', { min: second, max: minute }).prefault('15s'),
  },
)

const domainRule = 'a domain of at least two labels, such as example.com (other scripts in their xn-- form)'
const sourceRule = `an IP address, a network such as 192.0.2.0/24, or ${domainRule}`

const sealer = z.string({ error: domainRule }).refine(isSource, { error: domainRule }).transform(lower)
const forwarder = z
  .string({ error: sourceRule })
  .refine(written => isPeer(written) || isSource(written), { error: sourceRule })
  .transform(lower)

const trusted = section('Whom we believe about mail that they pass on.', {
  relays: peers(
    'Hosts of ours. SPF is not asked about them, and the Received field that one of them wrote says who the client was.',
  ).prefault(['127.0.0.0/8', '::1']),
  forwarders: z
    .array(forwarder, { error: 'a list of IP addresses, networks and domains' })
    .meta({
      description:
        'Who forwards to us, by network, SPF domain or confirmed host name: mail that fails DMARC for it is let in, and counts as nobody’s.',
    })
    .prefault([]),
  sealers: z
    .array(sealer, { error: 'a list of domains' })
    .meta({ description: 'Whose ARC seal (RFC 8617) we believe, where it is the last: that DMARC passed before it passed the mail on.' })
    .prefault([]),
})

export const authentication = section('Who sent a message, and what follows from it.', {
  check: flag(
    'Verify SPF, DKIM, DMARC and ARC. `false`: nothing is verified, nobody counts as authenticated, and no DNS is asked.',
  ).prefault(true),
  workers: whole('Threads that verify messages; 0: one for each core.', { min: 0, max: 64 }).prefault(0),
  dns: dns.prefault({}),
  spf: oneOf('A client that SPF (RFC 7208) says may not send for the sender’s domain: report it, or refuse it (enforce).', [
    'report',
    'enforce',
  ]).prefault('report'),
  dmarc: oneOf('Mail that fails DMARC (RFC 9989): do what the author’s domain asks for (enforce), or only report it.', [
    'enforce',
    'report',
  ]).prefault('enforce'),
  require: z.exactOptional(require),
  trusted: trusted.prefault({}),
})

function lower(written: string): string {
  return written.toLowerCase()
}

/** `[…]` only around IPv6, and only before a port; a bare IPv6 address has no port. */
function isServer(written: string): boolean {
  const [, v6, v4, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::([1-9]\d{0,4}))?$/.exec(written) ?? []
  if (Number(port ?? 1) > 65_535) return false
  if (v4 !== undefined) return isIPv4(v4)
  return v6 === undefined ? isIPv6(written) && !written.includes('%') : isIPv6(v6) && port !== undefined
}

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
/** The last label isn't a number: 192.0.2 is a slip, not a domain. A bare top-level domain would trust half the world. */
const sourcePattern = new RegExp(`^(?=.{1,253}$)(?:${label}\\.)+(?!\\d+$)${label}$`, 'i')

function isSource(written: string): boolean {
  return sourcePattern.test(written)
}
