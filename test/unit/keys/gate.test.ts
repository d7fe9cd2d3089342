import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Asked, createGate, type Gate, type GateOptions } from '../../../src/keys/gate.ts'
import type { KeyCheck } from '../../../src/transaction/ports.ts'

const good: Asked = { check: { kind: 'valid', claims: {} }, lost: false }
const lost: Asked = { check: { kind: 'unavailable', cause: 'refused' }, lost: true }
const confused: Asked = { check: { kind: 'unavailable', cause: 'answered 500' }, lost: false }

let lines: [string, object][]
let open: Gate | null = null
beforeEach(() => {
  vi.useFakeTimers()
  lines = []
})
afterEach(() => {
  open?.close()
  vi.useRealTimers()
})

const gate = (options: Partial<GateOptions> = {}): Gate => {
  const say = (level: string) => (fields: object, text: string) => lines.push([`${level}: ${text}`, fields])
  const log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
  open = createGate({ store: 'the store', concurrency: 2, timeout: 1000, log, ...options })
  return open
}
const answering = (asked: Asked) => async () => asked
const never = () => new Promise<Asked>(() => {})
const kindOf = async (check: Promise<KeyCheck>) => (await check).kind
const causeOf = async (check: Promise<KeyCheck>) => {
  const settled = await check
  return settled.kind === 'unavailable' ? settled.cause : settled.kind
}

/** A question that is answered when the test says so. */
function held() {
  const { promise, resolve } = Promise.withResolvers<Asked>()
  return { question: vi.fn(() => promise), answer: resolve }
}

describe('options', () => {
  test.each([0, -1, 1.5, Number.NaN])('a concurrency of %d is refused', concurrency => {
    expect(() => gate({ concurrency })).toThrow(RangeError)
  })
  test.each([0, -1, 2 ** 31, Number.NaN])('a time-out of %d is refused', timeout => {
    expect(() => gate({ timeout })).toThrow(RangeError)
  })
})

describe('the line', () => {
  test('no more are asked at once than may be, and all in order', async () => {
    const { ask } = gate()
    const questions = Array.from({ length: 4 }, held)
    const answers = questions.map(({ question }) => ask(question))
    const asked = () => questions.map(({ question }) => question.mock.calls.length)
    expect(asked()).toEqual([1, 1, 0, 0])
    questions[1]!.answer(good)
    expect(await kindOf(answers[1]!)).toBe('valid')
    expect(asked()).toEqual([1, 1, 1, 0])
    questions[0]!.answer(good)
    await answers[0]
    expect(asked()).toEqual([1, 1, 1, 1])
    for (const { answer } of questions) answer(good)
    expect(await Promise.all(answers.map(kindOf))).toEqual(['valid', 'valid', 'valid', 'valid'])
  })

  test('as many wait as may, and one more is unavailable at once', async () => {
    const { ask } = gate({ concurrency: 1, waiting: 2 })
    const first = held()
    const answers = [ask(first.question), ask(answering(good)), ask(answering(good))]
    const over = vi.fn(answering(good))
    expect(await causeOf(ask(over))).toBe('2 questions wait for the store already')
    expect(over).not.toHaveBeenCalled()
    first.answer(good)
    expect(await Promise.all(answers.map(kindOf))).toEqual(['valid', 'valid', 'valid'])
    expect(await kindOf(ask(answering(good)))).toBe('valid')
  })
})

