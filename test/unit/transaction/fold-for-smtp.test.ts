import { describe, expect, test } from 'vitest'
import { accept, defer, discard, hold, reject, type Verdict } from '../../../src/policy/verdict.ts'
import { foldForSmtp } from '../../../src/transaction/fold-for-smtp.ts'
import { dataReply } from '../../../src/transaction/render.ts'

const one: Record<Verdict['kind'], Verdict> = {
  accept,
  hold: hold('message.automatic'),
  discard: discard('message.automatic'),
  reject: reject('key.missing'),
  defer: defer('key.unavailable'),
}
const two: Record<Verdict['kind'], Verdict> = {
  accept,
  hold: hold('key.expired'),
  discard: discard('message.loop'),
  reject: reject('message.loop'),
  defer: defer('spool.full'),
}
const kinds = Object.keys(one) as Verdict['kind'][]
const pairs = kinds.flatMap(a => kinds.map(b => [a, b] as const))

/** RFC 5321 leaves one reply: the code that two recipients with these verdicts get, and what becomes of each. */
const expected: Record<string, string> = {
  'accept accept': '250 accept accept',
  'accept hold': '250 accept hold',
  'accept discard': '250 accept discard',
  'accept reject': '250 accept discard',
  'hold accept': '250 hold accept',
  'hold hold': '250 hold hold',
  'hold discard': '250 hold discard',
  'hold reject': '250 hold discard',
  'discard accept': '250 discard accept',
  'discard hold': '250 discard hold',
  'discard discard': '250 discard discard',
  'discard reject': '250 discard discard',
  'reject accept': '250 discard accept',
  'reject hold': '250 discard hold',
  'reject discard': '250 discard discard',
  'reject reject': '550 reject reject',
}

describe('the one reply for two recipients', () => {
  test.each(pairs)('%s and %s', (a, b) => {
    const folded = foldForSmtp([one[a], two[b]])
    const codes = folded.map(verdict => dataReply(verdict, 'id').code)
    expect(new Set(codes).size, 'what is carried out agrees with the reply').toBe(1)
    const outcome = `${codes[0]} ${folded.map(verdict => verdict.kind).join(' ')}`
    if (a === 'defer' || b === 'defer') expect(outcome).toBe(`${a === 'defer' ? 451 : 452} defer defer`)
    else expect(outcome).toBe(expected[`${a} ${b}`])
  })
})

test('the first reject speaks for all', () => {
  expect(foldForSmtp([one.reject, two.reject])).toEqual([one.reject, one.reject])
})

test('who was rejected beside an accepted one is kept as discarded, with the reason', () => {
  expect(foldForSmtp([accept, reject('message.loop')])[1]).toEqual(discard('message.loop'))
})

test('nobody is nothing', () => expect(foldForSmtp([])).toEqual([]))

test.each([
  [accept, '250', '2.6.0'],
  [one.hold, '250', '2.6.0'],
  [one.discard, '250', '2.6.0'],
  [one.reject, '550', '5.1.1'],
  [one.defer, '451', '4.4.3'],
  [two.defer, '452', '4.3.1'],
])('%o is said with the id at the end', (verdict, code, status) => {
  const reply = dataReply(verdict, '0123456789abcdef')
  expect([`${reply.code}`, reply.status]).toEqual([code, status])
  expect(reply.text.endsWith(' 0123456789abcdef')).toBe(true)
})
