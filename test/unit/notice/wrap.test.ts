import { expect, test } from 'vitest'
import { width, wrap } from '../../../src/notice/wrap.ts'

test.each([
  ['', ''],
  ['a b', 'a b'],
  ['a\n\nb', 'a\n\nb'],
  [`${'a'.repeat(width - 2)} b`, `${'a'.repeat(width - 2)} b`],
  [`${'a'.repeat(width - 1)} b`, `${'a'.repeat(width - 1)}\nb`],
  [`${'é'.repeat(width - 2)} b`, `${'é'.repeat(width - 2)} b`],
  ['x'.repeat(width + 9), 'x'.repeat(width + 9)],
  ['trailing   ', 'trailing'],
])('%j is wrapped', (text, expected) => expect(wrap(text)).toBe(expected))
