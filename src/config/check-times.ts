/**
 * What must agree among durations: retries that come before the end, a reply within the transaction, a push that is remembered for as
 * long as it may be tried again. Looks at the raw configuration.
 */
import { parseDuration } from '../lib/duration.ts'
import type { Finding } from './problem.ts'
import { entries, has, isMapping, items, type Part, part, texts } from './raw.ts'
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
    ...checkDeadline(root),
    ...checkMarks(root, end),
  ]
}

/** Where nobody is asked inline, the deadline is nobody's. */
function checkDeadline(root: Part): readonly Finding[] {
  const delivery = part(root, 'delivery')
  const routes = items(part(root, 'mailboxes')).flatMap(mailbox => items(part(mailbox, 'routes')))
  if (![delivery, ...routes].some(at => texts(at, 'handoff') === 'inline')) return []
  const [inline, limits] = [part(delivery, 'inline'), part(root, 'limits')]
  const deadline = texts(inline, 'deadline') ?? '20s'
  const transaction = texts(limits, 'transaction-time') ?? '10m'
  const [left, right] = [parseDuration(deadline), parseDuration(transaction)]
  if (left === null || right === null || left < right) return []
  const message = 'the transaction is over before the application must have answered'
  if (has(limits, 'transaction-time') && !has(inline, 'deadline')) {
    const allowed = `more than delivery.inline.deadline, ${showText(deadline)}`
    return [{ path: [...limits.path, 'transaction-time'], message, found: showText(transaction), allowed }]
  }
  const allowed = `less than limits.transaction-time, ${showText(transaction)}`
  return [{ path: [...inline.path, 'deadline'], message, found: showText(deadline), allowed }]
}

/** A mark that is forgotten sooner lets a late attempt push a second time. */
function checkMarks(root: Part, end: string): readonly Finding[] {
  const pushing = entries(part(root, 'processors'))
    .flatMap(processor => [part(processor, 'redis-stream'), part(processor, 'sidekiq')])
    .filter(({ value }) => isMapping(value))
  return pushing.flatMap(processor => {
    const mark = texts(processor, 'mark') ?? '7d'
    if (!longer(end, mark)) return []
    const allowed = `at least delivery.retry.for, ${showText(end)}`
    return [{ path: [...processor.path, 'mark'], message: 'forgotten before the last attempt', found: showText(mark), allowed }]
  })
}

function longer(a: string, b: string): boolean {
  const [left, right] = [parseDuration(a), parseDuration(b)]
  return left !== null && right !== null && left > right
}
