import { describe, expect, test } from 'vitest'
import { parseMailCommand, parseRcptCommand } from '../../../src/mail/path.ts'

const long = (n: number): string => `${'k'.repeat(n - '@b.example'.length)}@b.example`

describe('MAIL', () => {
  test.each([
    ['FROM:<a@b.example>', { localPart: 'a', domain: 'b.example' }],
    ['From:<a@b.example>', { localPart: 'a', domain: 'b.example' }],
    ['from: <a@b.example>', { localPart: 'a', domain: 'b.example' }],
    ['FROM:<>', null],
    ['FROM:<> ', null],
    ['FROM:<"a b"@b.example>', { localPart: 'a b', domain: 'b.example' }],
    ['FROM:<"a>b\\" c"@b.example>', { localPart: 'a>b" c', domain: 'b.example' }],
    ['FROM:<a@[192.0.2.1]>', { localPart: 'a', domain: '[192.0.2.1]' }],
    ['FROM:<a@[IPv6:2001:db8::1]>', { localPart: 'a', domain: '[IPv6:2001:db8::1]' }],
    ['FROM:<@x.example,@y.example:a@b.example>', { localPart: 'a', domain: 'b.example' }],
    [`FROM:<${long(512)}>`, { localPart: 'k'.repeat(502), domain: 'b.example' }],
    ['FROM:<a@b.example> BODY=8BITMIME SIZE=1', { localPart: 'a', domain: 'b.example' }],
  ])('%s', (line, path) => {
    expect(parseMailCommand(line)).toMatchObject({ ok: true, path })
  })

  test.each([
    ['FROM:<a@b.example>', null, false],
    ['FROM:<a@b.example> SIZE=0', 0, false],
    ['FROM:<a@b.example> size=10000000000000000000', 1e19, false],
    ['FROM:<ä@b.example> SMTPUTF8', null, true],
    ['FROM:<a@b.example> smtputf8  BODY=7bit', null, true],
  ])('%s', (line, size, smtpUtf8) => {
    expect(parseMailCommand(line)).toMatchObject({ ok: true, size, smtpUtf8 })
  })

  test('parameters are a Map of what was given', () => {
    const parsed = parseMailCommand('FROM:<> BODY=8BITMIME SMTPUTF8')
    expect(parsed.ok && [...parsed.parameters]).toEqual([
      ['BODY', '8BITMIME'],
      ['SMTPUTF8', null],
    ])
  })

  test.each([
    ['', '501 5.1.7'],
    ['MAIL FROM:<a@b.example>', '501 5.1.7'],
    ['FROM', '501 5.1.7'],
    ['FROM:', '501 5.1.7'],
    ['FROM:a@b.example', '501 5.1.7'],
    ['FROM:  <a@b.example>', '501 5.1.7'],
    ['FROM :<a@b.example>', '501 5.1.7'],
    ['FROM:<a@b.example', '501 5.1.7'],
    ['FROM:<a@b.example>>', '501 5.5.4'],
    ['FROM:<a>', '501 5.1.7'],
    ['FROM:<Postmaster>', '501 5.1.7'],
    ['FROM:< >', '501 5.1.7'],
    ['FROM:<a@b..example>', '501 5.1.7'],
    ['FROM:<a@b.example\t>', '501 5.1.7'],
    ['FROM:<a\0@b.example>', '501 5.1.7'],
    ['FROM:<a\ufffd@b.example> SMTPUTF8', '501 5.1.7'],
    ['FROM:<a@b.example>\rRCPT', '501 5.1.7'],
    ['FROM:<@x.example>', '501 5.1.7'],
    ['FROM:<@x.example:>', '501 5.1.7'],
    ['FROM:<@x.example,y:a@b.example>', '501 5.1.7'],
    ['FROM:<"a@b.example>', '501 5.1.7'],
    ['FROM:<""@b.example>', '501 5.1.7'],
    [`FROM:<${long(513)}>`, '501 5.1.7'],
    ['TO:<a@b.example>', '501 5.1.7'],
    ['FROM:<a@b.example>SIZE=1', '501 5.5.4'],
    ['FROM:<a@b.example> SIZE', '501 5.5.4'],
    ['FROM:<a@b.example> SIZE=', '501 5.5.4'],
    ['FROM:<a@b.example> SIZE=-1', '501 5.5.4'],
    ['FROM:<a@b.example> SIZE=123456789012345678901', '501 5.5.4'],
    ['FROM:<a@b.example> SIZE=1 SIZE=1', '501 5.5.4'],
    ['FROM:<a@b.example> SIZE=1 size=2', '501 5.5.4'],
    ['FROM:<a@b.example> BODY=BINARYMIME', '501 5.5.4'],
    ['FROM:<a@b.example> SMTPUTF8=1', '501 5.5.4'],
    ['FROM:<a@b.example> =1', '501 5.5.4'],
    ['FROM:<a@b.example> RET=FULL', '555 5.5.4'],
    ['FROM:<a@b.example> AUTH=<>', '555 5.5.4'],
    ['FROM:<a@b.example> __proto__=1', '501 5.5.4'],
    ['FROM:<a@b.example> constructor=1', '555 5.5.4'],
    ['FROM:<ä@b.example>', '550 5.6.7'],
    ['FROM:<a@ä.example>', '550 5.6.7'],
  ])('%j: %s', (line, expected) => {
    const parsed = parseMailCommand(line)
    expect(parsed.ok ? '250' : `${parsed.reply.code} ${parsed.reply.status}`).toBe(expected)
  })
})

describe('RCPT', () => {
  test.each([
    ['TO:<a@b.example>', { localPart: 'a', domain: 'b.example' }],
    ['to: <A@b.example>', { localPart: 'A', domain: 'b.example' }],
    ['TO:<Postmaster>', 'postmaster'],
    ['TO:<POSTMASTER>', 'postmaster'],
    ['TO:<postmaster@b.example>', { localPart: 'postmaster', domain: 'b.example' }],
    ['TO:<@x.example:a@b.example>', { localPart: 'a', domain: 'b.example' }],
    ['TO:<ä@b.example>', { localPart: 'ä', domain: 'b.example' }],
  ])('%s', (line, path) => {
    expect(parseRcptCommand(line, true)).toEqual({ ok: true, path })
  })

  test.each([
    ['TO:<>', '501 5.1.3'],
    ['TO:a@b.example', '501 5.1.3'],
    ['TO:<a>', '501 5.1.3'],
    ['FROM:<a@b.example>', '501 5.1.3'],
    ['TO:<a@b.example> NOTIFY=NEVER', '555 5.5.4'],
    ['TO:<a@b.example> ORCPT=rfc822;a@b.example', '555 5.5.4'],
    ['TO:<a@b.example> SIZE=1', '555 5.5.4'],
    ['TO:<a@b.example> X=1 X=1', '501 5.5.4'],
    ['TO:<a@b.example> , <c@d.example>', '501 5.5.4'],
    ['TO:<ä@b.example>', '550 5.6.7'],
  ])('%s without SMTPUTF8: %s', (line, expected) => {
    const parsed = parseRcptCommand(line, false)
    expect(parsed.ok ? '250' : `${parsed.reply.code} ${parsed.reply.status}`).toBe(expected)
  })
})
