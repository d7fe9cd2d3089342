/**
 * The network an address is counted under: /24 for IPv4, /64 for IPv6 (what one customer usually gets, RFC 6177).
 * An IPv4-mapped IPv6 address (RFC 4291 2.5.5.2) counts as the IPv4 address it is. Called for every connection.
 */
import { isIPv4, isIPv6 } from 'node:net'

/** What a UNIX socket, or a client that the relay can't name, is counted under. */
export const LOCAL = 'local'
/** What everything that is no address is counted under, so that nonsense can't buy a fresh budget. */
export const UNKNOWN = 'unknown'

/** '192.0.2.0/24', '2001:db8:1:2::/64' (RFC 5952), 'local' for null, 'unknown' for what is no address. A zone id is ignored. */
export function networkOf(address: string | null): string {
  if (address === null) return LOCAL
  const plain = unmap(address)
  if (isIPv4(plain)) return `${plain.slice(0, plain.lastIndexOf('.'))}.0/24`
  if (!isIPv6(plain)) return UNKNOWN
  const all = groups(plain)
  let used = 4
  while (used > 0 && all[used - 1] === 0) used--
  let text = ''
  for (let at = 0; at < used; at++) text += at === 0 ? all[at]!.toString(16) : `:${all[at]!.toString(16)}`
  return `${text}::/64`
}

/** An IPv4-mapped IPv6 address, in dotted or hexadecimal form, as the IPv4 address; anything else as it is. */
export function unmap(address: string): string {
  if (!address.includes(':')) return address
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (dotted) return dotted[1]!
  if (!/^[0:]+:ffff:/i.test(address) || !isIPv6(address)) return address
  const all = groups(address)
  if (all[5] !== 0xffff || all.slice(0, 5).some(group => group !== 0)) return address
  const [high, low] = [all[6]!, all[7]!]
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}

/** The eight 16-bit groups of a valid IPv6 address, whose last two may be written as IPv4. A zone id is left out. */
function groups(address: string): number[] {
  const found: number[] = []
  let gap = -1
  const end = address.includes('%') ? address.indexOf('%') : address.length
  for (let at = 0; at < end; ) {
    const colon = address.indexOf(':', at)
    const stop = colon < 0 || colon > end ? end : colon
    if (stop === at) {
      gap = found.length
      at += at === 0 ? 2 : 1
    } else {
      pushGroup(found, address.slice(at, stop))
      at = stop + 1
    }
  }
  if (gap >= 0) found.splice(gap, 0, ...new Array<number>(8 - found.length).fill(0))
  return found
}

function pushGroup(found: number[], text: string): void {
  if (!text.includes('.')) return void found.push(Number.parseInt(text, 16))
  const [a, b, c, d] = text.split('.').map(Number) as [number, number, number, number]
  found.push(a * 256 + b, c * 256 + d)
}
