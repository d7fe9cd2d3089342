import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decisionsPerSecond, parseDecisions } from '../../../bench/lib/decide.ts'
import { type DecisionCell, judgeDecisions } from '../../../bench/lib/decision-goals.ts'
import { signedQuestions, storedKey, storedQuestions } from '../../../bench/lib/questions.ts'
import { refuseOptions, subjects } from '../../../bench/lib/refuse-options.ts'
import { inspectSignedKey, signedKeys } from '../../../src/keys/signed.ts'

describe('refuseOptions', () => {
  const everything = Object.values(subjects).flat()

  test('without words: everything', () => {
    expect(refuseOptions([])).toEqual({ rounds: 3, seconds: 2, sessions: 50, only: everything, folder: undefined })
  })

  test('a group stands for its subjects, each once, in the order of the whole', () => {
    expect(refuseOptions(['--quick', '--only', 'sql,decisions,ours', '--seconds', '0.5'])).toMatchObject({
      rounds: 1,
      seconds: 0.5,
      only: ['ours', ...subjects.decisions],
    })
  })

  test.each([
    [['--only', 'oracle'], /"oracle" is none of refusals, /],
    [['--only', 'constructor'], /"constructor" is none of/],
    [['--rounds', '1.5'], /--rounds: "1.5" is no whole number/],
    [['--seconds', '0'], /--seconds: "0" is no positive number/],
    [['--sessions', 'many'], /--sessions: "many"/],
    [['--loud'], /--loud/],
  ])('%j is refused and named', (args, message) => expect(() => refuseOptions(args)).toThrow(message))

  test('never gives a measurement of nothing', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('--only', '--rounds', '--seconds', '--quick', 'sql', 'ours,sql', '10', '0'))
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), args => {
        try {
          const { rounds, seconds, sessions, only } = refuseOptions(args)
          expect(Math.min(rounds, seconds, sessions, only.length)).toBeGreaterThan(0)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }),
    )
  })
})

const keyOf = (question: string) => question.slice('+incoming+'.length, question.indexOf('@'))

describe('questions', () => {
  test('of a store: half good, from all of its keys, each once; of one key: it alone', () => {
    const million = storedQuestions(1_000_000)
    const good = new Set(million.filter(each => each.startsWith('+')).map(keyOf))
    expect([million.length, good.size, new Set(million).size]).toEqual([100_000, 50_000, 100_000])
    expect(good.has(storedKey(1))).toBe(true)
    expect(good.has(storedKey(999_981))).toBe(true)
    const one = storedQuestions(1).filter(each => each.startsWith('+'))
    expect([one.length, new Set(one.map(keyOf))]).toEqual([50_000, new Set([storedKey(1)])])
  })

  test('signed ones: the verifier says so, and the unknown ones have the form of good ones', () => {
    const secret = new Uint8Array(32).fill(7)
    const verifier = signedKeys({ secrets: new Map([[1, secret]]) })
    const about = { mailbox: 'incoming', route: 'reply', recipient: '', sender: '', client: null, at: Date.now() }
    const questions = signedQuestions(secret).slice(0, 500)
    for (const question of questions) {
      const key = keyOf(question)
      expect(inspectSignedKey(key)).toMatchObject({ subject: expect.stringMatching(/^ticket-\d+$/) })
      expect(verifier.verify({ ...about, key }).kind).toBe(question.startsWith('+') ? 'valid' : 'unknown')
    }
    expect(questions.filter(each => each.startsWith('+')).length).toBeGreaterThan(200)
  })
})

const result = { seconds: 2, good: 10, unknown: 9, deferred: 1, wrong: 0, p50: 10, p99: 20, longest: 30, client: 0.5 }

describe('what decide.c reports', () => {
  test('is taken as it is', () => {
    expect(parseDecisions(`${JSON.stringify(result)}\n`)).toEqual(result)
    expect(decisionsPerSecond(result)).toBe(10)
  })

  test('is refused where it is broken, or where an answer was wrong', () => {
    expect(() => parseDecisions(JSON.stringify({ ...result, wrong: 2 }))).toThrow('2 of 20 answers were wrong')
    expect(() => parseDecisions('{}')).toThrow(/no number seconds/)
    expect(() => parseDecisions('null')).toThrow(/no number seconds/)
    expect(() => parseDecisions('')).toThrow(SyntaxError)
  })
})

const cell = (kind: string, more: Partial<DecisionCell> = {}): DecisionCell => ({ kind, door: 'smtp', rate: 100, p99: 0, ...more })

describe('judgeDecisions', () => {
  test.each([
    [{ 'map-signed': 80, 'map-hash': 100 }, 'aim'],
    [{ 'map-file-1m': 79, 'map-hash': 100 }, 'fail'],
    [{ 'map-sql': 100, 'map-pgsql': 100 }, 'aim'],
    [{ 'map-sql': 99, 'map-pgsql': 100 }, 'fail'],
  ])('beside Postfix: %j: %s', (behindPostfix, judgement) => {
    expect(judgeDecisions({ cells: [], behindPostfix }).map(row => row.judgement)).toEqual([judgement])
  })

  test.each([
    ['signed', 2_000, 'aim'],
    ['file-1', 2_001, 'fail'],
    ['redis', 10_000, 'aim'],
    ['sql', 10_001, 'fail'],
  ])('%s with p99 %i µs: %s', (kind, p99, judgement) => {
    expect(judgeDecisions({ cells: [cell(kind, { p99 })], behindPostfix: {} }).map(row => row.judgement)).toEqual([judgement])
  })

  test('the worst door counts', () => {
    const cells = [cell('sql', { p99: 1 }), cell('sql', { p99: 20_000, door: 'policy' }), cell('sql', { p99: 2, door: 'lmtp' })]
    expect(judgeDecisions({ cells, behindPostfix: {} })).toMatchObject([{ what: expect.stringContaining('policy'), reached: 20 }])
  })

  test.each([
    [80, 'aim'],
    [79, 'fail'],
  ])('a million keys at %i %% of the speed of one: %s', (rate, judgement) => {
    const rows = judgeDecisions({ cells: [cell('file-1'), cell('file-1m', { rate })], behindPostfix: {} })
    expect(rows.at(-1)).toMatchObject({ reached: rate / 100, judgement })
  })

  test.each([
    [3, 200_000_000, ['aim', 'aim']],
    [3.01, 200_000_001, ['fail', 'fail']],
  ])('a million keys ready after %d s with %i octets: %j', (ready, readyMemory, judgements) => {
    const rows = judgeDecisions({ cells: [], behindPostfix: {}, million: { ready, readyMemory } })
    expect(rows.map(row => row.judgement)).toEqual(judgements)
  })

  test('what was not measured gives no row', () => {
    expect(judgeDecisions({ cells: [cell('file-1m')], behindPostfix: { 'map-hash': 1 } }).map(row => row.what)).toEqual([
      'p99 under load, ms: file-1m (worst: smtp)',
    ])
  })
})
