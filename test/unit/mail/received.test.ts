import { expect, test } from 'vitest'
import { traceFields } from '../../../src/mail/received.ts'

const facts = {
  hostname: 'in.example.com',
  id: '01k9abc',
  received: Date.UTC(2026, 10, 21, 2, 51, 53),
  sender: 'a@b.example',
  recipient: 'in+Key@in.example.com',
  client: { address: '192.0.2.7', name: 'mx.b.example', helo: 'helo.b.example', ident: null },
  protocol: 'ESMTP' as const,
}

test('the three fields', () => {
  expect(traceFields(facts)).toBe(
    [
      'Return-Path: <a@b.example>',
      'Delivered-To: in+Key@in.example.com',
      'Received: from helo.b.example (mx.b.example [192.0.2.7])',
      '\tby in.example.com with ESMTP',
      '\tid 01k9abc for <in+Key@in.example.com>;',
      '\tSat, 21 Nov 2026 02:51:53 +0000',
      '',
    ].join('\r\n'),
  )
})

const fromClause = (client: Partial<typeof facts.client> & object, more: object = {}): string =>
  traceFields({ ...facts, ...more, client: { ...facts.client, ...client } })
    .replace(/\r\n\t/g, ' ')
    .split('Received: ')[1]!
    .split(' with ')[0]!

test.each<[object, string]>([
  [{ name: null }, 'from helo.b.example (unknown [192.0.2.7]) by in.example.com'],
  [{ helo: null }, 'from mx.b.example (mx.b.example [192.0.2.7]) by in.example.com'],
  [{ helo: null, name: null }, 'from unknown (unknown [192.0.2.7]) by in.example.com'],
  [{ address: '2001:db8::1' }, 'from helo.b.example (mx.b.example [IPv6:2001:db8::1]) by in.example.com'],
  [{ helo: '[192.0.2.7]' }, 'from [192.0.2.7] (mx.b.example [192.0.2.7]) by in.example.com'],
  [{ address: null }, 'from helo.b.example (mx.b.example) by in.example.com'],
  [{ address: null, name: null }, 'from helo.b.example by in.example.com'],
  [{ address: null, name: null, helo: null }, 'by in.example.com'],
  [{ helo: 'x by evil with SMTP' }, 'from x?by?evil?with?SMTP (mx.b.example [192.0.2.7]) by in.example.com'],
  [{ helo: 'x)\r\nBcc: y' }, 'from x???Bcc:?y (mx.b.example [192.0.2.7]) by in.example.com'],
  [{ helo: 'x[192.0.2.9]' }, 'from x?192.0.2.9? (mx.b.example [192.0.2.7]) by in.example.com'],
  [{ helo: '' }, 'from unknown (mx.b.example [192.0.2.7]) by in.example.com'],
  [{ helo: 'ü' }, 'from ? (mx.b.example [192.0.2.7]) by in.example.com'],
  [{ name: 'x (y', address: '::1]) x' }, 'from helo.b.example (x??y [IPv6:::1???x]) by in.example.com'],
  [{ helo: 'h'.repeat(255) }, `from ${'h'.repeat(255)} (mx.b.example [192.0.2.7]) by in.example.com`],
  [{ helo: 'h'.repeat(256) }, `from ${'h'.repeat(255)} (mx.b.example [192.0.2.7]) by in.example.com`],
])('%j', (client, expected) => {
  expect(fromClause(client)).toBe(expected)
})

test('the results of authentication stand before all others', () => {
  const results = 'Authentication-Results: in.example.com; spf=none\r\n'
  expect(traceFields({ ...facts, results })).toBe(results + traceFields(facts))
})

test('a null reverse-path', () => {
  expect(traceFields({ ...facts, sender: '' })).toMatch(/^Return-Path: <>\r\n/)
})

test('UTF-8 where the protocol has it', () => {
  const addressed = { ...facts, recipient: 'ü@in.example.com', sender: 'ä@b.example' }
  expect(traceFields({ ...addressed, protocol: 'UTF8SMTP' })).toContain('Delivered-To: ü@in.example.com\r\n')
  expect(traceFields({ ...addressed, protocol: 'ESMTP' })).toMatch(/^Return-Path: <\?@b\.example>\r\nDelivered-To: \?@in/)
  expect(fromClause({ helo: 'bücher.example' }, { protocol: 'UTF8LMTP' })).toContain('from bücher.example (')
})
