import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { settle } from '../../../src/delivery/settle.ts'
import { type SpoolQueue, SpoolUnavailable } from '../../../src/transaction/ports.ts'
import { keptLog } from '../../support/quiet-log.ts'

// What becomes of an outcome that the spool doesn't keep.
beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const delivery = { id: 1, message: 'm', processor: 'app' }
function settling(failure: (tries: number) => Error | null, halt = new AbortController().signal) {
  let tries = 0
  const spool = {
    async settle() {
      const error = failure(++tries)
      if (error !== null) throw error
    },
  } as unknown as SpoolQueue
  const log = keptLog()
  const written = settle(delivery, { state: 'delivered', detail: '' }, { spool, log, halt })
  return { written, log, tries: () => tries }
}

test('while the spool is unavailable it is tried until it is written', async () => {
  const { written, tries, log } = settling(n => (n <= 20 ? new SpoolUnavailable('no disk', false) : null))
  await vi.advanceTimersByTimeAsync(3_600_000)
  expect(await written).toBe(true)
  expect(tries()).toBe(21)
  expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(20)
})

test('a defect is given up after eight tries, and that is no written outcome', async () => {
  const { written, tries } = settling(() => new Error('a defect'))
  await vi.advanceTimersByTimeAsync(3_600_000)
  expect(await written).toBe(false)
  expect(tries()).toBe(8)
})

test('nothing is tried again once the program ends', async () => {
  const halt = new AbortController()
  const { written, tries } = settling(() => new SpoolUnavailable('no disk', false), halt.signal)
  await vi.advanceTimersByTimeAsync(100)
  halt.abort()
  expect(await written).toBe(false)
  expect(tries()).toBe(2)
})
