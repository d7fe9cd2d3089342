import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { trackUnderWay } from '../../../src/spool/sqlite/under-way.ts'
import type { OperationResult } from '../../../src/spool/sqlite/wire.ts'
import { type Settlement, SpoolUnavailable } from '../../../src/transaction/ports.ts'
import { spoolOptions } from '../../contract/spool/place.ts'
import { aDelivery } from '../../support/memory-queue.ts'

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

const drop: Settlement = { state: 'dropped', reason: 'application.late', due: 0, detail: 'late' }
const gone = new SpoolUnavailable('the writer thread ended', false)

/** A writer that answers as told, in order; then that nothing is wrong. */
function writer(answers: (OperationResult | Error)[]) {
  const asked: string[] = []
  const underWay = new Map<number, number | null>()
  const operate = async ({ kind }: { kind: string }): Promise<OperationResult> => {
    asked.push(kind)
    const answer = answers.shift() ?? null
    if (answer instanceof Error) throw answer
    return answer
  }
  const parts = { batches: { operate } as never, underWay, options: spoolOptions('nowhere'), closing: false }
  return { asked, underWay, queue: trackUnderWay(parts) }
}

test('a settlement is tried until it is written', async () => {
  const { asked, underWay, queue } = writer([[aDelivery()], gone, gone])
  await queue.claim('app', 1, 0)
  const settled = queue.settle(1, drop)
  await vi.advanceTimersByTimeAsync(2_000)
  await settled
  expect(asked).toEqual(['claim', 'settle', 'settle', 'settle'])
  expect(underWay.size).toBe(0)
})

test('one that was written, but not answered, is not said of the claim that follows it', async () => {
  const { asked, underWay, queue } = writer([[aDelivery()], gone, [aDelivery({ attempts: 1 })]])
  await queue.claim('app', 1, 0)
  const settled = queue.settle(1, drop)
  await vi.advanceTimersByTimeAsync(500)
  await queue.claim('app', 1, 0)
  await vi.advanceTimersByTimeAsync(2_000)
  await settled
  expect(asked).toEqual(['claim', 'settle', 'claim'])
  expect([...underWay.keys()]).toEqual([1])
  await queue.settle(1, { state: 'delivered', detail: '' })
  expect(asked.at(-1)).toBe('settle')
  expect(underWay.size).toBe(0)
})
