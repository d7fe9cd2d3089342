import { expect, test } from 'vitest'
import { splitFields } from '../../../../src/listeners/http/raw-head.ts'

test('fields in their order, unfolded and decoded; what is no field is shown too', () => {
  expect(splitFields('Subject: =?utf-8?q?=C3=BC?=\nx-a : 1\n\t2\nbroken line\n: none\nsubject:\n\nbody: x').fields).toEqual([
    { name: 'Subject', value: 'ü' },
    { name: 'x-a', value: '1\t2' },
    { name: '', value: 'broken line' },
    { name: '', value: ': none' },
    { name: 'subject', value: '' },
  ])
})

test('a message without a header, and one that is all header', () => {
  expect(splitFields('\nbody')).toEqual({ fields: [], more: false })
  expect(splitFields('')).toEqual({ fields: [], more: false })
  expect(splitFields('A: b').fields).toEqual([{ name: 'A', value: 'b' }])
})

test('200 fields are shown, and it is said where there are more', () => {
  expect(splitFields('A: b\n'.repeat(200))).toMatchObject({ fields: { length: 200 }, more: false })
  expect(splitFields('A: b\n'.repeat(201))).toMatchObject({ fields: { length: 200 }, more: true })
})

test('a value is cut at 2,000 characters, decoded or not', () => {
  expect(splitFields(`A: ${'x'.repeat(2_000)}`).fields[0]!.value).toBe('x'.repeat(2_000))
  expect(splitFields(`A: ${'x'.repeat(2_001)}`).fields[0]!.value).toBe(`${'x'.repeat(2_000)}…`)
  expect(splitFields(`A: ${'=?utf-8?q?x?= '.repeat(5_000)}`).fields[0]!.value.length).toBeLessThan(2_002)
})
