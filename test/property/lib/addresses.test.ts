// Networks and lists of them, whatever form an address is written in.
import { isIP } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { networkOf, unmap } from '../../../src/lib/network.ts'
import { trustedPeers } from '../../../src/lib/trusted.ts'

const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255))

test('an IPv4 address and its mapped forms are one', () => {
  fc.assert(
    fc.property(octets, ([a, b, c, d]) => {
      const plain = `${a}.${b}.${c}.${d}`
      const hex = `::ffff:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
      const long = `0:0:0:0:0:FFFF:${(a * 256 + b).toString(16).padStart(4, '0')}:${(c * 256 + d).toString(16)}`
      for (const form of [plain, `::ffff:${plain}`, hex, long]) {
        expect(networkOf(form)).toBe(`${a}.${b}.${c}.0/24`)
        expect(unmap(form)).toBe(plain)
        expect(trustedPeers([plain])(form)).toBe(true)
        expect(trustedPeers([form])(plain)).toBe(true)
      }
    }),
  )
})

test('IPv6 addresses share a network when their first 64 bits are equal, however written', () => {
  fc.assert(
    fc.property(fc.ipV6(), fc.ipV6(), (one, other) => {
      const network = networkOf(one)
      fc.pre(!network.includes('.'))
      const base = network.slice(0, -'/64'.length)
      expect(isIP(base)).toBe(6)
      expect(networkOf(base)).toBe(network)
      expect(trustedPeers([network])(one)).toBe(true)
      if (!networkOf(other).includes('.')) expect(trustedPeers([network])(other)).toBe(networkOf(other) === network)
    }),
  )
})

test('any text at all has a network, and no text is trusted that is no address', () => {
  const nobody = trustedPeers([])
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-fA-F:.%/]{0,45}$/)), text => {
      expect(networkOf(text)).toMatch(/^(unknown|\d+\.\d+\.\d+\.0\/24|[0-9a-f:]*::\/64)$/)
      expect(networkOf(text) === 'unknown').toBe(isIP(text) === 0)
      expect(nobody(text)).toBe(false)
    }),
  )
})

test('an entry of a list is taken or is an error that names it', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:.]{1,20}(\/\d{1,3})?$/)), entry => {
      try {
        trustedPeers([entry])
      } catch (error) {
        expect((error as Error).message).toContain(`'${entry}'`)
      }
    }),
  )
})
