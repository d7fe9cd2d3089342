import { describe, expect, test } from 'vitest'
import { createGuard, type Guard } from '../../../src/transaction/guard.ts'

const usual = { connections: 1000, connectionsPerNetwork: 1000, unknownRecipients: 1000, errors: 1000 }

function guardAt(limits: Partial<typeof usual>): Guard & { pass(milliseconds: number): void } {
  let now = 1_000_000
  const guard = createGuard({ ...usual, ...limits }, () => now)
  const pass = (milliseconds: number) => {
    now += milliseconds
  }
  return { ...guard, pass }
}

const free = { delay: 0, close: false }
const admitted = { kind: 'admitted' }

describe('connections', () => {
  test('up to the limit of a network and no more; another network is not concerned', () => {
    const guard = guardAt({ connectionsPerNetwork: 2 })
    expect(guard.enter('192.0.2.1', false)).toEqual(admitted)
    expect(guard.enter('192.0.2.200', false)).toEqual(admitted)
    expect(guard.enter('192.0.2.77', false)).toMatchObject({ kind: 'refused', reason: 'connection.network-limit' })
    expect(guard.enter('192.0.3.1', false)).toEqual(admitted)
    guard.leave('192.0.2.1', false)
    expect(guard.enter('192.0.2.77', false)).toEqual(admitted)
  })

  test('an IPv6 network is a /64, and a mapped IPv4 address is the IPv4 one', () => {
    const guard = guardAt({ connectionsPerNetwork: 1 })
    expect(guard.enter('2001:db8:0:1::1', false)).toEqual(admitted)
    expect(guard.enter('2001:db8:0:1:ffff::2', false)).toMatchObject({ kind: 'refused' })
    expect(guard.enter('2001:db8:0:2::1', false)).toEqual(admitted)
    expect(guard.enter('::ffff:192.0.2.1', false)).toEqual(admitted)
    expect(guard.enter('192.0.2.2', false)).toMatchObject({ kind: 'refused' })
  })

  test('up to the total and no more', () => {
    const guard = guardAt({ connections: 2 })
    expect(guard.enter('192.0.2.1', false)).toEqual(admitted)
    expect(guard.enter('198.51.100.1', false)).toEqual(admitted)
    expect(guard.enter('203.0.113.1', false)).toMatchObject({ kind: 'refused', reason: 'connection.limit' })
    guard.leave('192.0.2.1', false)
    expect(guard.enter('203.0.113.1', false)).toEqual(admitted)
  })

  test('strangers cannot take the places of a trusted relay, nor it more than the total', () => {
    const guard = guardAt({ connections: 2, connectionsPerNetwork: 1 })
    guard.enter('192.0.2.1', false)
    guard.enter('198.51.100.1', false)
    expect(guard.enter('127.0.0.1', true)).toEqual(admitted)
    expect(guard.enter('127.0.0.1', true)).toEqual(admitted)
    expect(guard.enter('127.0.0.1', true)).toMatchObject({ kind: 'refused', reason: 'connection.limit' })
    guard.leave('127.0.0.1', true)
    expect(guard.enter('127.0.0.1', true)).toEqual(admitted)
  })

  test('a trusted relay does not count against strangers of its network', () => {
    const guard = guardAt({ connectionsPerNetwork: 1 })
    guard.enter('127.0.0.1', true)
    expect(guard.enter('127.0.0.1', false)).toEqual(admitted)
  })

  test('a UNIX socket is one network of its own', () => {
    const guard = guardAt({ connectionsPerNetwork: 1 })
    expect(guard.enter(null, true)).toEqual(admitted)
    expect(guard.enter(null, true)).toEqual(admitted)
  })

  test('refusals are answered 20 times a second and network, then silently dropped', () => {
    const guard = guardAt({ connectionsPerNetwork: 0 })
    const silent = Array.from({ length: 25 }, () => guard.enter('192.0.2.1', false)).map(a => a.kind === 'refused' && a.silent)
    expect(silent).toEqual([...new Array(20).fill(false), ...new Array(5).fill(true)])
    expect(guard.enter('198.51.100.1', false)).toMatchObject({ silent: false })
    guard.pass(1_000)
    expect(guard.enter('192.0.2.1', false)).toMatchObject({ silent: false })
  })
})

describe('errors', () => {
  test('as many as the budget, then each ends the connection, from any address of the network', () => {
    const guard = guardAt({ errors: 2 })
    expect([guard.error('192.0.2.1'), guard.error('192.0.2.2')]).toEqual([free, free])
    expect(guard.error('192.0.2.3')).toEqual({ delay: 0, close: true })
    expect(guard.error('192.0.3.3')).toEqual(free)
  })

  test('given back over ten minutes', () => {
    const guard = guardAt({ errors: 2 })
    guard.error('192.0.2.1')
    guard.error('192.0.2.1')
    guard.pass(5 * 60_000 - 1)
    expect(guard.error('192.0.2.1').close).toBe(true)
    guard.pass(1)
    expect(guard.error('192.0.2.1').close).toBe(false)
  })
})

describe('unknown recipients', () => {
  test('as many as the budget at once, as many again a second each, then the connection ends', () => {
    const guard = guardAt({ unknownRecipients: 3 })
    const paces = Array.from({ length: 8 }, (_, i) => guard.unknownRecipient(`192.0.2.${i}`))
    const slow = { delay: 1_000, close: false }
    const end = { delay: 1_000, close: true }
    expect(paces).toEqual([free, free, free, slow, slow, slow, end, end])
    expect(guard.unknownRecipient('198.51.100.1')).toEqual(free)
  })

  test('cost no errors', () => {
    const guard = guardAt({ unknownRecipients: 1, errors: 1 })
    guard.unknownRecipient('192.0.2.1')
    expect(guard.error('192.0.2.1')).toEqual(free)
  })
})

describe('other limits', () => {
  test('who is connected stays counted', () => {
    const guard = guardAt({ connectionsPerNetwork: 3 })
    guard.enter('192.0.2.1', false)
    guard.enter('192.0.2.2', false)
    guard.adjust({ connections: 1_000, connectionsPerNetwork: 2, unknownRecipients: 10, errors: 20 })
    expect(guard.enter('192.0.2.3', false)).toMatchObject({ kind: 'refused', reason: 'connection.network-limit' })
    guard.leave('192.0.2.1', false)
    expect(guard.enter('192.0.2.3', false)).toEqual({ kind: 'admitted' })
  })

  test('debts stay where their limit does, and are forgotten where it changes', () => {
    const limits = { connections: 1_000, connectionsPerNetwork: 50, unknownRecipients: 1, errors: 1 }
    const guard = guardAt(limits)
    guard.error('192.0.2.1')
    guard.unknownRecipient('192.0.2.1')
    guard.adjust({ ...limits, errors: 2 })
    expect(guard.unknownRecipient('192.0.2.1').delay).toBe(1_000)
    expect([1, 2, 3].map(() => guard.error('192.0.2.1').close)).toEqual([false, false, true])
  })
})
