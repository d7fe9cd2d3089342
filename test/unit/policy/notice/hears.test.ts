import { expect, test } from 'vitest'
import { heardReasons, hears } from '../../../../src/policy/notice/hears.ts'
import { type Reason, reasons } from '../../../../src/policy/reasons.ts'

test('a writer hears of what he can mend', () => {
  expect(heardReasons).toEqual([
    ...['recipient.unknown', 'key.unknown', 'key.expired', 'key.revoked', 'key.missing'],
    ...['message.too-large', 'message.line-endings', 'authentication.required', 'sender.not-bound'],
    ...['application.refused', 'application.failed'],
  ])
})

test.each<Reason>(['message.automatic', 'message.loop', 'message.rate', 'authentication.dmarc', 'authentication.spf', 'internal.error'])(
  'never of %s',
  reason => expect(hears(reason)).toBe(false),
)

test('nobody is told of what was only put off', () => {
  for (const reason of heardReasons) {
    // Refused by the application, long after the 250.
    if (reason === 'application.failed') expect(reasons[reason].reply.code).toBe(250)
    else expect(reasons[reason].reply.code).toBeGreaterThanOrEqual(500)
  }
})
