/** Text that mail systems write when they can't deliver, line by line. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseTextBounce } from '../../../src/content/text-bounce.ts'
import { processorTime } from '../../support/processor-time.ts'

const status = (text: string, failed: readonly string[] = []) =>
  parseTextBounce(text, failed)?.recipients.map(one => [one.final, one.action, one.status])

describe('recipients and what is said of them', () => {
  test.each<[string, unknown]>([
    ['<a@b.example>: 550 5.1.1 no', [['a@b.example', 'failed', '5.1.1']]],
    ['<a@b.example>:\n550 no', [['a@b.example', 'failed', '5.0.0']]],
    ['<a@b.example>\n (reason: 452 full)', [['a@b.example', 'failed', '4.0.0']]],
    ['  a@b.example\n    550-5.7.26 no\n', [['a@b.example', 'failed', '5.7.26']]],
    ['a@b.example\n#5.1.1 no', [['a@b.example', 'failed', '5.1.1']]],
    ["'a@b.example' on 1/1/2026\n  no <x #5.1.1>", [['a@b.example', 'failed', '5.1.1']]],
    [
      '<a@b.example>: 5.1.1\n\n<c@d.example>: 5.2.2',
      [
        ['a@b.example', 'failed', '5.1.1'],
        ['c@d.example', 'failed', '5.2.2'],
      ],
    ],
    ['<a@b.example>: 5.1.1\n\n<c@d.example>: no', [['a@b.example', 'failed', '5.1.1']]],
    [
      'permanent error\n<a@b.example>: no\n<c@d.example>: 4.2.2',
      [
        ['a@b.example', 'failed', '5.0.0'],
        ['c@d.example', 'failed', '4.2.2'],
      ],
    ],
    ['It has been delayed.\n\n<a@b.example>: 4.4.1 slow', [['a@b.example', 'delayed', '4.4.1']]],
    ['<a@b.example>: 4.4.1 slow\n\n<a@b.example>: again', [['a@b.example', 'failed', '4.4.1']]],
    ['<a@b.example>\n\nIt said:\n550 5.1.1 no', [['a@b.example', 'failed', '5.1.1']]],
    // No status.
    ['<a@b.example>: no', undefined],
    ['<a@b.example>: host [5.1.1.1] said no', undefined],
    ['<a@b.example>: 15.1.1 5.1.1.2 5505 no', undefined],
    // No recipient.
    ['550 5.1.1 no', undefined],
    ['to a@b.example: 5.1.1', undefined],
    ['> <a@b.example>: 5.1.1', undefined],
    // Behind the message that could not be delivered.
    ['--- Below this line is a copy of the message.\n\n<a@b.example>: 5.1.1', undefined],
    ['Original message headers:\n<a@b.example>: 5.1.1', undefined],
    ['', undefined],
  ])('%j', (text, expected) => {
    expect(status(text)).toEqual(expected)
  })

  test('an X-Failed-Recipients field names them where the text doesn’t', () => {
    expect(status('no: 554 5.7.1 no', ['a@b.example'])).toEqual([['a@b.example', 'failed', '5.7.1']])
    expect(status('<c@d.example>: 5.1.1', ['a@b.example'])).toEqual([['c@d.example', 'failed', '5.1.1']])
    expect(status('no', ['a@b.example'])).toBeUndefined()
    // Which of the two is it true of?
    expect(status('no: 554 5.7.1 no', ['a@b.example', 'c@d.example'])).toBeUndefined()
  })

  test.each([
    ['----- Original message -----\n\nSubject: x\nMessage-ID: <1@x>\n', '<1@x>'],
    ['--- Below this line is a copy of the message.\n\nReturn-Path: <x>\nmessage-id:\n <1@x>\n\nMessage-ID: <2@x>', '<1@x>'],
    ['------ This is a copy of the message, including all the headers. ------\n  Subject: x\n  Message-ID: <1@x>', '<1@x>'],
    ['----- Original message -----\n\nSubject: x\n\nMessage-ID: <2@x>', null],
    ['Message-ID: <2@x>', null],
  ])('the original’s id: %j', (text, expected) => {
    expect(parseTextBounce(`<a@b.example>: 5.1.1\n\n${text}`, [])?.originalMessageId).toBe(expected)
  })

  test('at most 100', () => {
    const many = (count: number) => status(Array.from({ length: count }, (_, i) => `<a${i}@b.example>: 5.1.1\n`).join(''))?.length
    expect([many(100), many(101)]).toEqual([100, 100])
    const failed = Array.from({ length: 101 }, (_, i) => `a${i}@b.example`)
    expect(status('permanent error', failed)?.length).toBe(100)
  })
})

test('anything: no throw, and what comes out is bounded', () => {
  const word = fc.constantFrom(
    '\n<a@b.example>: ',
    '\n  a@b.example\n',
    '\n\n',
    '550 5.1.1 ',
    'host mx.b.example[192.0.2.1] said: ',
    '\n----- Original message -----\n',
    'Message-ID: <1@x>\n',
  )
  const piece = fc.oneof({ weight: 3, arbitrary: word }, { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) })
  let found = 0
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), parts => {
      const bounce = parseTextBounce(parts.join(''), [])
      if (bounce === null) return
      found++
      for (const { final, status: code, diagnostic } of bounce.recipients) {
        expect(final).toMatch(/^[^\s@]+@[^\s@]+$/)
        expect(code).toMatch(/^[45]\.\d{1,3}\.\d{1,3}$/)
        expect((diagnostic ?? '').length).toBeLessThanOrEqual(2000)
      }
    }),
    { numRuns: 1000 },
  )
  expect(found).toBeGreaterThan(80)
})

test.each(['<a@b.example>: x\n', '<', 'a@', 'a@b.', ' ', 'host ', 'by a.b.', '5.1.1', '-- ', 'permanent ', "'a@b' on "])(
  '128 KiB of %j take little time',
  piece => {
    const text = `<a@b.example>: ${piece.repeat(131_072 / piece.length)}`
    expect(processorTime(() => parseTextBounce(text, []))).toBeLessThan(1000)
  },
)
