import { describe, expect, test } from 'vitest'
import { idsOf, longestId, mostReferences, thread } from '../../../src/notice/thread.ts'
import { processorTime } from '../../support/processor-time.ts'

const answered = { messageId: '<c@x>', references: '', inReplyTo: '' }
const many = (count: number) => Array.from({ length: count }, (_, i) => `<${i}@x>`)

describe('the thread of a notice', () => {
  test.each([
    ['a first message', {}, '<c@x>', ['<c@x>']],
    ['References', { references: '<a@x>\r\n <b@x>', inReplyTo: '<z@x>' }, '<c@x>', ['<a@x>', '<b@x>', '<c@x>']],
    ['In-Reply-To alone', { inReplyTo: '<a@x>' }, '<c@x>', ['<a@x>', '<c@x>']],
    ['In-Reply-To with two', { inReplyTo: '<a@x> <b@x>' }, '<c@x>', ['<c@x>']],
    ['an id twice', { references: '<a@x> <a@x> <c@x>' }, '<c@x>', ['<a@x>', '<c@x>']],
    ['no Message-ID', { messageId: '', references: '<a@x>' }, '', []],
    ['two Message-IDs', { messageId: '<c@x> <d@x>' }, '', []],
    ['a Message-ID that is none', { messageId: 'c@x' }, '', []],
  ])('%s', (_, some, inReplyTo, references) => expect(thread({ ...answered, ...some })).toEqual({ inReplyTo, references }))

  test(`holds ${mostReferences} ids: the first and the last ones`, () => {
    expect(thread({ ...answered, references: many(mostReferences - 1).join(' ') }).references).toHaveLength(mostReferences)
    const { references } = thread({ ...answered, references: many(mostReferences + 10).join(' ') })
    expect(references).toHaveLength(mostReferences)
    expect([references[0], references[1], references.at(-2), references.at(-1)]).toEqual(['<0@x>', '<12@x>', '<29@x>', '<c@x>'])
  })

  test.each([
    ['<a b@x>', []],
    ['<ab>', []],
    ['<a@b@c>', []],
    ['<@x> <x@>', []],
    ['<é@x>', []],
    ['<=?utf-8?Q?a?=@x>', []],
    ['<<a@x>>', ['<a@x>']],
    ['junk <a@x> (comment)', ['<a@x>']],
    ['<a@[192.0.2.1]>', ['<a@[192.0.2.1]>']],
    [`<${'a'.repeat(longestId - 4)}@x>`, [`<${'a'.repeat(longestId - 4)}@x>`]],
    [`<${'a'.repeat(longestId - 3)}@x>`, []],
  ])('ids in %j', (field, ids) => expect(idsOf(field)).toEqual(ids))

  test('megabytes of brackets take no time', () => {
    const took = processorTime(() => {
      for (const text of ['<'.repeat(5_000_000), '<a'.repeat(1_000_000), '<a@'.repeat(1_000_000)]) idsOf(text)
    })
    expect(took).toBeLessThan(2_000)
  })
})
