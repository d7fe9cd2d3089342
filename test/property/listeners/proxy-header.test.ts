/**
 * The PROXY header (proxy-protocol.txt 2): what a balancer writes is read back whole, at every cut; what else comes never
 * throws, never makes us wait for more than the longest header, and is decided the same however it is cut.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maxV1, maxV2, parseProxyHeader } from '../../../src/listeners/smtp/proxy-header.ts'

const port = fc.nat({ max: 65_535 })
const octet = fc.nat({ max: 255 })
const ipv4 = fc.tuple(octet, octet, octet, octet).map(all => ({ bytes: Buffer.from(all), text: all.join('.') }))
// As the system writes it: lower case, the longest run of zeros left out.
const ipv6 = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .filter(bytes => bytes.subarray(0, 10).some(byte => byte !== 0))
  .map(all => {
    const bytes = Buffer.from(all)
    const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16)).join(':')
    return { bytes, text: new URL(`http://[${groups}]`).hostname.slice(1, -1) }
  })

const v1 = fc.oneof(
  fc
    .tuple(ipv4, ipv4, port, port)
    .map(([from, to, a, b]) => ({ header: `PROXY TCP4 ${from.text} ${to.text} ${a} ${b}\r\n`, client: from.text })),
  fc
    .tuple(ipv6, ipv6, port, port)
    .map(([from, to, a, b]) => ({ header: `PROXY TCP6 ${from.text} ${to.text} ${a} ${b}\r\n`, client: from.text })),
  fc.constantFrom('PROXY UNKNOWN\r\n', 'PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n').map(header => ({ header, client: null })),
)

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n')
const v2Header = (command: number, family: number, block: Buffer) => {
  const fixed = Buffer.from([command, family, block.length >> 8, block.length & 255])
  return Buffer.concat([signature, fixed, block])
}
const ports = fc.uint8Array({ minLength: 4, maxLength: 4 })
const tlvs = fc.uint8Array({ maxLength: 300 })
const v2 = fc.oneof(
  fc.tuple(ipv4, ipv4, ports, tlvs).map(([from, to, both, rest]) => ({
    header: v2Header(0x21, 0x11, Buffer.concat([from.bytes, to.bytes, both, rest])),
    client: from.text,
  })),
  fc.tuple(ipv6, ipv6, ports, tlvs).map(([from, to, both, rest]) => ({
    header: v2Header(0x21, 0x21, Buffer.concat([from.bytes, to.bytes, both, rest])),
    client: from.text,
  })),
  // LOCAL, whatever stands in it; a client whose address the balancer doesn't know, or that has none.
  fc.tuple(octet, tlvs).map(([family, rest]) => ({ header: v2Header(0x20, family, Buffer.from(rest)), client: null })),
  tlvs.map(rest => ({ header: v2Header(0x21, 0, Buffer.from(rest)), client: null })),
  fc.uint8Array({ minLength: 216, maxLength: 300 }).map(rest => ({ header: v2Header(0x21, 0x31, Buffer.from(rest)), client: null })),
)

const header = fc.oneof(v1, v2).map(({ header, client }) => ({ header: Buffer.from(header), client }))
const behind = fc.uint8Array({ maxLength: 40 })

test('what balancers write is read back, at every cut', () =>
  fc.assert(
    fc.property(header, behind, ({ header, client }, rest) => {
      const octets = Buffer.concat([header, rest])
      for (let end = 0; end < header.length; end++) expect(parseProxyHeader(octets.subarray(0, end))).toEqual({ kind: 'more' })
      for (const end of [header.length, octets.length])
        expect(parseProxyHeader(octets.subarray(0, end))).toEqual({ kind: 'whole', length: header.length, client })
    }),
    { numRuns: 200 },
  ))

const changed = fc
  .tuple(header, fc.nat(), octet)
  .map(([{ header }, at, byte]) =>
    Buffer.concat([header.subarray(0, at % header.length), Buffer.from([byte]), header.subarray((at % header.length) + 1)]),
  )
const random = fc.uint8Array({ maxLength: 3_000 }).map(bytes => Buffer.from(bytes))
const begun = fc
  .tuple(fc.constantFrom(Buffer.from('PROXY '), Buffer.concat([signature, Buffer.from([0x21])])), random)
  .map(all => Buffer.concat(all))

test('nothing throws, nothing is waited for without end, and a cut changes nothing', () =>
  fc.assert(
    fc.property(fc.oneof(changed, random, begun), octets => {
      const cuts = [...new Set([0, 1, 5, 6, 12, 16, maxV1 - 1, maxV1, maxV2 - 1, maxV2, octets.length])].filter(cut => cut <= octets.length)
      let settled: ReturnType<typeof parseProxyHeader> = { kind: 'more' }
      for (const cut of cuts.sort((a, b) => a - b)) {
        const found = parseProxyHeader(octets.subarray(0, cut))
        if (settled.kind !== 'more') expect(found.kind).toBe(settled.kind)
        settled = found
        if (cut >= maxV2) expect(found.kind).not.toBe('more')
        if (found.kind === 'whole') {
          expect(found.length).toBeLessThanOrEqual(cut)
          expect(found.client ?? '').toMatch(/^(?:[\d.]{7,15}|[0-9a-f:]{2,39})?$/)
        }
      }
    }),
    { numRuns: 1_000 },
  ))

test.each([
  ['a line of 107 octets', `PROXY UNKNOWN ${'x'.repeat(91)}\r\n`, 'whole'],
  ['one of 108', `PROXY UNKNOWN ${'x'.repeat(92)}\r\n`, 'bad'],
  ['107 octets without an end', `PROXY UNKNOWN ${'x'.repeat(93)}`, 'bad'],
  ['106 octets without an end', `PROXY UNKNOWN ${'x'.repeat(92)}`, 'more'],
  ['another family than it says', 'PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n', 'bad'],
  ['no address', 'PROXY TCP4 192.0.2.256 192.0.2.1 1 2\r\n', 'bad'],
  ['a zone', 'PROXY TCP6 fe80::1%eth0 fe80::2 1 2\r\n', 'bad'],
  ['a bare LF', 'PROXY TCP4 192.0.2.7 192.0.2.1 1 2\n', 'more'],
  ['an unknown protocol', 'PROXY UDP4 192.0.2.7 192.0.2.1 1 2\r\n', 'bad'],
  ['lower case', 'proxy TCP4', 'bad'],
  ['SMTP', 'EHLO', 'bad'],
])('version 1: %s', (_, text, kind) => expect(parseProxyHeader(Buffer.from(text)).kind).toBe(kind))

test.each([
  ['the longest block', v2Header(0x20, 0, Buffer.alloc(2_048)), 'whole'],
  ['a longer one is not waited for', v2Header(0x20, 0, Buffer.alloc(2_049)).subarray(0, 16), 'bad'],
  ['version 3', v2Header(0x31, 0x11, Buffer.alloc(12)), 'bad'],
  ['an unknown command', v2Header(0x22, 0x11, Buffer.alloc(12)), 'bad'],
  ['a datagram', v2Header(0x21, 0x12, Buffer.alloc(12)), 'bad'],
  ['no transport', v2Header(0x21, 0x10, Buffer.alloc(12)), 'bad'],
  ['addresses cut short', v2Header(0x21, 0x11, Buffer.alloc(11)), 'bad'],
  ['an unknown family', v2Header(0x21, 0x41, Buffer.alloc(300)), 'bad'],
])('version 2: %s', (_, octets, kind) => expect(parseProxyHeader(octets).kind).toBe(kind))

test('an IPv6 address has one form', () =>
  expect(parseProxyHeader(Buffer.from('PROXY TCP6 2001:DB8:0:0:0:0:0:A ::1 1 2\r\n'))).toMatchObject({ client: '2001:db8::a' }))

test('an IPv4 address written as IPv6 is the IPv4 one', () => {
  const mapped = Buffer.concat([Buffer.alloc(10), Buffer.from([255, 255, 192, 0, 2, 7])])
  const client = '192.0.2.7'
  expect(parseProxyHeader(v2Header(0x21, 0x21, Buffer.concat([mapped, mapped, Buffer.alloc(4)])))).toMatchObject({ client })
  expect(parseProxyHeader(Buffer.from('PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n'))).toMatchObject({ client })
})
