/** Parts of type message/delivery-status, as mail servers write and bend them. */
import { describe, expect, test } from 'vitest'
import { parseDateTime } from '../../../src/mail/date-time.ts'
import { parseDeliveryStatus } from '../../../src/mail/delivery-status.ts'
import { processorTime } from '../../support/processor-time.ts'

const lines = (...given: string[]) => `${given.join('\r\n')}\r\n`
const blank = { original: null, final: null, action: null, status: null, diagnostic: null, remoteMta: null }

test('as the RFC has it', () => {
  const text = lines(
    'Reporting-MTA: dns; mx.b.example',
    'Received-From-MTA: dns; a.example',
    'Arrival-Date: Fri, 20 Nov 2026 11:11:11 +0100 (CET)',
    '',
    'Original-Recipient: rfc822;Gone@b.example',
    'Final-Recipient: rfc822; gone@c.example',
    'Action: failed',
    'Status: 5.1.1',
    'Remote-MTA: dns; c.example',
    'Diagnostic-Code: smtp; 550 5.1.1 <gone@c.example>: no such',
    '    user',
    '',
    'Final-Recipient: rfc822; slow@b.example',
    'Action: delayed (still trying)',
    'Status: 4.4.1 (no answer)',
    'Will-Retry-Until: Sat, 21 Nov 2026 11:11:11 +0100',
  )
  const expected = {
    reportingMta: 'mx.b.example',
    arrival: parseDateTime('Fri, 20 Nov 2026 11:11:11 +0100'),
    recipients: [
      {
        original: 'Gone@b.example',
        final: 'gone@c.example',
        action: 'failed',
        status: '5.1.1',
        diagnostic: '550 5.1.1 <gone@c.example>: no such user',
        remoteMta: 'c.example',
      },
      { ...blank, final: 'slow@b.example', action: 'delayed', status: '4.4.1' },
    ],
    originalMessageId: null,
  }
  expect(parseDeliveryStatus(text)).toEqual(expected)
  expect(parseDeliveryStatus(text.replaceAll('\r\n', '\n'))).toEqual(expected)
})

describe('one recipient', () => {
  test.each<[string, object]>([
    ['Final-Recipient: rfc822; <a@b.example>', { final: 'a@b.example' }],
    ['Final-Recipient: RFC822;a@b.example', { final: 'a@b.example' }],
    ['Final-Recipient: a@b.example', { final: 'a@b.example' }],
    ['final-recipient : rfc822; a@b.example', { final: 'a@b.example' }],
    ['Final-Recipient:\r\n rfc822;\r\n a@b.example', { final: 'a@b.example' }],
    ['Final-Recipient: utf-8; \\x{E4}\\x{1F600}@b.example', { final: 'ä😀@b.example' }],
    ['Final-Recipient: utf-8; ä@b.example', { final: 'ä@b.example' }],
    ['Final-Recipient: utf-8; \\x{110000}\\x{0}\\x{D800}@b.example', { final: '\ufffd \ufffd@b.example' }],
    ['Final-Recipient: rfc822; \\x{E4}@b.example', { final: '\\x{E4}@b.example' }],
    ['Final-Recipient: x400; /c=DE/s=x/', { final: '/c=DE/s=x/' }],
    ['Final-Recipient: rfc822;', {}],
    ['Original-Recipient: rfc822; a@b.example', { original: 'a@b.example' }],
    ['Final-Recipient: a\r\nAction: FAILED', { final: 'a', action: 'failed' }],
    ['Final-Recipient: a\r\nAction: bounced', { final: 'a' }],
    ['Final-Recipient: a\r\nStatus: 5.1.1.1', { final: 'a' }],
    ['Final-Recipient: a\r\nStatus: 550 #5.7.26', { final: 'a', status: '5.7.26' }],
    ['Final-Recipient: a\r\nStatus: 3.1.1', { final: 'a' }],
    ['Final-Recipient: a\r\nStatus: 2.1.5\r\nAction: relayed', { final: 'a', status: '2.1.5', action: 'relayed' }],
    ['Final-Recipient: a\r\nFinal-Recipient: b', { final: 'a' }],
    ['Final-Recipient: a\r\nnonsense\r\n more\r\nAction: failed', { final: 'a', action: 'failed' }],
    ['Final-Recipient: a\r\nDiagnostic-Code: smtp;550\x1b[31m no\x00', { final: 'a', diagnostic: '550 [31m no' }],
    ['Final-Recipient: a\r\nDiagnostic-Code: no type: 550; said', { final: 'a', diagnostic: 'no type: 550; said' }],
    ['Final-Recipient: a\r\n__proto__: x', { final: 'a' }],
  ])('%j', (text, expected) => {
    expect(parseDeliveryStatus(`Reporting-MTA: dns; x\r\n\r\n${text}\r\n`)?.recipients).toEqual([{ ...blank, ...expected }])
    // Without the group of the message, or without an empty line behind it.
    expect(parseDeliveryStatus(text)?.recipients).toEqual([{ ...blank, ...expected }])
    expect(parseDeliveryStatus(`Reporting-MTA: dns; x\r\n${text}`)).toMatchObject({
      reportingMta: 'x',
      recipients: [{ ...blank, ...expected }],
    })
  })

  test.each(['', '\r\n', 'Reporting-MTA: dns; x\r\n', 'Action: failed\r\nStatus: 5.1.1\r\n', ' Final-Recipient: a', 'nothing'])(
    'none in %j',
    text => {
      expect(parseDeliveryStatus(text)).toBeNull()
    },
  )
})

test('limits: 100 recipients, 2,000 characters a value', () => {
  const many = (count: number) => parseDeliveryStatus('Final-Recipient: rfc822; a\n\n'.repeat(count))?.recipients.length
  expect([many(100), many(101)]).toEqual([100, 100])
  const long = (length: number) =>
    parseDeliveryStatus(`Final-Recipient: a\nDiagnostic-Code: smtp;${'x'.repeat(length)}`)?.recipients[0]?.diagnostic?.length
  expect([long(2000), long(2001), long(600_000)]).toEqual([2000, 2000, 2000])
})

test.each(['Final-Recipient: a\n x\n', ' x\n', '\n', 'a:b\n', 'Final-Recipient: \\x{41}\n\n'])('400 KB of %j take no time', piece => {
  const text = `Final-Recipient: utf-8; a\n${piece.repeat(400_000 / piece.length)}`
  expect(processorTime(() => parseDeliveryStatus(text))).toBeLessThan(1000)
})
