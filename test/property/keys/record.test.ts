import fc from 'fast-check'
import { expect, test } from 'vitest'
import { judgeRecord } from '../../../src/keys/record.ts'

const kinds = ['valid', 'expired', 'revoked', 'unavailable']
const instant = fc.integer({ min: -8.64e15, max: 8.64e15 })
const printable = fc.string({ minLength: 1, maxLength: 40, unit: fc.constantFrom(...'abcXYZ019 .@-_é€') })
const record = fc.record(
  {
    subject: fc.option(printable),
    senders: fc.option(fc.oneof(printable, fc.array(printable, { maxLength: 5 }))),
    expires: fc.option(
      fc
        .date({ noInvalidDate: true, min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z') })
        .map(date => date.toISOString()),
    ),
    revoked: fc.option(fc.boolean()),
  },
  { requiredKeys: [] },
)

test('never throws, whatever is kept, and never says that a key is unknown', () => {
  const named = fc.dictionary(fc.constantFrom('subject', 'senders', 'expires', 'revoked', 'other'), fc.anything({ withDate: true }))
  fc.assert(
    fc.property(fc.oneof(fc.anything({ withDate: true, withBigInt: true, withNullPrototype: true }), named), instant, (kept, at) => {
      expect(kinds).toContain(judgeRecord(kept, at).kind)
    }),
    { numRuns: 5000 },
  )
})

test('a record of the documented form is judged by its fields alone', () => {
  fc.assert(
    fc.property(record, instant, (kept, at) => {
      const expires = typeof kept.expires === 'string' ? Date.parse(kept.expires) : undefined
      const check = judgeRecord(kept, at)
      if (kept.revoked === true) expect(check).toEqual({ kind: 'revoked' })
      else if (expires !== undefined && at >= expires) expect(check).toEqual({ kind: 'expired', expired: expires })
      else
        expect(check).toEqual({
          kind: 'valid',
          claims: {
            ...(typeof kept.subject === 'string' ? { subject: kept.subject } : {}),
            ...(kept.senders == null ? {} : { senders: [kept.senders].flat().map(one => (one.startsWith('@') ? one.slice(1) : one)) }),
            ...(expires === undefined ? {} : { expires }),
          },
        })
    }),
    { numRuns: 2000 },
  )
})

test('what is claimed can stand on one line of a log', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), instant, (text, at) => {
      const check = judgeRecord(text, at)
      if (check.kind === 'valid') expect(check.claims.subject ?? '').not.toMatch(/[\x00-\x1f\x7f]/)
    }),
    { numRuns: 2000 },
  )
})
