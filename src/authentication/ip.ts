/**
 * An IP address as its octets, and the name it has in the DNS (RFC 1035 3.5, RFC 3596 2.5). Two spellings of an address have the same
 * octets; an IPv4-mapped one is the IPv4 address.
 */
import { isIPv4, isIPv6 } from 'node:net'
import { unmap } from '../lib/network.ts'

/** 4 or 16 octets; null for what is no address. A zone id makes it none. */
export function addressOctets(text: string): readonly number[] | null {
  const plain = unmap(text)
  if (isIPv4(plain)) return plain.split('.').map(Number)
  return isIPv6(plain) && !plain.includes('%') ? octetsOf6(plain) : null
}

function octetsOf6(address: string): number[] {
  const [head, tail] = address.split('::') as [string, string | undefined]
  const before = groups(head)
  const after = tail === undefined ? [] : groups(tail)
  const gap = new Array<number>(8 - before.length - after.length).fill(0)
  return [...before, ...(tail === undefined ? [] : gap), ...after].flatMap(group => [group >> 8, group & 255])
}

function groups(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap(group => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a, b, c, d] = group.split('.').map(Number) as [number, number, number, number]
    return [a * 256 + b, c * 256 + d]
  })
}

/** `4.3.2.1.in-addr.arpa`, or the 32 digits under ip6.arpa. */
export function reverseName(octets: readonly number[]): string {
  if (octets.length === 4) return `${[...octets].reverse().join('.')}.in-addr.arpa`
  const digits = octets.map(octet => octet.toString(16).padStart(2, '0')).join('')
  return `${[...digits].reverse().join('.')}.ip6.arpa`
}
