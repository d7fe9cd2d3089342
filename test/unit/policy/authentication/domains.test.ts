import { describe, expect, test } from 'vitest'
import { atOrBelow, isListed, mayAlign } from '../../../../src/policy/authentication/domains.ts'

test.each([
  ['example.org', 'example.org', true],
  ['a.b.example.org', 'example.org', true],
  ['badexample.org', 'example.org', false],
  ['org', 'example.org', false],
  ['example.org', '', false],
  ['', '', false],
])('%s is at or below %s: %s', (domain, parent, expected) => expect(atOrBelow(domain, parent)).toBe(expected))

describe('a list of the operator', () => {
  test.each([
    ['mx.example.org', ['EXAMPLE.org'], true],
    ['xn--bcher-kva.example', ['bücher.example'], true],
    ['example.org', ['sub.example.org', 'example.com'], false],
    ['example.org', [''], false],
    ['example.org', [], false],
    ['', ['example.org'], false],
  ])('%s on %j: %s', (domain, list, expected) => expect(isListed(domain, list)).toBe(expected))
})

describe('what may be aligned', () => {
  const author = { domain: 'news.example.org', organisation: 'example.org' }
  test.each([
    ['news.example.org', true],
    ['mail.example.org', true],
    ['example.org', true],
    ['example.com', false],
    ['org', false],
    ['', false],
  ])('organisation known, %s: %s', (domain, expected) => expect(mayAlign(domain, author)).toBe(expected))

  test.each([
    ['news.example.org', true],
    ['a.news.example.org', true],
    ['mail.example.org', true],
    ['other.org', false],
    ['', false],
  ])('organisation not known, %s: %s', (domain, expected) => {
    expect(mayAlign(domain, { domain: 'news.example.org', organisation: null })).toBe(expected)
  })
})
