import { describe, expect, test } from 'vitest'
import { afterOutcome, allowedAt, type Health, well } from '../../../src/delivery/circuit.ts'
import type { Outcome } from '../../../src/transaction/ports.ts'

const good: Outcome = { kind: 'delivered' }
const bad: Outcome = { kind: 'retry', detail: 'HTTP 503' }
const gone: Outcome = { kind: 'retry', detail: 'HTTP 410', gone: true }
const pausing = { after: 3, longest: 60_000 }

const step = (
  health: Health,
  outcome: Outcome,
  some: { at?: number; random?: number; after?: number; concurrency?: number } = {},
): Health =>
  afterOutcome(health, outcome, {
    at: some.at ?? 0,
    random: some.random ?? 0,
    concurrency: some.concurrency ?? 8,
    pausing: { ...pausing, after: some.after ?? pausing.after },
  })
const all = (outcomes: readonly Outcome[], some: Parameters<typeof step>[2] = {}): Health =>
  outcomes.reduce((health, outcome) => step(health, outcome, some), well(8))

describe('a processor that fails', () => {
  test('is paused after so many calls in a row, and not before', () => {
    expect(all([bad, bad]).paused).toBeNull()
    expect(all([bad, bad, bad]).paused).toEqual({ since: 0, until: 500, cause: 'HTTP 503', gone: false })
  })

  test.each<[string, Outcome]>([
    ['a delivery', good],
    ['a hold', { kind: 'delivered', verdict: 'hold' }],
    ['a refusal', { kind: 'failed', detail: 'no', refusal: 'no' }],
    ['a failure for good', { kind: 'failed', detail: 'no' }],
  ])('is not while %s comes between', (_, answer) => {
    expect(all([bad, bad, answer, bad, bad]).paused).toBeNull()
  })

  test('never is where `after` is 0, not even when it is gone', () => {
    expect(all([...Array(100).fill(bad), gone], { after: 0 })).toEqual(well(8))
  })

  test('gets no call in a pause and one after it', () => {
    const health = all([bad, bad, bad])
    expect([allowedAt(health, 499), allowedAt(health, 500), allowedAt(well(8), 0)]).toEqual([0, 1, 8])
  })

  test('is paused longer with each try, up to the longest, between a half and the whole', () => {
    let health = all([bad, bad, bad])
    const pauses: number[] = []
    for (let i = 0; i < 9; i++) {
      const at = health.paused!.until
      health = step(health, bad, { at })
      pauses.push(health.paused!.until - at)
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000])
    expect(health.paused!.since).toBe(0)
    expect(all([bad, bad, bad], { random: 0.999_999 }).paused!.until).toBe(1_000)
  })

  test('is not tried before the time it asked for', () => {
    expect(all([bad, bad, { ...bad, after: 7_000 }]).paused!.until).toBe(7_000)
    expect(all([bad, bad, { ...bad, after: 100 }]).paused!.until).toBe(500)
  })

  test('calls from before the pause lengthen it only where they ask for it', () => {
    const health = all([bad, bad, bad])
    expect(step(health, bad, { at: 100 })).toEqual(health)
    expect(step(health, { ...bad, after: 5_000 }, { at: 100 }).paused!.until).toBe(5_100)
  })

  test('that is gone is paused at once, for ten times the longest', () => {
    expect(step(well(8), gone).paused).toEqual({ since: 0, until: 300_000, cause: 'HTTP 410', gone: true })
    expect(step(step(well(8), gone), bad, { at: 300_000 }).paused).toMatchObject({ since: 0, gone: false })
  })
})

describe('a processor that answers again', () => {
  const probed = () => step(all([bad, bad, bad]), good, { at: 500 })

  test('gets 2, 4, 8 calls at once, and all of them in the end', () => {
    let health = probed()
    const allowed = [health.allowed]
    for (let i = 0; i < 3; i++) {
      health = step(health, good, { at: 600 })
      allowed.push(health.allowed)
    }
    expect([health.paused, allowed]).toEqual([null, [2, 4, 8, 8]])
    expect(health).toEqual(well(8))
  })

  test('falls back by halves where it fails, and into a pause that is longer than the first', () => {
    const four = step(probed(), good, { at: 600 })
    const two = step(four, bad, { at: 600 })
    const one = step(two, bad, { at: 600 })
    expect([four.allowed, two.allowed, one.allowed, one.paused]).toEqual([4, 2, 1, null])
    expect(step(one, bad, { at: 600 }).paused).toMatchObject({ since: 600, until: 1_600 })
  })

  test('is well at once where it bears one call only', () => {
    const paused = [bad, bad, bad].reduce((health, outcome) => step(health, outcome, { concurrency: 1 }), well(1))
    expect(step(paused, good, { at: 500, concurrency: 1 })).toEqual(well(1))
  })
})
