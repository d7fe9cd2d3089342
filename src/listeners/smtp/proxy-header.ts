/**
 * The PROXY protocol's header (HAProxy's proxy-protocol.txt, versions 1 and 2): whom a balancer speaks for. Says of the
 * octets so far that the header is not whole yet, is bad, or where it ends; a header that is too long is bad before it is
 * whole. Never throws. Knows nothing of sockets, nor of who may send such a header.
 */
import { isIPv4, isIPv6 } from 'node:net'
import { IPv4ProxyAddress, IPv6ProxyAddress, V1BinaryProxyProtocol, V2ProxyProtocol } from 'proxy-protocol-js'
import { unmap } from '../../lib/network.ts'

export type ProxyHeader =
  | { readonly kind: 'more' }
  /** `problem` is for the log. */
  | { readonly kind: 'bad'; readonly problem: string }
  /** `length`: octets of the header. `client` is null where the balancer speaks for itself, or can't say for whom. */
  | { readonly kind: 'whole'; readonly length: number; readonly client: string | null }

/** Version 1: a line, CRLF counted (section 2.1). */
export const maxV1 = 107
/** Version 2: 16 octets and what they announce. Addresses need 216 at the most; the rest may be TLVs. */
export const maxV2 = 16 + 2_048

const more: ProxyHeader = { kind: 'more' }
const bad = (problem: string): ProxyHeader => ({ kind: 'bad', problem })
const v1Start = Buffer.from('PROXY ')
const v2Start = Buffer.from('\r\n\r\n\0\r\nQUIT\n')

/** `octets`: all that came so far, from the first. */
export function parseProxyHeader(octets: Buffer): ProxyHeader {
  try {
    if (startsLike(octets, v1Start)) return parseV1(octets)
    if (startsLike(octets, v2Start)) return parseV2(octets)
    return bad('no PROXY header')
  } catch (error) {
    // The library throws objects that are no errors.
    return bad(`PROXY header not understood: ${String((error as { message?: unknown } | null)?.message)}`)
  }
}

/** As far as there are octets, they are those of `start`. */
function startsLike(octets: Buffer, start: Buffer): boolean {
  const length = Math.min(octets.length, start.length)
  return octets.subarray(0, length).equals(start.subarray(0, length))
}

function parseV1(octets: Buffer): ProxyHeader {
  const end = octets.subarray(0, maxV1).indexOf('\r\n')
  if (end < 0) return octets.length < maxV1 ? more : bad(`PROXY header over ${maxV1} octets`)
  const length = end + 2
  if (/^PROXY UNKNOWN(?: |$)/.test(octets.toString('latin1', 0, end))) return { kind: 'whole', length, client: null }
  const { inetProtocol, source } = V1BinaryProxyProtocol.parse(octets.subarray(0, length))
  const valid = inetProtocol === 'TCP4' ? isIPv4 : isIPv6
  if (!valid(source.ipAddress) || source.ipAddress.includes('%')) return bad('PROXY header with a bad address')
  return { kind: 'whole', length, client: canonical(source.ipAddress) }
}

function parseV2(octets: Buffer): ProxyHeader {
  if (octets.length < 16) return more
  const length = 16 + octets.readUInt16BE(14)
  if (length > maxV2) return bad(`PROXY header of ${length} octets, over ${maxV2}`)
  if (octets.length < length) return more
  // LOCAL: the balancer itself, whatever else stands there (section 2.2).
  if (octets[12] === 0x20) return { kind: 'whole', length, client: null }
  const { proxyAddress } = V2ProxyProtocol.parse(octets.subarray(0, length))
  const family = octets[13]!
  // Nothing but streams comes over a stream; 0 stands for "not known", and a UNIX socket has no address to count by.
  if (family !== 0 && (family & 0x0f) !== 1) return bad('PROXY header for another transport than TCP')
  return { kind: 'whole', length, client: addressText(proxyAddress) }
}

function addressText(address: V2ProxyProtocol['proxyAddress']): string | null {
  if (address instanceof IPv4ProxyAddress) return address.sourceAddress.address.join('.')
  if (!(address instanceof IPv6ProxyAddress)) return null
  const bytes = address.sourceAddress.address
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16))
  return canonical(groups.join(':'))
}

/** As the system writes the addresses of sockets (RFC 5952), so that one client has one name. */
function canonical(address: string): string {
  const plain = unmap(address)
  return isIPv4(plain) ? plain : unmap(new URL(`http://[${plain}]`).hostname.slice(1, -1))
}
