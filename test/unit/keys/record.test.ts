import { describe, expect, test } from 'vitest'
import { judgeRecord } from '../../../src/keys/record.ts'

const at = Date.parse('2027-01-01T00:00:00Z')
const seconds = at / 1000
const valid = (claims: object) => ({ kind: 'valid', claims })
const unreadable = (part: string) => ({ kind: 'unavailable', cause: expect.stringContaining(part) })

describe('what a store keeps of a key', () => {
  const good: readonly (readonly [string, unknown, object])[] = [
    ['no text: no claims', '', {}],
    ['text is the subject', 'ticket 42', { subject: 'ticket 42' }],
    ['text that looks like JSON is text', '"42"', { subject: '"42"' }],
    ['an empty object', {}, {}],
    ['a number as subject', { subject: 42 }, { subject: '42' }],
    ['zero as subject', { subject: 0 }, { subject: '0' }],
    ['one sender', { senders: 'ann@example.net' }, { senders: ['ann@example.net'] }],
    ['a domain with an @', { senders: ['@example.org', 'ann@example.net'] }, { senders: ['example.org', 'ann@example.net'] }],
    ['a list of senders', { senders: ['ann@example.net', 'example.org'] }, { senders: ['ann@example.net', 'example.org'] }],
    ['nobody may use it', { senders: [] }, { senders: [] }],
    ['an expiry as text', { expires: '2027-01-01T00:00:00.001Z' }, { expires: at + 1 }],
    ['an expiry with an offset', { expires: '2027-01-01T02:00:01+02:00' }, { expires: at + 1000 }],
    ['an expiry in seconds', { expires: seconds + 1 }, { expires: at + 1000 }],
    ['an expiry in parts of seconds', { expires: seconds + 0.5 }, { expires: at + 500 }],
    ['an expiry as a Date', { expires: new Date(at + 1) }, { expires: at + 1 }],
    ['not revoked', { revoked: false }, {}],
    ['null is left out', { subject: null, senders: null, expires: null, revoked: null }, {}],
    ['fields of the application', { subject: 'a', role: 'x', nested: { deep: [] } }, { subject: 'a' }],
    ['fields of Object.prototype', JSON.parse('{"__proto__":{"revoked":true},"constructor":1}'), {}],
  ]
  test.each(good)('%s', (_, record, claims) => {
    expect(judgeRecord(record, at)).toEqual(valid(claims))
  })

  test.each([
    ['a Date', new Date(at)],
    ['text', '2027-01-01T00:00:00Z'],
    ['a date alone', '2027-01-01'],
    ['seconds', seconds],
  ])('expired from its very millisecond on: %s', (_, expires) => {
    expect(judgeRecord({ expires, subject: 'a' }, at - 1)).toEqual(valid({ subject: 'a', expires: at }))
    expect(judgeRecord({ expires, subject: 'a' }, at)).toEqual({ kind: 'expired', expired: at })
  })

  test('revoked comes before expired', () => {
    expect(judgeRecord({ revoked: true, expires: 0 }, at)).toEqual({ kind: 'revoked' })
  })

  const limits: readonly (readonly [string, (size: number) => unknown, number])[] = [
    ['a subject', size => 'a'.repeat(size), 255],
    ['the subject of an object', size => ({ subject: 'é'.repeat(size) }), 255],
    ['a sender', size => ({ senders: 'a'.repeat(size) }), 320],
    ['a sender in a list', size => ({ senders: ['example.org', 'a'.repeat(size)] }), 320],
    ['the list of senders', size => ({ senders: Array(size).fill('a') }), 100],
  ]
  test.each(limits)('%s has a limit', (_, make, limit) => {
    expect(judgeRecord(make(limit), at).kind).toBe('valid')
    expect(judgeRecord(make(limit + 1), at).kind).toBe('unavailable')
  })

  const bad: readonly (readonly [string, unknown, string])[] = [
    ['a number', 42, 'neither'],
    ['nothing', null, 'neither'],
    ['undefined', undefined, 'neither'],
    ['a list', ['a'], 'neither'],
    ['a truth', true, 'neither'],
    ['text with a line end', 'a\n', 'subject'],
    ['an empty subject', { subject: '' }, 'subject'],
    ['a subject that is no number', { subject: Number.NaN }, 'subject'],
    ['a subject that is an object', { subject: {} }, 'subject'],
    ['a subject that is a truth', { subject: true }, 'subject'],
    ['an empty sender', { senders: '' }, 'senders'],
    ['a sender with a line end', { senders: ['a\r\nb'] }, 'senders'],
    ['a sender that is a number', { senders: [1] }, 'senders'],
    ['senders as an object', { senders: { a: 1 } }, 'senders'],
    ['an expiry in words', { expires: 'tomorrow' }, 'expires'],
    ['an expiry without a zone', { expires: '2027-01-01T00:00:00' }, 'expires'],
    ['an expiry that is no day', { expires: '2027-02-30' }, 'expires'],
    ['an empty expiry', { expires: '' }, 'expires'],
    ['an expiry out of the calendar', { expires: 8.64e12 + 1 }, 'expires'],
    ['an invalid Date', { expires: new Date(Number.NaN) }, 'expires'],
    ['an expiry that is a truth', { expires: true }, 'expires'],
    ['revoked in words', { revoked: 'true' }, 'revoked'],
    ['revoked as a number', { revoked: 1 }, 'revoked'],
  ]
  test.each(bad)('is not understood: %s', (_, record, part) => {
    expect(judgeRecord(record, at)).toEqual({ kind: 'unavailable', cause: expect.stringContaining(part) })
    if (typeof record === 'object' && record !== null && !Array.isArray(record))
      expect(judgeRecord({ ...record, subject: part === 'subject' ? (record as { subject: unknown }).subject : 'good' }, at)).toEqual(
        unreadable(part),
      )
  })

  test('the cause never repeats what is kept', () => {
    for (const record of [{ subject: 'secret\n' }, { senders: ['secret\n'] }, { expires: 'secret' }, { revoked: 'secret' }])
      expect(JSON.stringify(judgeRecord(record, at))).not.toContain('secret')
  })
})
