/**
 * Who is on a list of trusted peers: addresses and CIDR networks, IPv4 and IPv6. An IPv4-mapped IPv6 address is matched as
 * the IPv4 address it is, so that a dual-stack socket and an IPv4 one give the same answer.
 * It says who is listed, not who may be believed: an address that somebody told us (XFORWARD) is no peer, and gives no trust.
 */
import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { unmap } from './network.ts'

/**
 * A test for `list` ('192.0.2.1', '10.0.0.0/8', '2001:db8::/32'). A null address is a UNIX socket and always trusted: who may
 * connect is decided by the file's permissions. Throws an Error that names the entry which is no address and no network.
 */
export function trustedPeers(list: readonly string[]): (address: string | null) => boolean {
  const peers = new BlockList()
  for (const entry of list) add(peers, entry)
  return address => {
    if (address === null) return true
    const plain = unmap(address)
    if (isIPv4(plain)) return peers.check(plain, 'ipv4')
    return isIPv6(plain) && peers.check(plain, 'ipv6')
  }
}

function add(peers: BlockList, entry: string): void {
  const slash = entry.indexOf('/')
  const written = slash < 0 ? entry : entry.slice(0, slash)
  const plain = unmap(written)
  const family = isIPv4(plain) ? 'ipv4' : isIPv6(plain) && !plain.includes('%') ? 'ipv6' : null
  if (family === null) throw new Error(`'${entry}' is no IP address and no network (such as 192.0.2.0/24 or 2001:db8::/32)`)
  const most = family === 'ipv4' ? 32 : 128
  const bits = slash < 0 ? most : prefixLength(entry.slice(slash + 1), written === plain ? 0 : 96)
  if (bits === null || bits > most) throw new Error(`'${entry}': the prefix length must be a whole number from 0 to ${most}`)
  peers.addSubnet(plain, bits, family)
}

/** `mapped` bits are taken off where the network was written as IPv4-mapped: ::ffff:10.0.0.0/104 is 10.0.0.0/8. */
function prefixLength(text: string, mapped: number): number | null {
  if (!/^(0|[1-9]\d{0,2})$/.test(text)) return null
  const bits = Number(text) - mapped
  return bits < 0 ? null : bits
}
