import { describe, expect, test } from 'vitest'
import { listedAddresses } from '../../../../src/policy/authentication/listed-addresses.ts'
import { signedRecipients, unsignedFields } from '../../../../src/policy/authentication/signed-fields.ts'
import { processorTime } from '../../../support/processor-time.ts'
import { dkim, header } from './found.ts'

describe('the addresses of a list', () => {
  test.each<[string, readonly string[]]>([
    ['a@b.example', ['a@b.example']],
    ['A <a@b.example>, c@d.example', ['a@b.example', 'c@d.example']],
    ['"x@evil.example, y" <a@b.example>', ['a@b.example']],
    ['x@evil.example <a@b.example>', ['a@b.example']],
    ['a@b.example (x@evil.example, (y) \\) z)', ['a@b.example']],
    ['Team: a@b.example, C <c@d.example>;, e@f.example', ['a@b.example', 'c@d.example', '', 'e@f.example']],
    ['"a,b"@c.example', ['"a,b"@c.example']],
    ['"a\\"b" <a@b.example>', ['a@b.example']],
    ['undisclosed-recipients:;', ['', '']],
    ['', ['']],
    ['<a@b.example', ['a@b.example']],
    ['"a@b.example', ['"a@b.example']],
    ['(a@b.example', ['']],
    ['<a@b.example> <c@d.example>', ['c@d.example']],
  ])('%s', (list, expected) => expect([...listedAddresses(list)]).toEqual(expected))

  test.each(['<', '(', '"', ',', ':', '\\', 'a@b,', '(('])('takes time for each character once: %s', unit => {
    const list = unit.repeat(200_000)
    // A defect shows before it has taken hours.
    const start = performance.now()
    const took = processorTime(() => {
      for (const _ of listedAddresses(list)) if (performance.now() - start > 10_000) break
    })
    expect(took).toBeLessThan(2000)
  })
})

describe('recipients in what was signed', () => {
  const to = header('To: Support <Incoming+KEY@Ours.example>', 'Cc: other@ours.example')
  const both = dkim({ covers: ['from', 'to', 'cc'] })
  test.each<[string, readonly string[], readonly string[], readonly string[]]>([
    ['To is signed', ['from', 'to'], ['incoming+key@ours.example'], ['incoming+key@ours.example']],
    ['To is not', ['from', 'cc'], ['incoming+key@ours.example'], []],
    ['Cc is signed', ['cc'], ['other@ours.example', 'incoming+key@ours.example'], ['other@ours.example']],
    ['a replay goes to another', ['from', 'to', 'cc'], ['incoming+other@ours.example'], []],
    ['nobody', ['to'], [], []],
  ])('%s', (_, covers, recipients, expected) => expect(signedRecipients(to, [dkim({ covers })], recipients)).toEqual(expected))

  test('no aligned signature: nobody', () => expect(signedRecipients(to, [], ['incoming+key@ours.example'])).toEqual([]))
  test('no address is found by looking alike', () => {
    expect(signedRecipients(header('To: not an address'), [both], ['not an address', ''])).toEqual([])
  })
  test('two thousand addresses are looked at, and no more', () => {
    const many = (before: number) => header(`To: ${'a@b.example,'.repeat(before)} key@ours.example`)
    expect(signedRecipients(many(1999), [both], ['key@ours.example'])).toEqual(['key@ours.example'])
    expect(signedRecipients(many(2000), [both], ['key@ours.example'])).toEqual([])
  })
  test('65,536 characters are looked at, and no more', () => {
    const behind = (characters: number) => header(`To: "${'x'.repeat(characters - 3)}",key@ours.example`)
    expect(signedRecipients(behind(65_536 - 16), [both], ['key@ours.example'])).toEqual(['key@ours.example'])
    expect(signedRecipients(behind(65_536 - 15), [both], ['key@ours.example'])).toEqual([])
  })
})

describe('what no signature covers', () => {
  const full = header(
    'Reply-To: x@evil.example',
    'FROM: a@b.example',
    'Subject: s',
    'Content-Type: text/plain',
    'List-Id: <l>',
    'X-Other: 1',
  )
  test.each<[string, readonly (readonly string[])[], readonly string[]]>([
    ['all of it without one', [], ['from', 'reply-to', 'subject', 'content-type', 'list-id']],
    ['Gmail leaves out Content-Type', [['from', 'subject', 'reply-to', 'list-id', 'to']], ['content-type']],
    [
      'two signatures together',
      [
        ['from', 'subject'],
        ['from', 'content-type', 'list-id'],
      ],
      ['reply-to'],
    ],
    ['nothing', [['from', 'subject', 'reply-to', 'content-type', 'list-id']], []],
  ])('%s', (_, signatures, expected) => {
    expect(
      unsignedFields(
        full,
        signatures.map(covers => dkim({ covers })),
      ),
    ).toEqual(expected)
  })
})
