import { describe, expect, test } from 'vitest'
import { isPermanent, isTransient } from '../../../src/mail/reply.ts'
import { type DeferReason, type Reason, type RejectReason, reasons } from '../../../src/policy/reasons.ts'
import { accept, afterRcpt, defer, discard, hold, refusal, reject } from '../../../src/policy/verdict.ts'

const all = Object.keys(reasons) as Reason[]

/** Found out about mail that was or will be answered 250: no reply tells of them. */
const untold: readonly Reason[] = ['message.rate', 'application.failed', 'application.held', 'application.discarded']

test.each(all)('%s: a token in two parts, a refusal, a meaning', reason => {
  expect(reason).toMatch(/^[a-z]+\.[a-z-]+$/)
  const { reply, meaning } = reasons[reason]
  expect(isTransient(reply) || isPermanent(reply)).toBe(!untold.includes(reason))
  if (untold.includes(reason)) expect(reply.code).toBe(250)
  expect(meaning.length).toBeGreaterThan(10)
})

describe('verdicts', () => {
  test.each(all.filter(reason => isPermanent(reasons[reason].reply)) as RejectReason[])('reject %s', reason => {
    const verdict = reject(reason)
    expect(refusal(verdict)).toBe(reasons[reason].reply)
    expect(afterRcpt(verdict, 'origin')).toBe(verdict)
    // Rule 4: nothing that a relay peer hears after RCPT is a 5yz.
    expect(afterRcpt(verdict, 'relay')).toEqual({ kind: 'discard', reason })
  })

  test.each(all.filter(reason => isTransient(reasons[reason].reply)) as DeferReason[])('defer %s', reason => {
    const verdict = defer(reason)
    expect(refusal(verdict)).toBe(reasons[reason].reply)
    expect(afterRcpt(verdict, 'relay')).toBe(verdict)
  })

  test.each([accept, hold('message.automatic'), discard('message.loop')])('%j is answered 250 and stays what it is', verdict => {
    expect(refusal(verdict)).toBeUndefined()
    expect(afterRcpt(verdict, 'relay')).toBe(verdict)
  })
})

test('a reply of the other class is a type error', () => {
  // @ts-expect-error deferring with a 5yz
  defer('recipient.unknown')
  // @ts-expect-error rejecting with a 4yz
  reject('key.unavailable')
})
