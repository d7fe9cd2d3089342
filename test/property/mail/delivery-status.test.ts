/** Delivery status parts made up by strangers: nothing throws, and what comes out is bounded and printable. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseDeliveryStatus } from '../../../src/mail/delivery-status.ts'

const line = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    'Reporting-MTA: dns; x',
    'Final-Recipient: rfc822; a@b',
    'Original-Recipient: utf-8; \\x{E4}',
    'Action: failed',
    'Status: 5.1.1',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc
    .tuple(
      fc.constantFrom('Final-Recipient', 'Diagnostic-Code', 'Remote-MTA', 'Status', 'Action', 'Arrival-Date', '__proto__', ''),
      fc.string({ unit: 'binary' }),
    )
    .map(([name, value]) => `${name}: ${value}`),
)

test('bounded and printable', () => {
  let found = 0
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), fc.constantFrom('\n', '\r\n'), (lines, end) => {
      const bounce = parseDeliveryStatus(lines.join(end))
      if (bounce === null) return
      found++
      expect(bounce.recipients.length).toBeGreaterThan(0)
      const values = bounce.recipients.flatMap(({ original, final, status, diagnostic, remoteMta }) => [
        original,
        final,
        status,
        diagnostic,
        remoteMta,
      ])
      for (const value of [...values, bounce.reportingMta]) {
        if (value === null) continue
        expect(value.length).toBeLessThanOrEqual(2000)
        expect(value).toMatch(/^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$/)
        expect(value.isWellFormed()).toBe(true)
      }
      expect(bounce.arrival === null || Number.isFinite(bounce.arrival)).toBe(true)
    }),
    { numRuns: 3000 },
  )
  expect(found).toBeGreaterThan(300)
})
