/** IP addresses as they stand in header fields (RFC 5321 4.1.3), in one spelling. Zone ids are none of ours. */

const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.|$)){4}$/
const mapped = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/

/** '192.0.2.1' or '2001:db8::1' (RFC 5952); an IPv4-mapped address is the IPv4 address. Null where `text` is none. `IPv6:` may stand before it. */
export function parseIpAddress(text: string): string | null {
  if (ipv4.test(text) && !text.endsWith('.')) return text
  const plain = text.replace(/^IPv6:/i, '')
  if (plain.length > 45 || !/^[0-9A-Fa-f:.]+$/.test(plain) || !plain.includes(':')) return null
  const host = URL.parse(`http://[${plain}]/`)?.hostname
  if (host === undefined) return null
  const v4 = mapped.exec(host)
  if (v4 === null) return host.slice(1, -1)
  const [high, low] = [Number.parseInt(v4[1]!, 16), Number.parseInt(v4[2]!, 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}
