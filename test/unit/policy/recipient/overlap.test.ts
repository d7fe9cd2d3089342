import { expect, test } from 'vitest'
import type { DirectoryEntry } from '../../../../src/policy/recipient/directory.ts'
import { duplicates, overlaps } from '../../../../src/policy/recipient/overlap.ts'
import { compilePattern } from '../../../../src/policy/recipient/pattern.ts'

const entry = (text: string): DirectoryEntry => {
  const pattern = compilePattern(text)
  if ('problem' in pattern) throw new Error(pattern.problem)
  return { mailbox: text, pattern }
}

test.each([
  ['%{key}@a.example', 'in+%{key}@a.example', 'in+%{key}@a.example', 'in+key@a.example'],
  ['%{key}@a.example', 'in@a.example', 'in@a.example', 'in@a.example'],
  ['a-%{key}@a.example', '%{key}-zz@a.example', '%{key}-zz@a.example', 'a-key-zz@a.example'],
  ['ab%{key}@a.example', '%{key}ab@a.example', 'ab%{key}@a.example', 'abkeyab@a.example'],
  ['%{key}@a.example', 'in+%{key}@b.example', null, null],
  ['in+%{key}@a.example', 'out+%{key}@a.example', null, null],
  ['in+%{key}@a.example', 'in@a.example', null, null],
  ['in+%{key}@a.example', 'in+@a.example', null, null],
  ['a@a.example', 'b@a.example', null, null],
  ['%{key}@a.example', 'postmaster@a.example', null, null],
  ['%{key}@a.example', '%{key}@A.example', null, null],
])('%s and %s: %s wins', (a, b, winner, example) => {
  for (const list of [
    [a, b],
    [b, a],
  ]) {
    const [found] = overlaps(list.map(entry))
    expect(found?.winner.mailbox ?? null).toBe(winner)
    expect(found?.example ?? null).toBe(example)
  }
})

test.each([
  ['in+%{key}@a.example', 'IN+%{key}@A.EXAMPLE', 1],
  ['in@a.example', 'In@a.example', 1],
  ['in@bücher.example', 'in@xn--bcher-kva.example', 1],
  ['in@a.example', 'in%{key}@a.example', 0],
  ['in+%{key}@a.example', 'in-%{key}@a.example', 0],
])('%s and %s are the same claim: %d', (a, b, count) => {
  expect(duplicates([entry(a), entry('other@else.example'), entry(b)])).toHaveLength(count)
})
