/** What must agree among durations: retries that come before the end. Looks at the raw configuration. */
import { parseDuration } from '../lib/duration.ts'
import type { Finding } from './problem.ts'
import { type Part, part, texts } from './raw.ts'
import { showText } from './show.ts'

export function checkTimes(root: Part): readonly Finding[] {
  const retry = part(part(root, 'delivery'), 'retry')
  const written = (key: string, otherwise: string) => texts(retry, key) ?? otherwise
  const [first, max, end] = [written('first', '1m'), written('max', '12h'), written('for', '3d')]
  return [
    ...(longer(first, max)
      ? [
          {
            path: [...retry.path, 'first'],
            message: 'longer than the longest pause',
            found: showText(first),
            allowed: `at most max, ${showText(max)}`,
          },
        ]
      : []),
    ...(longer(first, end)
      ? [
          {
            path: [...retry.path, 'for'],
            message: 'over before the second attempt',
            found: showText(end),
            allowed: `at least first, ${showText(first)}`,
          },
        ]
      : []),
  ]
}

function longer(a: string, b: string): boolean {
  const [left, right] = [parseDuration(a), parseDuration(b)]
  return left !== null && right !== null && left > right
}
