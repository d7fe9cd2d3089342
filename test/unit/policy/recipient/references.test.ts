import { describe, expect, test } from 'vitest'
import { parseHeader } from '../../../../src/mail/header-fields.ts'
import { candidates, compileReferences, type ReferencesPattern } from '../../../../src/policy/recipient/references.ts'

const compiled = (text: string): ReferencesPattern => {
  const pattern = compileReferences(text)
  if ('problem' in pattern) throw new Error(pattern.problem)
  return pattern
}
const pattern = compiled('reply-%{key}@gitlab.example.com')
const keys = (header: string, of = pattern): readonly string[] =>
  candidates(parseHeader(new TextEncoder().encode(`${header}\r\n\r\nbody`)), of)

describe('keys in References', () => {
  test.each([
    ['References: <reply-abc@gitlab.example.com>', ['abc']],
    ['References: <a@b.example> <reply-aBc@GitLab.Example.COM> <c@d.example>', ['aBc']],
    ['References: <Reply-aBc@gitlab.example.com>', ['aBc']],
    // Exchange joins with commas, some phones with nothing at all.
    ['References: <a@b.example>,<reply-abc@gitlab.example.com>,<c@d.example>', ['abc']],
    ['References: <a@b.example><reply-abc@gitlab.example.com><c@d.example>', ['abc']],
    ['References: <reply-1@gitlab.example.com>,\r\n <reply-2@gitlab.example.com>', ['1', '2']],
    ['References: <reply-\r\n abc@gitlab.\r\n\texample.com>', ['abc']],
    ['References:\r\n <reply-abc@gitlab.example.com>', ['abc']],
    ['References: <a@b.example>\r\nReferences: <reply-abc@gitlab.example.com>', ['abc']],
    ['References: <reply-2@gitlab.example.com> <reply-1@gitlab.example.com> <reply-2@gitlab.example.com>', ['2', '1']],
    ['References: reply-abc@gitlab.example.com', ['abc']],
    ['References: a@b.example,reply-abc@gitlab.example.com', ['abc']],
    ['References: <<reply-abc@gitlab.example.com>>', ['abc']],
    ['References: <open <reply-abc@gitlab.example.com>', ['abc']],
    ['References: <reply-__proto__@gitlab.example.com>', ['__proto__']],
    ['References: <reply-a@b@gitlab.example.com>', ['a@b']],
    ['References: <reply-@gitlab.example.com>', []],
    ['References: <reply-abc@gitlab.example.com.evil.example>', []],
    ['References: <reply-abc@evil.example>', []],
    ['References: <xreply-abc@gitlab.example.com>', []],
    ['References: <reply-abc@gitlab.example.com', []],
    ['References: reply-abc@gitlab.example.com <a@b.example>', []],
    ['References:', []],
    ['In-Reply-To: <reply-abc@gitlab.example.com>', []],
    ['Subject: <reply-abc@gitlab.example.com>', []],
  ])('%j', (header, expected) => {
    expect(keys(header)).toEqual(expected)
  })

  test('an internationalised host, as configured and in ASCII', () => {
    const both = 'References: <reply-1@Bücher.example> <reply-2@xn--bcher-kva.example>'
    expect(keys(both, compiled('reply-%{key}@bücher.example'))).toEqual(['1', '2'])
  })

  test('a suffix, and a host of one label', () => {
    expect(keys('References: <r.k.x@localhost>', compiled('r.%{key}.x@localhost'))).toEqual(['k'])
  })

  test('at most 50', () => {
    const ids = (n: number) => `References: ${Array.from({ length: n }, (_, i) => `<reply-${i}@gitlab.example.com>`).join(' ')}`
    expect(keys(ids(50))).toHaveLength(50)
    expect(keys(ids(51))).toHaveLength(50)
    expect(keys(ids(51)).at(-1)).toBe('49')
  })

  test('at most 65,536 characters, over all fields', () => {
    const id = '<reply-abc@gitlab.example.com>'
    const filled = (n: number) => `References: ${'x'.repeat(n - id.length)}${id}`
    expect(keys(filled(65536))).toEqual(['abc'])
    expect(keys(filled(65537))).toEqual([])
    expect(keys(`References: ${'x'.repeat(65536 - id.length)}\r\nReferences: ${id}`)).toEqual(['abc'])
    expect(keys(`References: ${'x'.repeat(65537 - id.length)}\r\nReferences: ${id}`)).toEqual([])
  })
})

test.each([
  ['reply@gitlab.example.com', 'no %{key}'],
  ['reply-%{key}', 'can’t match'],
  ['<reply-%{key}@gitlab.example.com>', 'can’t match'],
])('%s can’t be configured', (text, part) => {
  const result = compileReferences(text)
  expect('problem' in result ? result.problem : '').toContain(part)
})
