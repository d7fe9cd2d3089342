import fc from 'fast-check'
import { expect, test } from 'vitest'
import { base64 } from '../../../src/delivery/event/base64.ts'
import { outcomeOf, outcomeOfError } from '../../../src/delivery/outcome.ts'
import { encoded } from '../../../src/delivery/processors/webhook/envelope-fields.ts'
import { fileName } from '../../../src/delivery/processors/webhook/multipart.ts'
import { leastPause, longestPause, parseHttpDate, parseRetryAfter } from '../../../src/delivery/retry-after.ts'
import { nextAttempt } from '../../../src/delivery/schedule.ts'
import { verdictWords } from '../../../src/delivery/verdict-body.ts'
import { parseSecret } from '../../../src/lib/standard-webhooks.ts'

const time = fc.integer({ min: 0, max: 253_402_300_799 }).map(seconds => seconds * 1_000)
const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.json())

test('an HTTP-date as toUTCString writes it is read back', () => {
  fc.assert(fc.property(time, time, (date, at) => parseHttpDate(new Date(date).toUTCString(), at) === date))
})

test('a date of two digits for the year lies at most 50 years ahead or 49 behind', () => {
  const now = fc.date({ min: new Date('2000-01-01'), max: new Date('2200-01-01'), noInvalidDate: true })
  fc.assert(
    fc.property(now, fc.integer({ min: 0, max: 99 }), (at, short) => {
      const read = parseHttpDate(`Monday, 03-Mar-${String(short).padStart(2, '0')} 01:02:03 GMT`, at.getTime())
      const ahead = new Date(read!).getUTCFullYear() - at.getUTCFullYear()
      expect(ahead).toBeGreaterThanOrEqual(-49)
      expect(ahead).toBeLessThanOrEqual(50)
    }),
  )
})

test('Retry-After: any text is null or a bounded pause', () => {
  const field = fc.oneof(
    anyText,
    fc.nat().map(String),
    time.map(date => new Date(date).toUTCString()),
  )
  fc.assert(
    fc.property(field, time, (text, at) => {
      const pause = parseRetryAfter(text, at)
      if (pause !== null) expect(pause >= leastPause && pause <= longestPause).toBe(true)
    }),
  )
})

test('any answer has an outcome, with one line of detail, and only a verdict of its own makes more of it', () => {
  const word = fc.oneof(fc.constantFrom(...verdictWords), fc.string(), fc.anything())
  const text = fc.oneof(anyText, fc.string({ unit: 'binary', minLength: 150, maxLength: 400 }), fc.anything())
  const verdict = fc.record({ verdict: word, text, more: fc.anything() }, { requiredKeys: ['verdict'] }).map(v => JSON.stringify(v))
  const nested = fc.nat(30_000).map(depth => `{"verdict":${'['.repeat(depth)}`)
  // As a server in another charset than UTF-8 would write it.
  const miswritten = verdict.map(v => Buffer.from(v, 'utf16le').toString())
  const status = fc.oneof(fc.integer({ min: 0, max: 999 }), fc.integer({ min: 200, max: 499 }))
  fc.assert(
    fc.property(status, fc.oneof(anyText, verdict, verdict, nested, miswritten), fc.option(anyText), (code, body, retryAfter) => {
      const outcome = outcomeOf({ status: code, body, retryAfter }, 0)
      expect(outcome.detail).toMatch(/^[^\p{Cc}\u2028\u2029]{1,500}$/u)
      const heard = (code >= 200 && code < 300) || (code >= 400 && code < 500)
      if (outcome.kind === 'failed') {
        expect([heard, JSON.parse(body).verdict]).toEqual([true, 'refuse'])
        expect(outcome.refusal).toMatch(/^[^\p{Cc}\p{Cs}\u2028\u2029]{1,200}$/u)
        expect(outcome.refusal!.length).toBeLessThanOrEqual(200)
      } else if (outcome.kind === 'delivered') {
        expect(heard).toBe(true)
        if (outcome.verdict === undefined) expect(code < 300).toBe(true)
        else expect(JSON.parse(body).verdict).toBe(outcome.verdict)
      }
    }),
  )
})

test('an encoded field is visible ASCII, and decodes to the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      expect(encoded(text)).toMatch(/^[!-~]*$/)
      expect(decodeURIComponent(encoded(text))).toBe(text)
    }),
  )
})

test('the name of a file stays inside its quotes and its line', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), name => /^[^"\p{Cc}]*$/u.test(fileName(name))))
})

test('whatever is thrown, the outcome is a retry', () => {
  fc.assert(fc.property(fc.anything(), thrown => outcomeOfError(thrown).kind === 'retry'))
})

test('parseSecret: 24 to 64 octets are read back, anything else throws an Error without the secret in it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), octets => {
      const text = `whsec_${Buffer.from(octets).toString('base64')}`
      if (octets.length >= 24 && octets.length <= 64) expect(parseSecret(text).equals(octets)).toBe(true)
      else expect(() => parseSecret(text)).toThrow(/24 to 64 octets/)
    }),
  )
  fc.assert(
    fc.property(fc.string({ minLength: 6 }), text => {
      expect(() => parseSecret(text)).toThrow(Error)
      expect(() => parseSecret(text)).not.toThrow(text)
    }),
  )
})

test('base64 in pieces is base64 of the whole, however it is cut', async () => {
  const chunks = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 10 }),
      fc.integer({ min: 49_149, max: 49_155 }).map(n => new Uint8Array(n).fill(n % 251)),
    ),
    {
      maxLength: 8,
    },
  )
  await fc.assert(
    fc.asyncProperty(chunks, async parts => {
      const pieces: Buffer[] = []
      for await (const piece of base64(
        (async function* () {
          yield* parts
        })(),
      ))
        pieces.push(piece)
      expect(Buffer.concat(pieces).toString('latin1')).toBe(Buffer.concat(parts).toString('base64'))
    }),
    { numRuns: 200 },
  )
})

test('the next attempt lies ahead, never after the end, and the attempts end', () => {
  const schedule = fc.record({
    first: fc.integer({ min: 1, max: 100_000 }),
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
    max: fc.integer({ min: 1, max: 1_000_000 }),
    for: fc.integer({ min: 0, max: 10_000_000 }),
  })
  const after = fc.option(fc.integer({ min: 1_000, max: 86_400_000 }), { nil: undefined })
  fc.assert(
    fc.property(
      schedule,
      fc.record({ attempts: fc.integer({ min: 1, max: 5_000 }), at: fc.nat(), after }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (s, tried, r) => {
        const due = nextAttempt(s, { ...tried, since: 0 }, () => r)
        if (tried.at >= s.for) expect(due).toBeNull()
        else expect(due! > tried.at && due! <= s.for).toBe(true)
      },
    ),
  )
})
