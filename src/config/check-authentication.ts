/**
 * What must agree in `authentication` and with it: nothing is asked of senders whom nobody checks, no network is trusted that
 * is most of the internet, DNS times that fit into each other. Looks at the raw configuration, whatever else is wrong with it.
 */
import { isIPv6 } from 'node:net'
import { parseDuration } from '../lib/duration.ts'
import { unmap } from '../lib/network.ts'
import { isPeer } from './leaves.ts'
import type { Finding } from './problem.ts'
import { has, items, type Part, part, texts } from './raw.ts'
import { showText } from './show.ts'

export function checkAuthentication(root: Part): readonly Finding[] {
  const section = part(root, 'authentication')
  const trusted = part(section, 'trusted')
  const networks = [...items(part(trusted, 'relays')), ...items(part(trusted, 'forwarders'))]
  return [
    ...(part(section, 'check').value === false ? unchecked(root, section) : dnsTimes(root, section)),
    ...networks.filter(isTooWide).map(tooWide),
  ]
}

/** What would refuse everybody, or nobody, because nothing is checked. */
function unchecked(root: Part, section: Part): readonly Finding[] {
  const routes = items(part(root, 'mailboxes')).flatMap(mailbox => items(part(mailbox, 'routes')))
  const demands = [section, ...routes].filter(at => ['authenticated', 'bound'].includes(texts(at, 'require') ?? ''))
  const enforced = ['spf', 'dmarc'].filter(key => texts(section, key) === 'enforce')
  return [
    ...demands.map(at => ({
      path: [...at.path, 'require'],
      message: 'nobody counts as authenticated where authentication.check is false, so nobody could write here',
      found: showText(texts(at, 'require')!),
      allowed: 'none, or authentication.check: true',
    })),
    ...enforced.map(key => ({
      path: [...section.path, key],
      message: 'nothing is checked, so nothing could be enforced',
      found: '"enforce"',
      allowed: 'report, or check: true',
    })),
    ...(has(root, 'notices') ? [noticesToNobody] : []),
  ]
}

const noticesToNobody: Finding = {
  path: ['notices'],
  at: 'key',
  message: 'only authenticated senders are told, and with authentication.check: false there are none',
  allowed: 'no notices, or authentication.check: true',
}

function dnsTimes(root: Part, section: Part): readonly Finding[] {
  const dns = part(section, 'dns')
  const limits = part(root, 'limits')
  const [timeout, time] = [texts(dns, 'timeout') ?? '3s', texts(dns, 'time') ?? '15s']
  const transaction = texts(limits, 'transaction-time') ?? '10m'
  const patience: Finding = {
    path: [...dns.path, 'timeout'],
    message: 'one query may take longer than all queries of a message',
    found: showText(timeout),
    allowed: `at most time, ${showText(time)}`,
  }
  const slow = has(limits, 'transaction-time') && !has(dns, 'time')
  const late: Finding = slow
    ? {
        path: [...limits.path, 'transaction-time'],
        message: 'over before the DNS is given up',
        found: showText(transaction),
        allowed: `more than authentication.dns.time, ${showText(time)}`,
      }
    : {
        path: [...dns.path, 'time'],
        message: 'the transaction is over before the DNS is given up',
        found: showText(time),
        allowed: `less than limits.transaction-time, ${showText(transaction)}`,
      }
  return [...(isLess(time, timeout) ? [patience] : []), ...(isLess(time, transaction) || !bothKnown(time, transaction) ? [] : [late])]
}

/** Zero is out of range, which the schema says. */
const bothKnown = (a: string, b: string): boolean => [a, b].every(text => (parseDuration(text) ?? 0) > 0)

const isLess = (a: string, b: string): boolean => bothKnown(a, b) && parseDuration(a)! < parseDuration(b)!

/** Shorter prefixes hold addresses of half the world. 10.0.0.0/8 and fc00::/7 are the widest private networks. */
const shortest = { v4: 8, v6: 7 } as const

function isTooWide({ value }: Part): boolean {
  if (typeof value !== 'string' || !value.includes('/') || !isPeer(value)) return false
  const [network, bits] = value.split('/') as [string, string]
  if (!isIPv6(network)) return Number(bits) < shortest.v4
  return Number(bits) < (isIPv6(unmap(network)) ? shortest.v6 : 96 + shortest.v4)
}

const tooWide = ({ path, value }: Part): Finding => ({
  path,
  message: 'this network is a large part of the internet, and whoever is in it would be believed',
  found: showText(String(value)),
  allowed: `a network of your own, of at least /${shortest.v4} (IPv4) or /${shortest.v6} (IPv6)`,
})
