import { describe, expect, test } from 'vitest'
import * as catalogue from '../../../src/mail/replies.ts'
import { formatReply, isPermanent, isTransient, type Reply, reply, withText } from '../../../src/mail/reply.ts'

describe('one reply', () => {
  test('takes the class of its enhanced status code from the basic code', () => {
    expect(reply(550, '1.1', 'No').status).toBe('5.1.1')
    expect(reply(450, '1.1', 'No').status).toBe('4.1.1')
    expect(reply(354, null, 'Go on').status).toBeNull()
  })

  test.each([
    [reply(550, '7.1', 'No'), '550 5.7.1 No'],
    [reply(354, null, 'Go on'), '354 Go on'],
    [reply(250, '0.0', 'a\r\nb\0ü'), '250 2.0.0 a  b  '],
    [withText(reply(250, '6.0', 'Accepted'), 'id'), '250 2.6.0 Accepted id'],
    [withText(reply(250, '6.0', 'Accepted'), '\r\n550 no'), '250 2.6.0 Accepted   550 no'],
  ])('%j', (given, line) => {
    expect(formatReply(given)).toBe(line)
  })

  test.each([
    [reply(250, '0.0', ''), false, false],
    [reply(354, null, ''), false, false],
    [reply(421, '0.0', ''), true, false],
    [reply(452, '0.0', ''), true, false],
    [reply(500, '0.0', ''), false, true],
    [reply(555, '0.0', ''), false, true],
  ])('%j', (given, transient, permanent) => {
    expect([isTransient(given), isPermanent(given)]).toEqual([transient, permanent])
  })
})

describe('the catalogue', () => {
  const constants = Object.entries(catalogue).flatMap(([name, given]) =>
    typeof given === 'object' ? [[name, given as Reply] as const] : [],
  )

  test.each(constants)('%s', (_, given) => {
    // RFC 3463 2; RFC 2034 4 exempts 3yz. Texts are ASCII, and short enough for an id behind them (RFC 5321 4.5.3.1.5).
    if (given.code === 354) expect(given.status).toBeNull()
    else expect(given.status).toMatch(new RegExp(`^${Math.floor(given.code / 100)}\\.[0-7]\\.[0-9]{1,2}$`))
    expect(given.text).toMatch(/^[\x20-\x7e]{2,200}$/)
    expect(Object.isFrozen(given)).toBe(true)
  })

  test('no two constants are one reply', () => {
    expect(new Set(constants.map(([, given]) => formatReply(given))).size).toBe(constants.length)
  })
})
