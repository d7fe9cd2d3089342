import { describe, expect, test } from 'vitest'
import { backOff, nextAttempt, type Schedule } from '../../../src/delivery/schedule.ts'

const minute = 60_000
const hour = 60 * minute
const schedule: Schedule = { first: minute, factor: 2, max: 12 * hour, for: 72 * hour }
const almostOne = 1 - Number.EPSILON

describe('backOff', () => {
  test.each([
    [1, minute],
    [2, 2 * minute],
    [3, 4 * minute],
    [10, 512 * minute],
    [11, 12 * hour],
    [10_000, 12 * hour],
    [0, minute],
  ])('after %i attempts: %i ms', (attempts, pause) => expect(backOff(schedule, attempts)).toBe(pause))
})

describe('nextAttempt', () => {
  test.each([1, 2, 5, 11, 2_000])('after %i attempts: between a half and the whole of the back-off', attempts => {
    const at = 1_000_000
    const whole = backOff(schedule, attempts)
    const due = (random: number) => nextAttempt(schedule, { attempts, since: at, at }, () => random)
    expect(due(0)).toBe(at + whole / 2)
    expect(due(0.5)).toBe(at + whole * 0.75)
    expect(due(almostOne)).toBe(at + whole)
  })

  test('a pause that was asked for is not cut short, and gets up to a quarter more', () => {
    const due = (after: number, random: number) => nextAttempt(schedule, { attempts: 1, since: 0, at: 0, after }, () => random)
    expect(due(5_000, 0)).toBe(5_000)
    expect(due(5_000, almostOne)).toBe(6_250)
    expect(due(30 * hour, 0)).toBe(12 * hour)
  })

  test('the last attempt falls on the end, and one made there is not repeated', () => {
    const end = schedule.for
    const next = (at: number) => nextAttempt(schedule, { attempts: 20, since: 0, at }, () => 0)
    expect(next(end - 12 * hour)).toBe(end - 6 * hour)
    expect(next(end - hour)).toBe(end)
    expect(next(end - 1)).toBe(end)
    expect(next(end)).toBeNull()
    expect(next(end + hour)).toBeNull()
  })

  test('the default schedule: how often and how long', () => {
    let at = 0
    let attempts = 1
    for (let due = nextAttempt(schedule, { attempts, since: 0, at }, () => 0.5); due !== null; attempts++) {
      at = due
      due = nextAttempt(schedule, { attempts: attempts + 1, since: 0, at }, () => 0.5)
    }
    expect(at).toBe(schedule.for)
    expect(attempts).toBe(18)
  })
})
