import { describe, expect, test } from 'vitest'
import { parseHeader } from '../../../src/mail/header-fields.ts'
import { idempotencyKey } from '../../../src/policy/idempotency.ts'

const usual = 'From: a@b.example\r\nDate: Fri, 20 Nov 2026 11:11:11 +0100\r\nMessage-ID: <1@b.example>\r\nSubject: Hello\r\n'
const key = (header: string, recipient = 'in+k@in.example', authenticated = false) =>
  idempotencyKey({ recipient, header: parseHeader(Uint8Array.from(`${header}\r\nbody`, c => c.charCodeAt(0))), authenticated })
const material = (...given: Parameters<typeof key>): string => key(...given).material
const week = 7 * 24 * 3600 * 1000
const hour = 3600 * 1000

describe('the same delivery', () => {
  test.each([
    ['another hop’s trace fields', `Received: from x by y; z\r\nReturn-Path: <x@y>\r\nDKIM-Signature: v=1\r\n${usual}`],
    ['another order', `Subject: Hello\r\n${usual.replace('Subject: Hello\r\n', '')}`],
    ['another case of names', usual.replace('From', 'FROM')],
    ['a fold at the start', usual.replace('Subject: ', 'Subject:\r\n ')],
    ['other fields', `${usual}To: x@y.example\r\n`],
  ])('%s', (_, header) => {
    expect(material(header)).toBe(material(usual))
  })

  test('the domain of the recipient in another case', () => {
    expect(material(usual, 'in+k@IN.example')).toBe(material(usual))
  })
})

describe('another delivery', () => {
  test.each([
    ['From', usual.replace('a@b', 'c@b')],
    ['Date', usual.replace(':11 +', ':12 +')],
    ['Message-ID', usual.replace('<1@', '<2@')],
    ['Subject', usual.replace('Hello', 'hello')],
    ['a second Subject', `${usual}Subject: Hello\r\n`],
    ['an empty second Subject', `${usual}Subject:\r\n`],
    ['no Subject', usual.replace('Subject: Hello\r\n', '')],
    ['an octet that is no UTF-8', usual.replace('Hello', 'Hell\xf6')],
  ])('%s', (_, header) => {
    expect(material(header)).not.toBe(material(usual))
  })

  test('another recipient, another case of its local part, another authenticated bit', () => {
    expect(material(usual, 'in+l@in.example')).not.toBe(material(usual))
    expect(material(usual, 'in+K@in.example')).not.toBe(material(usual))
    expect(material(usual, 'in+k@in.example', true)).not.toBe(material(usual))
  })

  test.each([
    ['a value in the next field', 'From: a\r\n', 'Date: a\r\n'],
    ['a value that spells the frame', 'From: a;1,b\r\nDate: c\r\n', 'From: a\r\nDate: b;1,c\r\n'],
    ['a value that spells the frame with its length', 'From: a;1,1:b\r\nDate: c\r\n', 'From: a\r\nDate: b;1,1:c\r\n'],
    ['two values or one', 'From: a\r\nFrom: b\r\n', 'From: a,b\r\n'],
  ])('%s', (_, one, other) => {
    expect(material(one)).not.toBe(material(other))
  })

  test('the same characters from different octets', () => {
    expect(material('Subject: \xf6\x80\r\n')).not.toBe(material('Subject: \xc3\xb6\xe2\x82\xac\r\n'))
  })
})

test.each([
  [usual, week],
  [usual.replace(/Date:.*\r\n/, ''), hour],
  [usual.replace(/Message-ID:.*\r\n/, ''), hour],
  [usual.replace(/Date:.*\r\n/, 'Date:\r\n'), hour],
  [usual.replace(/Subject:.*\r\n/, ''), week],
  ['X: y\r\n', hour],
])('the window of %j', (header, window) => {
  expect(key(header).window).toBe(window)
})
