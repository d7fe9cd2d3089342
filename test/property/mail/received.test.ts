/** Trace fields made of whatever a client said of itself: three fields come out, whatever went in. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseHeader } from '../../../src/mail/header-fields.ts'
import { traceFields } from '../../../src/mail/received.ts'

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 700 }),
  fc.string({
    unit: fc.constantFrom('\r', '\n', ' ', '\t', ')', '(', ';', '[', ']', '<', '>', 'x', 'ü', '😀', '\u2028', '\0', ':'),
    maxLength: 700,
  }),
)
const facts = fc.record({
  hostname: fc.domain(),
  id: fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 1, maxLength: 32 }),
  received: fc.integer({ min: 0, max: 4e12 }),
  sender: hostile,
  recipient: hostile,
  client: fc.record({ address: fc.option(hostile), name: fc.option(hostile), helo: fc.option(hostile), ident: fc.constant(null) }),
  protocol: fc.constantFrom('SMTP' as const, 'ESMTP' as const, 'LMTP' as const, 'UTF8SMTP' as const, 'UTF8LMTP' as const),
})

test('three fields, no bare CR or LF, lines of at most 998 octets, ASCII unless the protocol says otherwise', () => {
  fc.assert(
    fc.property(facts, given => {
      const text = traceFields(given)
      expect(text.endsWith('\r\n')).toBe(true)
      expect(text.replaceAll('\r\n', '')).not.toMatch(/[\x00-\x08\x0a-\x1f\x7f]/)
      for (const line of text.split('\r\n')) expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(998)
      if (!given.protocol.startsWith('UTF8')) expect(text).toMatch(/^[\x00-\x7f]*$/)
      const header = parseHeader(new TextEncoder().encode(`${text}\r\nbody`))
      expect(header.names()).toEqual(['return-path', 'delivered-to', 'received'])
      expect(header.bodyStart).toBe(new TextEncoder().encode(text).length + 2)
      // Nothing that a client says makes a second clause, and the date stands where it belongs.
      const received = header.first('received')!
      expect(received.split(' for <')[0]!.match(/(?:^|[ \t])by /g)).toHaveLength(1)
      expect(Date.parse(received.slice(received.lastIndexOf(';') + 1))).toBe(Math.floor(given.received / 1000) * 1000)
    }),
    { numRuns: 1000 },
  )
})
