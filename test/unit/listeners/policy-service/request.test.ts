/** Requests of the policy protocol: what is read, what is skipped, and each limit on both sides. */
import { describe, expect, test } from 'vitest'
import { limits, parseRequest, policyReader } from '../../../../src/listeners/policy-service/request.ts'
import { request } from '../../../support/ask-client.ts'

const lines = (text: string) => parseRequest(text.replace(/\n\n$/, ''))

test('Postfix’s own request', () => {
  expect(lines(request({ instance: '1ad2.6b', sasl_method: '', stress: '', encryption_keysize: '0', policy_context: '' }))).toEqual({
    protocol_state: 'RCPT',
    protocol_name: 'ESMTP',
    client_address: '192.0.2.7',
    client_name: 'out.example.org',
    helo_name: 'mail.example.org',
    sender: 'writer@example.org',
    recipient: 'incoming+GoodKey@in.test',
    size: '1234',
    queue_id: '',
    instance: '1ad2.6b',
  })
})

test.each([
  ['the last of two counts', 'recipient=a\nrecipient=b', { recipient: 'b' }],
  ['a value may have equals signs and spaces', 'recipient= a = b ', { recipient: ' a = b ' }],
  ['names of the language are names like others', '__proto__=x\nconstructor=y\ntoString=z', { recipient: '' }],
  ['a value may be empty', 'recipient=', { recipient: '' }],
])('%s', (_, text, expected) => {
  const found = parseRequest(`request=smtpd_access_policy\n${text}`)
  expect(found).toMatchObject(expected)
  expect(Object.keys(found)).toHaveLength(10)
})

describe('malformed', () => {
  test.each([
    ['no equals sign', 'request=smtpd_access_policy\nrecipient', /without name=value/],
    ['an equals sign in the next line only', 'request\nrecipient=x', /without name=value/],
    ['no name', 'request=smtpd_access_policy\n=x', /without name=value/],
    ['an empty line', 'request=smtpd_access_policy\n\nrecipient=x', /without name=value/],
    ['a NUL', 'request=smtpd_access_policy\nrecipient=a\0b', /NUL/],
    ['another kind', 'request=junk\nrecipient=x', /request=smtpd_access_policy/],
    ['no kind', 'protocol_state=RCPT', /request=smtpd_access_policy/],
    ['nothing', '', /without name=value/],
    ['HTTP', 'GET / HTTP/1.1\r\nHost: x\r', /without name=value/],
  ])('%s', (_, text, problem) => {
    expect(parseRequest(text)).toMatchObject({ malformed: expect.stringMatching(problem) })
  })
})

describe('limits', () => {
  const kind = 'request=smtpd_access_policy'
  const filled = (octets: number, unit = 'x') => `a=${unit.repeat((octets - 2) / Buffer.byteLength(unit))}`
  test.each([
    ['a line of the most octets', `${kind}\n${filled(limits.line)}`, true],
    ['one more', `${kind}\n${filled(limits.line + 1)}`, false],
    ['a line of the most octets, in UTF-8', `${kind}\n${filled(limits.line, 'ü')}`, true],
    ['two more', `${kind}\n${filled(limits.line + 2, 'ü')}`, false],
    ['the most attributes', `${kind}${'\na=b'.repeat(limits.attributes - 1)}`, true],
    ['one more', `${kind}${'\na=b'.repeat(limits.attributes)}`, false],
  ])('%s', (_, text, ok) => {
    expect('malformed' in parseRequest(text)).toBe(!ok)
  })

  const ofSize = (octets: number) => {
    const full = `${kind}${`\n${filled(limits.line)}`.repeat(7)}`
    return `${full}\n${filled(octets - full.length - 1)}`
  }
  test.each(['in one piece', 'by pieces'])('octets of a request, %s', how => {
    const read = (text: string) => {
      const reader = policyReader()
      const step = how === 'by pieces' ? 1_000 : text.length
      for (let at = 0; at < text.length; at += step) {
        reader.feed(Buffer.from(text.slice(at, at + step)))
        const found = reader.next()
        if (found !== null) return found
      }
      return null
    }
    expect(read(`${ofSize(limits.request)}\n\n`)).toMatchObject({ recipient: '' })
    expect(read(`${ofSize(limits.request + 1)}\n\n`)).toMatchObject({ malformed: expect.stringContaining('65536') })
    // Without an end it is not waited for.
    expect(read('x'.repeat(limits.request))).toBeNull()
    expect(read('x'.repeat(limits.request + 1_000))).toMatchObject({ malformed: expect.stringContaining('65536') })
  })
})
