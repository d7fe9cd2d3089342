/** Addresses in lists and on lists: what is written is found, what is hostile takes no harm, and nobody is taken for another. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatAddress, parseAddress } from '../../../../src/mail/address.ts'
import { isSender } from '../../../../src/policy/authentication/bound.ts'
import { atOrBelow, isListed } from '../../../../src/policy/authentication/domains.ts'
import { listedAddresses } from '../../../../src/policy/authentication/listed-addresses.ts'
import { trueClient } from '../../../../src/policy/authentication/true-client.ts'

const special = fc.constantFrom('<', '>', '(', ')', '"', '\\', ',', ';', ':', '@', ' ', '.', '[', 'a', 'ü', '\r\n ')
const hostile = fc.array(special, { maxLength: 60 }).map(parts => parts.join(''))

/** Also such as have to be quoted. */
const address = fc
  .tuple(
    fc.string({ unit: fc.constantFrom('a', 'B', '.', '+', '"', '\\', ',', '<', '>', '(', ';', ':', ' ', '@'), minLength: 1, maxLength: 8 }),
    label(),
  )
  .map(([localPart, domain]) => formatAddress({ localPart, domain }))
  .filter(text => parseAddress(text) !== null)
function label(): fc.Arbitrary<string> {
  return fc.constantFrom('a.example', 'b.a.example', 'B.example', 'bücher.example')
}
const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`
const comment = (text: string): string => `(${text.replace(/[()\\]/g, '\\$&')})`
const dressed = fc.tuple(address, hostile, fc.constantFrom('plain', 'named', 'bracketed', 'commented')).map(([one, noise, how]) => {
  const text = { plain: one, named: `${quoted(noise)} <${one}>`, bracketed: `<${one}>`, commented: `${one} ${comment(noise)}` }[how]
  return { one, text: text! }
})

test('what is listed is found, whatever stands around it', () => {
  fc.assert(
    fc.property(fc.array(dressed, { minLength: 1, maxLength: 5 }), fc.constantFrom('', 'Group: '), (list, group) => {
      const text = `${group}${list.map(({ text: element }) => element).join(', ')}`
      expect([...listedAddresses(text)]).toEqual(list.map(({ one }) => one))
    }),
    { numRuns: 3000 },
  )
})

test('any text ends, in no more elements than it has separators', () => {
  fc.assert(
    fc.property(hostile, text => {
      const found = [...listedAddresses(text)]
      expect(found.length).toBeLessThanOrEqual(text.split(/[,;]/).length)
      for (const one of found) expect(one.length).toBeLessThanOrEqual(text.length)
    }),
    { numRuns: 3000 },
  )
})

test('a sender is one by his own address or his own domain, and by nothing else', () => {
  fc.assert(
    fc.property(address, address, fc.array(hostile, { maxLength: 3 }), (one, other, noise) => {
      expect(isSender(one, [...noise, one])).toBe(true)
      expect(isSender(one, [one.slice(one.lastIndexOf('@') + 1).toUpperCase()])).toBe(true)
      if (one.toLowerCase() !== other.toLowerCase()) expect(isSender(one, [other])).toBe(false)
      expect(isSender(one, noise)).toBe(false)
    }),
    { numRuns: 3000 },
  )
})

test('a domain is below those that are its last labels', () => {
  const labels = fc.array(fc.constantFrom('a', 'b', 'ab', 'example'), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(labels, labels, (one, other) => {
      const [domain, parent] = [one.join('.'), other.join('.')]
      const expected = other.length <= one.length && other.every((text, i) => one[one.length - other.length + i] === text)
      expect(atOrBelow(domain, parent)).toBe(expected)
      expect(isListed(domain, ['', parent.toUpperCase()])).toBe(expected)
    }),
  )
})

test('the client is never one of ours, and only ours are asked who came before', () => {
  const hop = fc.option(
    fc.record({ address: fc.constantFrom('10.0.0.1', '10.0.0.2', '192.0.2.1', null), name: fc.constant(null), helo: fc.string() }),
  )
  const isRelay = (ip: string): boolean => ip.startsWith('10.')
  fc.assert(
    fc.property(
      hop.filter(one => one !== null),
      fc.array(hop),
      (client, received) => {
        const trail = [client, ...received]
        const end = trail.findIndex(one => one === null || one.address === null || !isRelay(one.address))
        const last = end < 0 ? null : trail[end]!
        expect(trueClient({ client, received, isRelay })).toEqual(last === null || last.address === null ? null : last)
      },
    ),
  )
})
