import { describe, expect, test } from 'vitest'
import { parseAddress } from '../../../../src/mail/address.ts'
import { parseHeader } from '../../../../src/mail/header-fields.ts'
import { envelopeFindings, loopField, loopMark, messageFindings } from '../../../../src/policy/screening/findings.ts'
import { firstKeyword, mediaType, parameter, withoutComments } from '../../../../src/policy/screening/keywords.ts'

test.each([
  ['a@b.example', []],
  ['mailer-daemon@b.example', ['mailer-daemon']],
  ['MAILER-DAEMON@b.example', ['mailer-daemon']],
  ['list-bounces@b.example', ['list-sender']],
  ['List-Bounces+a=b@b.example', ['list-sender']],
  ['bounces@b.example', ['list-sender']],
  ['bounce@b.example', ['list-sender']],
  ['bounces+12@b.example', ['list-sender']],
  ['bounce-12@b.example', ['list-sender']],
  ['list-bounce@b.example', ['list-sender']],
  ['owner-list@b.example', ['list-sender']],
  ['list-owner@b.example', ['list-sender']],
  ['list-request@b.example', ['list-sender']],
  ['owner@b.example', []],
  ['request@b.example', []],
  ['bouncer@b.example', []],
  ['list-requests@b.example', []],
  ['homeowner@b.example', []],
])('reverse-path <%s>', (sender, expected) => {
  expect(envelopeFindings(parseAddress(sender)).map(finding => finding.rule)).toEqual(expected)
})

test('the null reverse-path', () => {
  expect(envelopeFindings(null)).toEqual([{ rule: 'null-reverse-path', class: 'automatic', detail: '<>' }])
})

test('the mark that our own mail carries is found again, in any case', () => {
  const header = parseHeader(new TextEncoder().encode(`${loopField}: ${loopMark('In.Example.COM').toUpperCase()}\r\n\r\n`))
  expect(messageFindings(header, 'in.example.com').map(finding => finding.rule)).toEqual(['loop-mark'])
})

test('a detail is bounded', () => {
  const header = parseHeader(new TextEncoder().encode(`Auto-Submitted: ${'x'.repeat(5000)}\r\n\r\n`))
  expect(messageFindings(header, 'h')[0]?.detail).toHaveLength(120)
})

describe('keywords', () => {
  test.each([
    ['no', 'no'],
    ['  No ; a=b', 'no'],
    ['no;a=b', 'no'],
    ['(c) no', 'no'],
    ['(a (b) \\) c) no(d)', 'no'],
    ['no(c)', 'no'],
    ['n(c)o', 'n'],
    ['auto-replied', 'auto-replied'],
    ['', ''],
    ['(no', ''],
    ['"no"', ''],
    ['; no', ''],
    ['ño', 'ño'],
    [`(${'c'.repeat(4092)})no`, 'no'],
    [`(${'c'.repeat(4095)})no`, ''],
  ])('%s: %s', (value, expected) => {
    expect(firstKeyword(value)).toBe(expected)
  })

  test.each([
    ['multipart/report', 'multipart/report'],
    ['Multipart/REPORT;x=y', 'multipart/report'],
    ['(a)multipart(b)/(c)report(d)', 'multipart/report'],
    ['multipart', ''],
    ['/report', ''],
    ['multipart report', ''],
    ['multipart/mixed; x="multipart/report"', 'multipart/mixed'],
  ])('%s: %s', (value, expected) => {
    expect(mediaType(value)).toBe(expected)
  })

  test.each([
    ['multipart/report; Report-Type=Delivery-Status', 'Delivery-Status'],
    ['a/b; x="; report-type=no"; report-type="y\\"es"', 'y"es'],
    ['a/b (report-type=no); report-type = yes (c); z=1', 'yes'],
    ['a/b; report-type=one; report-type=two', 'one'],
    ['a/b; xreport-type=no', null],
    ['a/b; report-type', null],
    ['a/b; x="unclosed; report-type=no', null],
    ['report-type=no', null],
    ['', null],
  ])('report-type of %s: %s', (value, expected) => {
    expect(parameter(value, 'report-type')).toBe(expected)
  })

  test.each([
    ['a "(b" c (d) e', 'a "(b" c   e'],
    ['a "\\"(b" (d)', 'a "\\"(b"  '],
    ['a ) b', 'a ) b'],
    ['(\\', ' '],
  ])('%s without comments', (value, expected) => {
    expect(withoutComments(value)).toBe(expected)
  })
})