describe('the time-out', () => {
  test('counts from the question, time in the line included', async () => {
    const { ask } = gate({ concurrency: 1 })
    const first = held()
    void ask(first.question)
    await vi.advanceTimersByTimeAsync(600)
    const second = held()
    const answer = ask(second.question)
    first.answer(good)
    await vi.advanceTimersByTimeAsync(999)
    expect(second.question).toHaveBeenCalledOnce()
    second.answer(good)
    expect(await kindOf(answer)).toBe('valid')
  })

  test('one millisecond later it is unavailable, and the question is told', async () => {
    const { ask } = gate()
    let told: AbortSignal | null = null
    const answer = ask(signal => {
      told = signal
      return never()
    })
    await vi.advanceTimersByTimeAsync(999)
    expect(told!.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(await causeOf(answer)).toBe('no answer from the store within 1000 ms')
    expect(told!.aborted).toBe(true)
  })

  test('a turn that came late says so, and proves nothing about the store', async () => {
    const { ask } = gate({ concurrency: 1 })
    for (let left = 4; left > 0; left--) {
      const first = held()
      void ask(first.question)
      const late = ask(never)
      await vi.advanceTimersByTimeAsync(501)
      first.answer({ ...good, lost: null })
      await vi.advanceTimersByTimeAsync(499)
      expect(await causeOf(late)).toBe('the turn to ask the store came too late for its 1000 ms')
    }
    expect(await kindOf(ask(answering(good)))).toBe('valid')
  })

  test('a turn that came in time counts', async () => {
    const { ask } = gate({ concurrency: 1 })
    for (let left = 3; left > 0; left--) {
      const first = held()
      void ask(first.question)
      const late = ask(never)
      await vi.advanceTimersByTimeAsync(500)
      first.answer({ ...good, lost: null })
      await vi.advanceTimersByTimeAsync(500)
      expect(await causeOf(late)).toBe('no answer from the store within 1000 ms')
    }
    expect(await causeOf(ask(answering(good)))).toMatch(/^the store gives no answers/)
  })

  test('an answer after it changes nothing', async () => {
    const { ask } = gate({ concurrency: 1 })
    const late = held()
    const answer = ask(late.question)
    await vi.advanceTimersByTimeAsync(1000)
    late.answer(good)
    expect(await kindOf(answer)).toBe('unavailable')
    expect(await kindOf(ask(answering(good)))).toBe('valid')
  })
})

describe('a store that is down', () => {
  const fail = async ({ ask }: Gate, times: number) => {
    for (let left = times; left > 0; left--) await ask(answering(lost))
  }

  test('is asked until three questions in a row are lost, then every half second', async () => {
    const it = gate()
    await fail(it, 2)
    const third = vi.fn(answering(lost))
    await it.ask(third)
    expect(third).toHaveBeenCalledOnce()
    const question = vi.fn(answering(lost))
    expect(await causeOf(it.ask(question))).toBe('the store gives no answers and is asked only every 500 ms; the last time: refused')
    await vi.advanceTimersByTimeAsync(499)
    await it.ask(question)
    expect(question).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    await it.ask(question)
    await it.ask(question)
    expect(question).toHaveBeenCalledOnce()
  })

  test('is asked again by all as soon as one question is answered', async () => {
    const it = gate()
    await fail(it, 3)
    await vi.advanceTimersByTimeAsync(500)
    expect(await kindOf(it.ask(answering(good)))).toBe('valid')
    expect(await Promise.all([it.ask(answering(good)), it.ask(answering(good))].map(kindOf))).toEqual(['valid', 'valid'])
  })

  test('an answer between two losses begins the count anew', async () => {
    const it = gate()
    for (const asked of [lost, lost, good, lost, lost, confused]) await it.ask(answering(asked))
    expect(await kindOf(it.ask(answering(good)))).toBe('valid')
  })

  test('wrong answers are no losses', async () => {
    const it = gate()
    for (let left = 10; left > 0; left--) expect(await causeOf(it.ask(answering(confused)))).toBe('answered 500')
  })

  test('whoever waits is told at once', async () => {
    const it = gate({ concurrency: 3 })
    const hanging = [1, 2, 3].map(() => it.ask(never))
    await vi.advanceTimersByTimeAsync(500)
    // The first two losses give their turns to two of these.
    const waiting = [1, 2, 3, 4].map(() => it.ask(never))
    await vi.advanceTimersByTimeAsync(500)
    expect(await Promise.all(hanging.map(kindOf))).toEqual(['unavailable', 'unavailable', 'unavailable'])
    expect(await causeOf(waiting[2]!)).toMatch(/^the store gives no answers/)
    expect(await causeOf(waiting[3]!)).toMatch(/^the store gives no answers/)
  })

  test('the log has one line when it goes and one when it comes back', async () => {
    const it = gate()
    await fail(it, 20)
    await vi.advanceTimersByTimeAsync(500)
    await it.ask(answering(good))
    await it.ask(answering(good))
    expect(lines).toEqual([
      ['error: a key could not be checked: mail for such keys is deferred', { store: 'the store', cause: 'refused' }],
      ['info: the key store answers again', { store: 'the store', failures: 3, ms: 500 }],
    ])
  })

  test('a store that fails for some keys alone can’t fill the log', async () => {
    const it = gate()
    for (let left = 99; left > 0; left--) {
      await it.ask(answering(confused))
      await it.ask(answering(good))
      await vi.advanceTimersByTimeAsync(100)
    }
    expect(lines).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(100)
    await it.ask(answering(confused))
    expect(lines).toHaveLength(3)
  })

  test('another cause is told after a minute', async () => {
    const it = gate()
    await it.ask(answering(lost))
    await it.ask(answering(confused))
    await vi.advanceTimersByTimeAsync(59_999)
    await it.ask(answering(confused))
    expect(lines).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    await it.ask(answering(confused))
    await it.ask(answering(confused))
    expect(lines.map(([, fields]) => fields)).toEqual([
      { store: 'the store', cause: 'refused' },
      { store: 'the store', cause: 'answered 500' },
    ])
    await vi.advanceTimersByTimeAsync(600_000)
    await it.ask(answering(confused))
    expect(lines).toHaveLength(2)
  })
})

test('what is thrown is unavailable', async () => {
  const it = gate()
  expect(await causeOf(it.ask(() => Promise.reject(new TypeError('x is undefined'))))).toBe('unexpected: x is undefined')
})

test('close answers those that wait and those that come, and says nothing', async () => {
  const it = gate({ concurrency: 1 })
  let told: AbortSignal | null = null
  const answers = [
    it.ask(signal => {
      told = signal
      return never()
    }),
    it.ask(answering(good)),
  ]
  it.close()
  expect(told!.aborted).toBe(true)
  expect(await Promise.all([...answers, it.ask(answering(good))].map(causeOf))).toEqual(
    Array.from({ length: 3 }, () => 'the server is stopping'),
  )
  expect(lines).toEqual([])
  expect(vi.getTimerCount()).toBe(0)
})
