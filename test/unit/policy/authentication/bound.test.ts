import { describe, expect, test } from 'vitest'
import { isSender } from '../../../../src/policy/authentication/bound.ts'
import { processorTime } from '../../../support/processor-time.ts'

describe('who may use a key', () => {
  test.each<[string, readonly string[], boolean]>([
    ['jo@example.org', ['jo@example.org'], true],
    ['jo@example.org', ['al@example.org', 'JO@Example.ORG'], true],
    ['Jo@example.org', ['jo@example.org'], true],
    ['jo@example.org', ['al@example.org'], false],
    ['jo@example.org', ['jo@example.com'], false],
    ['jo@example.org', ['jo@sub.example.org'], false],
    ['jo@sub.example.org', ['jo@example.org'], false],
    ['jo@bücher.example', ['jo@xn--bcher-kva.example'], true],
    ['jo@xn--bcher-kva.example', ['jo@BÜCHER.example'], true],
    ['"jo"@example.org', ['jo@example.org'], true],
    ['"a@evil.example"@example.org', ['a@evil.example'], false],
    ['"a@evil.example"@example.org', ['evil.example'], false],
    ['jo@example.org', ['@example.org'], false],
    // Only ASCII is folded: a long s or a Kelvin sign is nobody else’s letter.
    ['joſ@example.org', ['jos@example.org'], false],
    ['jo@example.org', ['example.org'], true],
    ['jo@example.org', ['EXAMPLE.org'], true],
    ['jo@sub.example.org', ['example.org'], false],
    ['jo@sub.example.org', ['.example.org'], true],
    ['jo@a.b.example.org', ['*.Example.org'], true],
    ['jo@example.org', ['.example.org', '*.example.org'], false],
    ['jo@badexample.org', ['.example.org', '*.example.org', 'example.org'], false],
    ['jo@example.org', ['', '.', '*.', '*', '@', 'org'], false],
    ['jo@example.org', [], false],
    ['not an address', ['not an address', 'example.org'], false],
  ])('%s of %j: %s', (address, senders, expected) => expect(isSender(address, senders)).toBe(expected))

  test('a long list is looked at quickly', () => {
    const senders = Array.from({ length: 20_000 }, (_, i) => `user${i}@example.org`)
    expect(processorTime(() => expect(isSender('user19999@example.org', senders)).toBe(true))).toBeLessThan(500)
  })
})
