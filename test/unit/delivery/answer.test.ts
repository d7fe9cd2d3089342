import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answerText, keptOfEnds, spare, withAnswer } from '../../../src/delivery/answer.ts'

describe('what an application wrote', () => {
  test.each([
    ['', ''],
    [' \n\t\r\n', ''],
    ['one\r\ntwo\rthree\n', 'one\ntwo\nthree'],
    ['a\u001b[31m\tb\u0000\u202e\u2028c\ud800', 'a[31m\tbc'],
  ])('%j is kept as %j', (text, kept) => expect(answerText(text)).toBe(kept))

  test('is kept whole up to its limit, and of more both ends with a note', () => {
    const whole = 'a'.repeat(keptOfEnds) + 'm'.repeat(spare) + 'z'.repeat(keptOfEnds)
    expect(answerText(whole)).toBe(whole)
    expect(answerText(`${whole}z`)).toBe(`${'a'.repeat(keptOfEnds)}\n[${spare + 1} characters]\n${'z'.repeat(keptOfEnds)}`)
    expect(answerText(`${' '.repeat(3 * keptOfEnds)}end\n\n`)).toMatch(/^\[\d+ characters\]\n +end$/)
  })

  test('is bounded and obeyed by no terminal, whatever it was, and is the same when it is kept again', () => {
    const any = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('\r', '\n', '\u001b', '\u202e', 'x'), size: 'large' }),
    )
    fc.assert(
      fc.property(any, fc.nat(3_000), (text, times) => {
        const kept = answerText(text.repeat(times + 1).slice(0, 200_000))
        expect(kept.length).toBeLessThanOrEqual(2 * keptOfEnds + spare)
        expect(kept).not.toMatch(/[^\P{Cc}\n\t]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
        expect(answerText(kept)).toBe(kept)
      }),
    )
  })

  test('stands with the outcome where it says anything', () => {
    const retry = { kind: 'retry', detail: 'later' } as const
    expect(withAnswer(retry, 'stack\ntrace\n')).toEqual({ ...retry, answer: 'stack\ntrace' })
    expect(withAnswer(retry, '\n')).toBe(retry)
    const long = 'x'.repeat(5_000)
    expect(withAnswer(retry, long).answer).toBe(long)
    expect(withAnswer({ kind: 'delivered' }, long).answer).toBe(`${'x'.repeat(512)}\n[3976 characters]\n${'x'.repeat(512)}`)
  })
})
