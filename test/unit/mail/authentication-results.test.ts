/** The field we write (RFC 8601), and those that others write in our name. */
import { describe, expect, test } from 'vitest'
import { authenticationResults, isOwnResults, type Results } from '../../../src/mail/authentication-results.ts'

const passed: Results = {
  from: { domain: 'b.example' },
  mailFrom: { address: 'a@b.example' },
  spf: { result: 'pass', identity: 'mailfrom', domain: 'b.example', detail: 'ip4' },
  dkim: [{ result: 'pass', domain: 'b.example', selector: 's1', algorithm: 'rsa-sha256', detail: '' }],
  dmarc: { result: 'pass', policy: 'reject', detail: '' },
  arc: { result: 'none', instance: 0, sealer: null, detail: '' },
}
const field = (more: Partial<Results> = {}) => authenticationResults({ ...passed, ...more }, { hostname: 'in.example.com' })
const one = (more: Partial<Results> = {}) =>
  field(more)
    .replace(/\r\n\t/g, ' ')
    .slice('Authentication-Results: in.example.com; '.length, -2)

describe('the field', () => {
  test('as it is written', () => {
    expect(field()).toBe(
      [
        'Authentication-Results: in.example.com; spf=pass smtp.mailfrom=a@b.example;',
        '\tdkim=pass header.d=b.example header.s=s1 header.a=rsa-sha256;',
        '\tdmarc=pass policy.dmarc=reject header.from=b.example',
        '',
      ].join('\r\n'),
    )
  })

  test.each<[string, Partial<Results>, string]>([
    ['SPF of HELO', { spf: { ...passed.spf, identity: 'helo', domain: 'h.example' } }, 'spf=pass smtp.helo=h.example; dkim'],
    ['null reverse-path', { mailFrom: { address: '' } }, 'spf=pass; dkim'],
    ['UTF-8 address', { mailFrom: { address: 'ü@b.example' } }, 'spf=pass smtp.mailfrom=b.example; dkim'],
    ['quoted address', { mailFrom: { address: '"a b"@b.example' } }, 'smtp.mailfrom="\\"a b\\"@b.example"; dkim'],
    ['address like a clause', { mailFrom: { address: 'a;dmarc=pass@b.example' } }, 'smtp.mailfrom="a;dmarc=pass@b.example"; dkim'],
    ['address with a comment', { mailFrom: { address: 'a(@b.example' } }, 'smtp.mailfrom="a(@b.example"; dkim'],
    [
      'a failure has its reason',
      { spf: { ...passed.spf, result: 'fail', detail: 'no "match"' } },
      'spf=fail reason="no \\"match\\"" smtp.mailfrom',
    ],
    ['no signature', { dkim: [] }, '; dkim=none; dmarc'],
    [
      'a reason of several lines',
      { dkim: [{ ...passed.dkim[0]!, result: 'fail', detail: 'a\r\nB: c' }] },
      'dkim=fail reason="a??B: c" header.d=',
    ],
    ['no policy', { dmarc: { result: 'none', policy: null, detail: 'x' } }, 'dmarc=none header.from=b.example'],
    ['no author', { from: { domain: null } }, 'dmarc=pass policy.dmarc=reject'],
    [
      'an override',
      { dmarc: { result: 'fail', policy: 'reject', detail: '', override: 'arc=f.example (x)' } },
      'dmarc=fail (override: arc=f.example ?x?) policy.dmarc=reject header.from=b.example',
    ],
    [
      'ARC',
      { arc: { result: 'pass', instance: 2, sealer: 'f.example', detail: '' } },
      'header.from=b.example; arc=pass (i=2) header.d=f.example',
    ],
    ['ARC that fails', { arc: { result: 'fail', instance: 0, sealer: null, detail: 'why' } }, '; arc=fail reason=why'],
  ])('%s', (_, more, part) => {
    expect(one(more)).toContain(part)
  })

  test('several signatures', () => {
    const dkim = [passed.dkim[0]!, { ...passed.dkim[0]!, result: 'neutral', selector: 's2', detail: 'x' }]
    expect(one({ dkim })).toContain('header.a=rsa-sha256; dkim=neutral reason=x header.d=b.example header.s=s2')
  })

  test('a long value is cut, and lines stay under 998 octets', () => {
    const long = `${'"'.repeat(5000)}@b.example`
    for (const line of field({ mailFrom: { address: long }, from: { domain: long } }).split('\r\n')) expect(line.length).toBeLessThan(998)
  })
})

describe('fields in our name', () => {
  test.each([
    'in.example.com; spf=pass',
    'IN.Example.COM; spf=pass',
    'in.example.com;',
    'in.example.com',
    'in.example.com.; spf=pass',
    '  \t in.example.com ; spf=pass',
    '(x) in.example.com; spf=pass',
    '(x (y\\)) z) (a)in.example.com(b); spf=pass',
    'in.example.com 1; spf=pass',
    'in.example.com/1; spf=pass',
    'in.example.com, spf=pass',
    'in.example.com=1; x',
    '"in.example.com"; spf=pass',
    '"in\\.example.com" 1; spf=pass',
    '"in.example"".com"; spf=pass',
    '"in."(x)example.com; spf=pass',
    '<in.example.com>; spf=pass',
    'x@in.example.com; spf=pass',
    '[in.example.com]; spf=pass',
    '; spf=pass',
    '',
    ' ',
    '(in.example.com; spf=pass',
    '"in.example.com; spf=pass',
    '"unfinished; spf=pass',
    'in.ex\0ample.com; spf=pass',
    'in.example.com\0; spf=pass',
    '\x0bin.example.com; spf=pass',
    'in.example.com\rx; spf=pass',
    'in\u200b.example.com; spf=pass',
    'ｉn.example.com; spf=pass',
    'in。example.com; spf=pass',
    'i=?utf-8?Q?n?= in.example.com; spf=pass',
  ])('%j', value => {
    expect(isOwnResults(value, 'in.example.com')).toBe(true)
    expect(isOwnResults(value, 'In.Example.Com')).toBe(true)
  })

  test.each([
    'mx.google.com; spf=pass smtp.mailfrom=a@in.example.com',
    'mx.google.com; dkim=pass (in.example.com)',
    'mx.google.com (in.example.com); spf=pass',
    'mx.google.com 1; spf=pass',
    'example.com; spf=pass',
    'xin.example.com; spf=pass',
    'in.example.com.evil.example; spf=pass',
    'in-example-com; x',
    '"other.example"; spf=pass',
    // Microsoft 365 writes no authserv-id.
    'spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=b.example; dkim=pass',
    'i=1; mx.example.org; spf=pass',
  ])('not %j', value => {
    expect(isOwnResults(value, 'in.example.com')).toBe(false)
  })

  test('a name in both its forms', () => {
    expect(isOwnResults('bücher.example; spf=pass', 'xn--bcher-kva.example')).toBe(true)
    expect(isOwnResults('xn--bcher-kva.example; spf=pass', 'bücher.example')).toBe(true)
  })

  test('the beginning of a value', () => {
    expect(isOwnResults('in.exam', 'in.example.com', true)).toBe(true)
    expect(isOwnResults('in.exam', 'in.example.com')).toBe(false)
    expect(isOwnResults('other.example; spf', 'in.example.com', true)).toBe(false)
    expect(isOwnResults(' '.repeat(99), 'in.example.com', true)).toBe(true)
  })
})
