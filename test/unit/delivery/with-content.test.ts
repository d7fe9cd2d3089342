import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { attempt, grace } from '../../../src/delivery/attempt.ts'
import { withContent } from '../../../src/delivery/with-content.ts'
import type { ContentOptions, MessageSource, Outcome, Processor } from '../../../src/transaction/ports.ts'
import { aDelivery } from '../../support/memory-queue.ts'

const wanted: ContentOptions = { inline: 10, larger: 'omit' }
const view = Buffer.from('{"status":"parsed"}')
const plain: MessageSource = { traceFields: () => '', raw: async () => (async function* () {})() }
const message = (content: (options: ContentOptions) => Promise<Uint8Array>): MessageSource => ({ ...plain, content })
const never = () => new AbortController().signal

describe('the parsed view that a processor asks for', () => {
  test('is made before the call, once', async () => {
    const asked: ContentOptions[] = []
    const ready = await withContent(
      message(async options => {
        asked.push(options)
        return view
      }),
      wanted,
      never(),
    )
    expect([await ready.content!(wanted), await ready.content!({ ...wanted })]).toEqual([view, view])
    expect(asked).toEqual([wanted])
    await ready.content!({ ...wanted, inline: 0 })
    await ready.content!({ ...wanted, larger: 'link' })
    expect(asked).toHaveLength(3)
  })

  test.each([
    ['none is wanted', message(() => Promise.reject(new Error('asked'))), null],
    ['the message has none', plain, wanted],
  ])('is not made where %s', async (_, source, options) => {
    expect(await withContent(source, options, never())).toBe(source)
  })

  test('is left to the processor to ask for where it can’t be had, so that it says why', async () => {
    const source = message(() => Promise.reject(new Error('gone')))
    const ready = await withContent(source, wanted, never())
    await expect(ready.content!(wanted)).rejects.toThrow('gone')
  })

  test('is not waited for once the call is broken off', async () => {
    const controller = new AbortController()
    const source = message(() => new Promise(() => {}))
    const ready = withContent(source, wanted, controller.signal)
    controller.abort()
    expect(await ready).toBe(source)
    expect(await withContent(source, wanted, controller.signal)).toBe(source)
  })
})

describe('the time of a call', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })
  const later = (ms: number): Promise<Uint8Array> => new Promise(resolve => setTimeout(resolve, ms, view))
  const processor = (deliver: Processor['deliver']): Processor => ({ concurrency: 1, timeout: 1_000, content: () => wanted, deliver })
  const delivered: Outcome = { kind: 'delivered', detail: '' }

  test('begins when the message is parsed', async () => {
    const { outcome } = attempt(
      processor(async (_, source) => {
        await source.content!(wanted)
        return new Promise(resolve => setTimeout(resolve, 900, delivered))
      }),
      aDelivery(),
      () => message(() => later(60_000)),
    )
    await vi.advanceTimersByTimeAsync(60_900)
    expect(await outcome).toEqual(delivered)
  })

  test('ends all the same', async () => {
    const { outcome } = attempt(
      processor(() => new Promise(() => {})),
      aDelivery(),
      () => message(() => later(500)),
    )
    await vi.advanceTimersByTimeAsync(500 + 1_000 + grace)
    expect(await outcome).toEqual({ kind: 'retry', detail: `the processor gave no outcome within ${1_000 + grace} ms` })
  })

  test('a call that is broken off while it waits ends with what its processor says', async () => {
    const call = attempt(
      processor(async (_, __, signal) => ({ kind: 'retry', detail: signal.aborted ? 'broken off' : 'called' })),
      aDelivery(),
      () => message(() => new Promise(() => {})),
    )
    call.abort()
    await vi.advanceTimersByTimeAsync(1)
    expect(await call.outcome).toEqual({ kind: 'retry', detail: 'broken off' })
  })
})
