import { expect, test } from 'vitest'
import { fill } from '../../../src/notice/placeholders.ts'

test.each([
  ['%{id} and %{id}', '7 and 7'],
  ['%{nobody} %{constructor} %{__proto__}', '%{nobody} %{constructor} %{__proto__}'],
  ['%{subject}', '%{id} $& $1'],
  ['%{', '%{'],
])('%j becomes %j', (text, expected) => expect(fill(text, { id: '7', subject: '%{id} $& $1' })).toBe(expected))
