import { describe, expect, test } from 'vitest'
import { accepted, outcomeOfError } from '../../../src/notice/outcome.ts'

const refused = (command: string, responseCode: number) => ({ code: 'EENVELOPE', command, responseCode, response: `${responseCode} no` })

describe('what the relay says about a message', () => {
  test.each(['MAIL FROM', 'RCPT TO', 'DATA'])('at %s: 4yz and what a login mends is tried again, 5yz is given up', command => {
    const kinds = [400, 421, 451, 499, 500, 529, 530, 531, 533, 534, 535, 538, 539, 550, 552, 554, 599].map(code => [
      code,
      outcomeOfError(refused(command, code)).kind,
    ])
    expect(Object.fromEntries(kinds)).toEqual({
      400: 'retry',
      421: 'retry',
      451: 'retry',
      499: 'retry',
      500: 'failed',
      529: 'failed',
      530: 'retry',
      531: 'failed',
      533: 'failed',
      534: 'retry',
      535: 'retry',
      538: 'retry',
      539: 'failed',
      550: 'failed',
      552: 'failed',
      554: 'failed',
      599: 'failed',
    })
  })

  test.each([200, 354, 600, 999])('%i is no answer: tried again', code => expect(outcomeOfError(refused('DATA', code)).kind).toBe('retry'))

  test('the detail has the reply in it', () => {
    expect(outcomeOfError(refused('RCPT TO', 550)).detail).toBe('refused by the relay, given up (RCPT TO): 550 no')
  })

  test.each(['CONN', 'EHLO', 'HELO', 'STARTTLS', 'AUTH PLAIN', 'API', ''])('a 5yz at %j is not about the message: tried again', command =>
    expect(outcomeOfError(refused(command, 554)).kind).toBe('retry'),
  )
})

describe('trouble', () => {
  test.each([
    [{ code: 'ESOCKET', originalCode: 'ECONNREFUSED', message: 'connect' }, /connection refused/],
    [{ code: 'ETIMEDOUT', message: 'Greeting never received' }, /did not answer in time/],
    [{ code: 'EDNS', message: 'getaddrinfo' }, /could not be looked up/],
    [{ code: 'ETLS', response: '502 no', message: 'x' }, /no TLS with the relay.*: 502 no/],
    [{ code: 'ESOCKET', originalCode: 'DEPTH_ZERO_SELF_SIGNED_CERT', message: 'self-signed certificate' }, /no TLS with the relay/],
    [{ code: 'EAUTH', response: '535 no', message: 'x' }, /did not take the login.*535 no/],
    [new Error('boom'), /not sent: the call failed: boom/],
    ['a string', /a string/],
    [undefined, /undefined/],
    [null, /null/],
  ])('%j is tried again, and says what it was', (error, detail) => {
    const outcome = outcomeOfError(error)
    expect(outcome.kind).toBe('retry')
    expect(outcome.detail).toMatch(detail)
  })

  test('what a server says becomes one bounded line', () => {
    expect(accepted(`250-a\r\n250 ${'b'.repeat(2_000)}`).detail).toMatch(/^250-a 250 b{490}$/)
  })
})
