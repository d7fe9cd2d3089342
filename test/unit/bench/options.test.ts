import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { acceptOptions, WrongUsage } from '../../../bench/lib/accept-options.ts'
import { judgeRefusals, parseResult } from '../../../bench/lib/refuse-result.ts'
import { table } from '../../../bench/lib/report.ts'

describe('acceptOptions', () => {
  test('without words: everything the musts need', () => {
    expect(acceptOptions([])).toEqual({
      rounds: 3,
      seconds: 2,
      only: ['ours-lmtp', 'ours-smtp', 'a', 'b', 'c'],
      sizes: ['2k', '10k', '100k', '5m'],
      sessions: [1, 10, 50, 200],
      flushes: ['real', 'slowed'],
      folder: undefined,
    })
  })

  test('ours stands for both listeners, and --quick gives way to what is said', () => {
    const options = acceptOptions(['--quick', '--only', 'a,ours', '--sessions', '7'])
    expect(options).toMatchObject({ rounds: 1, only: ['a', 'ours-lmtp', 'ours-smtp'], sessions: [7], sizes: ['2k'] })
  })

  test.each([
    [['--only', 'd'], /"d" is none of ours-lmtp/],
    [['--sizes', '3k'], /"3k" is none of 2k/],
    [['--sessions', '1,x'], /"x" is no whole number/],
    [['--rounds', '0'], /"0" is no whole number/],
    [['--rounds', '1.5'], /"1.5" is no whole number/],
    [['--loud'], /--loud/],
    [['more'], /more/],
  ])('%j is refused and named', (args, message) => {
    expect(() => acceptOptions(args)).toThrow(message)
    expect(() => acceptOptions(args)).toThrow(WrongUsage)
  })

  test('never throws anything else', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('--only', '--sizes', '--sessions', '--rounds', '--seconds', '--flush', '--quick', 'a,b', '10'),
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), args => {
        try {
          const { rounds, sessions } = acceptOptions(args)
          expect(Math.min(rounds, ...sessions)).toBeGreaterThanOrEqual(1)
        } catch (error) {
          expect(error).toBeInstanceOf(WrongUsage)
        }
      }),
    )
  })
})

const result = { seconds: 2, refused: 10, deferred: 2, accepted: 0, cut: 1, closed: 0, connections: 3, busiest: 9, p50: 10, p99: 20 }

describe('refusals', () => {
  test('a result is taken as it is, and a broken one refused', () => {
    expect(parseResult(`${JSON.stringify(result)}\n`)).toEqual(result)
    expect(() => parseResult('{}')).toThrow(/no number seconds/)
    expect(() => parseResult('null')).toThrow(/no number seconds/)
    expect(() => parseResult('')).toThrow(SyntaxError)
  })

  test.each([
    [{ ours: 240, postfix: 100 }, 'aim'],
    [{ ours: 239, postfix: 100 }, 'fail'],
    [{ ours: 30, smtpServer: 47 }, 'aim'],
    [{ ours: 29, smtpServer: 47 }, 'fail'],
    [{ attacker: 200 }, 'aim'],
    [{ attacker: 201 }, 'fail'],
  ] as const)('%j: %s', (rates, judgement) => {
    expect(judgeRefusals(rates).map(row => row.judgement)).toEqual([judgement])
  })
})

test('a table is as wide as its longest cells', () => {
  expect(
    table(
      ['name', 'n'],
      [
        ['a', '1,000'],
        ['longer', '5'],
      ],
    ),
  ).toBe('name        n\n------  -----\na       1,000\nlonger      5')
})
