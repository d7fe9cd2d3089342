import { expect, test } from 'vitest'
import { createBudget } from '../../../../src/policy/limits/budget.ts'

const START = 1_700_000_000_000
const ten = () => createBudget({ size: 10, per: 60_000, entries: 100 })
const times = <T>(count: number, act: (n: number) => T) => Array.from({ length: count }, (_, n) => act(n))

test('size units can be spent, the next one not', () => {
  const budget = ten()
  expect(times(11, () => budget.spend('a', START))).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0, -1])
  expect(budget.left('a', START)).toBe(0)
})

test('asking takes nothing, and an unknown network has everything', () => {
  const budget = ten()
  expect(times(3, () => budget.left('a', START))).toEqual([10, 10, 10])
})

test('one unit comes back after per / size, not a millisecond earlier', () => {
  const budget = ten()
  times(10, () => budget.spend('a', START))
  expect(budget.left('a', START + 5_999)).toBe(0)
  expect(budget.spend('a', START + 5_999)).toBe(-1)
  expect(budget.left('a', START + 6_000)).toBe(1)
  expect(budget.spend('a', START + 6_000)).toBe(0)
  expect(budget.spend('a', START + 6_000)).toBe(-1)
})

test('the whole budget is back after per, never more', () => {
  const budget = ten()
  times(10, () => budget.spend('a', START))
  expect(budget.left('a', START + 59_999)).toBe(9)
  expect(budget.left('a', START + 60_000)).toBe(10)
  expect(budget.left('a', START + 10_000_000)).toBe(10)
})

test('a refused spend costs nothing: whoever hammers gets his rate, no less', () => {
  const budget = ten()
  const spent = times(60_001, n => budget.spend('a', START + n)).filter(left => left >= 0).length
  expect(spent).toBe(20)
})

test('a clock that goes back gives nothing and takes nothing', () => {
  const budget = ten()
  times(10, () => budget.spend('a', START))
  expect(budget.spend('a', START - 3_600_000)).toBe(-1)
  expect(budget.spend('a', START + 5_999)).toBe(-1)
  expect(budget.spend('a', START + 6_000)).toBe(0)
})

test('networks are counted apart', () => {
  const budget = ten()
  times(10, () => budget.spend('a', START))
  expect(budget.spend('b', START)).toBe(9)
})

test('a budget of 0 is always used up', () => {
  const budget = createBudget({ size: 0, per: 1000, entries: 1 })
  expect([budget.left('a', START), budget.spend('a', START), budget.spend('a', START + 10_000)]).toEqual([0, -1, -1])
})

test('a debt is forgotten early only by charging `entries` other networks', () => {
  const budget = createBudget({ size: 2, per: 60_000, entries: 3 })
  times(2, () => budget.spend('attacker', START))
  times(50, () => budget.left('asked', START))
  for (const other of ['b', 'c']) budget.spend(other, START)
  expect(budget.left('attacker', START)).toBe(0)
  budget.spend('d', START)
  expect(budget.left('attacker', START)).toBe(2)
})

test('a network that goes on being refused keeps its debt remembered', () => {
  const budget = createBudget({ size: 2, per: 60_000, entries: 3 })
  times(2, () => budget.spend('attacker', START))
  for (const other of ['b', 'c', 'd', 'e', 'f']) {
    budget.spend(other, START)
    expect(budget.spend('attacker', START)).toBe(-1)
  }
})
