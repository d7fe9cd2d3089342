import { describe, expect, test } from 'vitest'
import { createGovernor, type Governed, type GovernorOptions } from '../../../../src/policy/governor/governor.ts'

const off: GovernorOptions = { perKey: 0, perSender: 0, perPair: 0, entries: 100 }
const mail = (more: Partial<Governed> = {}): Governed => ({ mailbox: 'incoming', key: 'k', sender: 'ann@example.net', ...more })
const hour = 3_600_000
const ok = { ok: true }

describe.each([
  [
    'key',
    { perKey: 3 },
    [mail({ key: 'other' }), mail({ mailbox: 'other' })],
    [mail({ sender: 'bob@example.net' }), mail({ sender: '' }), mail({ key: 'K' })],
  ],
  [
    'sender',
    { perSender: 3 },
    [mail({ sender: 'bob@example.net' }), mail({ sender: '' })],
    [mail({ key: 'other' }), mail({ mailbox: 'other' }), mail({ sender: 'ANN@Example.NET' })],
  ],
  [
    'pair',
    { perPair: 3 },
    [mail({ key: 'other' }), mail({ mailbox: 'other' }), mail({ sender: 'bob@example.net' }), mail({ sender: '' })],
    [mail({ key: 'K', sender: 'ANN@example.net' })],
  ],
] as const)('a cap of 3 by %s', (by, caps, free, shared) => {
  test('three pass, the fourth does not, and with time one more', () => {
    const governor = createGovernor({ ...off, ...caps })
    for (let i = 0; i < 3; i++) expect(governor.take(mail(), 0)).toEqual(ok)
    expect(governor.take(mail(), 0)).toEqual({ ok: false, by, limit: 3 })
    expect(governor.take(mail(), hour / 3 - 1)).toEqual({ ok: false, by, limit: 3 })
    expect(governor.take(mail(), hour / 3)).toEqual(ok)
    expect(governor.take(mail(), hour / 3)).toEqual({ ok: false, by, limit: 3 })
  })

  test('counts what belongs together and nothing else', () => {
    const governor = createGovernor({ ...off, ...caps })
    for (let i = 0; i < 3; i++) governor.take(mail(), 0)
    for (const other of free) expect(governor.take(other, 0), JSON.stringify(other)).toEqual(ok)
    for (const same of shared) expect(governor.take(same, 0), JSON.stringify(same)).toEqual({ ok: false, by, limit: 3 })
  })
})

test('0 is for no cap', () => {
  const governor = createGovernor(off)
  for (let i = 0; i < 10_000; i++) expect(governor.take(mail(), 0)).toEqual(ok)
})

test('nothing is charged where one is empty', () => {
  const governor = createGovernor({ ...off, perKey: 2, perSender: 3, perPair: 1 })
  expect(governor.take(mail(), 0)).toEqual(ok)
  for (let i = 0; i < 5; i++) expect(governor.take(mail(), 0)).toEqual({ ok: false, by: 'pair', limit: 1 })
  // One of two is left of the key, two of three of the sender.
  expect(governor.take(mail({ sender: 'bob@example.net' }), 0)).toEqual(ok)
  expect(governor.take(mail({ sender: 'eve@example.net' }), 0)).toEqual({ ok: false, by: 'key', limit: 2 })
  expect(governor.take(mail({ key: 'l' }), 0)).toEqual(ok)
  expect(governor.take(mail({ key: 'm' }), 0)).toEqual(ok)
  expect(governor.take(mail({ key: 'n' }), 0)).toEqual({ ok: false, by: 'sender', limit: 3 })
})

test('a mailbox without keys has no cap by key, but for what has no sender', () => {
  const governor = createGovernor({ ...off, perKey: 1, perPair: 1 })
  expect(governor.take(mail({ key: '' }), 0)).toEqual(ok)
  expect(governor.take(mail({ key: '' }), 0)).toEqual({ ok: false, by: 'pair', limit: 1 })
  expect(governor.take(mail({ key: '', sender: 'bob@example.net' }), 0)).toEqual(ok)
  expect(governor.take(mail({ key: '', sender: '' }), 0)).toEqual(ok)
  expect(governor.take(mail({ key: '', sender: '' }), 0)).toEqual({ ok: false, by: 'key', limit: 1 })
})

test('the null reverse-path is nobody’s: it has no cap by sender', () => {
  const governor = createGovernor({ ...off, perSender: 1, perPair: 1 })
  for (let i = 0; i < 3; i++) expect(governor.take(mail({ sender: '' }), 0)).toEqual(ok)
})

test('names that look the same joined are told apart', () => {
  const governor = createGovernor({ ...off, perKey: 1 })
  expect(governor.take(mail({ mailbox: 'ab', key: 'c' }), 0)).toEqual(ok)
  expect(governor.take(mail({ mailbox: 'a', key: 'bc' }), 0)).toEqual(ok)
})

test('of more keys than entries the one charged longest ago is forgotten', () => {
  const governor = createGovernor({ ...off, perKey: 1, entries: 2 })
  for (const key of ['a', 'b']) governor.take(mail({ key }), 0)
  expect(governor.take(mail({ key: 'a' }), 0).ok).toBe(false)
  governor.take(mail({ key: 'c' }), 0)
  expect(['b', 'c'].map(key => governor.take(mail({ key }), 0).ok)).toEqual([false, false])
  expect(governor.take(mail({ key: 'a' }), 0)).toEqual(ok)
})

test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('%d messages an hour are refused', count => {
  for (const cap of ['perKey', 'perSender', 'perPair'] as const) expect(() => createGovernor({ ...off, [cap]: count })).toThrow(RangeError)
})
