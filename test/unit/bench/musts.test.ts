import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Cell, judgeAll, median, peakMemoryMust } from '../../../bench/lib/musts.ts'

const cell = (subject: string, rate: number, more: Partial<Cell> = {}): Cell => ({
  subject,
  rate,
  size: '2k',
  sessions: 10,
  flush: 'real',
  peakMemory: 0,
  ...more,
})

describe('judgeAll', () => {
  test.each([
    [349, 'fail'],
    [350, 'pass'],
    [499, 'pass'],
    [500, 'aim'],
  ] as const)('%i of 1,000 a second beside (a): %s', (rate, judgement) => {
    const rows = judgeAll([cell('ours-lmtp', rate), cell('a', 1_000)])
    expect(rows.map(row => row.judgement)).toEqual([judgement])
  })

  test('both listeners are judged; peers are not', () => {
    const rows = judgeAll([cell('ours-lmtp', 1), cell('ours-smtp', 1), cell('b', 1)])
    expect(rows.map(row => row.subject)).toEqual(['ours-lmtp', 'ours-smtp'])
  })

  test('only cells of the same flush, size and sessions are compared', () => {
    expect(
      judgeAll([cell('ours-lmtp', 1), cell('a', 1, { flush: 'slowed' }), cell('b', 1, { sessions: 50 }), cell('c', 1, { size: '10k' })]),
    ).toEqual([])
  })

  test('the slowed run is judged against (b) only', () => {
    const at = { flush: 'slowed', sessions: 200 } as const
    const rows = judgeAll([cell('ours-lmtp', 500, at), cell('a', 1, at), cell('b', 100, at), cell('c', 1, at)])
    expect(rows).toEqual([{ subject: 'ours-lmtp', what: '2k s200 slowed / (b)', reached: 5, must: 5, aim: null, judgement: 'aim' }])
  })

  test.each([
    [peakMemoryMust, 'aim'],
    [peakMemoryMust + 1, 'fail'],
    [0, 'fail'],
  ] as const)('a peak of %i octets: %s', (peakMemory, judgement) => {
    const rows = judgeAll([cell('ours-smtp', 9, { size: '5m', peakMemory }), cell('c', 10, { size: '5m' })])
    expect(rows.map(row => row.judgement)).toEqual(['aim', judgement])
  })
})

describe('median', () => {
  test.each([
    [[3], 3],
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
  ])('of %j', (figures, expected) => expect(median(figures)).toBe(expected))

  test('as many figures above as below', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), figures => {
        const m = median(figures)
        expect(figures.filter(n => n < m).length).toBeLessThanOrEqual(figures.length / 2)
        expect(figures.filter(n => n > m).length).toBeLessThanOrEqual(figures.length / 2)
      }),
    )
  })
})
