/** Fields made of what strangers say: one field comes out, ASCII and in bounds, whatever went in. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { authenticationResults, isOwnResults } from '../../../src/mail/authentication-results.ts'
import { parseHeader } from '../../../src/mail/header-fields.ts'
import { receivedSpf } from '../../../src/mail/received-spf.ts'
import { tokenize } from '../../../src/mail/tokens.ts'

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 600 }),
  fc.string({
    unit: fc.constantFrom('\r', '\n', ' ', '\t', ')', '(', ';', '"', '\\', '=', '@', 'x', 'ü', '😀', '\u2028', '\0', ':'),
    maxLength: 600,
  }),
)
const identity = fc.constantFrom('mailfrom' as const, 'helo' as const)
const spf = fc.record({ result: hostile, identity, domain: hostile, detail: hostile })
const answer = fc.record({
  from: fc.record({ domain: fc.option(hostile) }),
  mailFrom: fc.record({ address: hostile }),
  spf,
  dkim: fc.array(fc.record({ result: hostile, domain: hostile, selector: hostile, algorithm: hostile, detail: hostile }), { maxLength: 8 }),
  dmarc: fc.record({ result: hostile, policy: fc.option(hostile), override: hostile, detail: hostile }),
  arc: fc.record({ result: hostile, instance: fc.nat(100), sealer: fc.option(hostile), detail: hostile }),
})

test('Authentication-Results is one field in our name, of as many results as there are', () => {
  fc.assert(
    fc.property(answer, fc.domain(), (given, hostname) => {
      const text = authenticationResults(given, { hostname })
      expect(text).toMatch(/^[\x20-\x7e\t\r\n]*$/)
      expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
      for (const line of text.split('\r\n')) expect(line.length).toBeLessThanOrEqual(998)
      const header = parseHeader(new TextEncoder().encode(`${text}\r\nbody`))
      expect([header.names(), header.bodyStart]).toEqual([['authentication-results'], text.length + 2])
      const value = header.first('authentication-results')!
      expect(isOwnResults(value, hostname)).toBe(true)
      const { tokens, whole } = tokenize(value)
      expect(whole).toBe(true)
      const results = 2 + Math.max(1, given.dkim.length) + (given.arc.result === 'none' ? 0 : 1)
      expect(tokens.filter(token => token.text === ';')).toHaveLength(results)
    }),
    { numRuns: 1000 },
  )
})

test('Received-SPF is one line', () => {
  const facts = fc.record({ spf, client: hostile, helo: fc.option(hostile), sender: hostile, hostname: fc.domain() })
  fc.assert(
    fc.property(facts, given => {
      const line = receivedSpf(given)
      expect(line).toMatch(/^Received-SPF: [\x20-\x7e]*$/)
      expect(line.length).toBeLessThanOrEqual(998)
      const { tokens, whole } = tokenize(line.slice('Received-SPF: '.length))
      expect(whole).toBe(true)
      const problem = ['temperror', 'permerror'].includes(given.spf.result) && given.spf.detail !== ''
      const helo = given.helo !== null && given.helo !== ''
      expect(tokens.filter(token => token.text === ';')).toHaveLength(
        3 + (given.client === '' ? 0 : 1) + (helo ? 1 : 0) + (problem ? 1 : 0),
      )
    }),
    { numRuns: 1000 },
  )
})

test('whose results they are: no throw, and ours in any case and behind any comment', () => {
  fc.assert(
    fc.property(hostile, fc.domain(), (text, hostname) => {
      isOwnResults(text, hostname)
      const comment = `(${text.replace(/[()\\\x00-\x1f\x7f]/g, '')})`
      expect(isOwnResults(`${comment} ${hostname.toUpperCase()}${comment}; x=${text}`, hostname)).toBe(true)
      expect(isOwnResults(`x${hostname}; x=${text}`, hostname)).toBe(false)
    }),
    { numRuns: 1000 },
  )
})
