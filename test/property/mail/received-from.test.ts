/** The from clause of a Received field: what our own writer says is read back, and what a client says of itself is never the address. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseIpAddress } from '../../../src/mail/ip-address.ts'
import { traceFields } from '../../../src/mail/received.ts'
import { clientOfReceived } from '../../../src/mail/received-from.ts'

const ip = fc.oneof(fc.ipV4(), fc.ipV6()).map(text => parseIpAddress(text)!)
const said = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .array(
      fc.constantFrom(
        '(',
        ')',
        '[',
        ']',
        ' ',
        'by',
        'from',
        'helo=',
        'HELO ',
        '192.0.2.99',
        'b.example',
        ';',
        '"',
        '\\',
        'IPv6:',
        '@',
        '\r\n ',
      ),
      { maxLength: 9 },
    )
    .map(parts => parts.join('')),
)

test('what we write is read back, whatever the client said', () => {
  fc.assert(
    fc.property(ip, fc.option(fc.domain()), fc.option(said), (address, name, helo) => {
      const client = { address, name, helo, ident: null }
      const facts = {
        hostname: 'in.example.com',
        id: '1',
        received: 0,
        sender: '',
        recipient: 'x@y.example',
        client,
        protocol: 'ESMTP' as const,
      }
      const received = traceFields(facts).split('Received: ')[1]!
      const found = clientOfReceived(received.replace(/\r\n/g, ''))
      expect(found?.address).toBe(address)
      expect(found?.name).toBe(name?.toLowerCase() === 'unknown' ? null : name)
    }),
    { numRuns: 2000 },
  )
})

test('a careless writer: the address is the one that it saw, or there is none', () => {
  fc.assert(
    fc.property(fc.ipV4(), said, (address, helo) => {
      fc.pre(address !== '192.0.2.99')
      const found = clientOfReceived(`from ${helo} (mx.b.example [${address}]) by in.example.com`)
      if (!/\bby\b/.test(helo)) expect([address, null, undefined]).toContain(found?.address)
      expect(found === null || found.helo === null || found.helo.length <= 255).toBe(true)
    }),
    { numRuns: 5000 },
  )
})
