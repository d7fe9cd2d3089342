/**
 * What the runner relies on in every processor: an outcome for every call, never a throw, an end soon after the signal, and
 * calls that don't disturb each other. Run by each processor's own test file.
 */
import { afterEach, describe, expect, test } from 'vitest'
import type { MessageSource, Processor } from '../../../src/transaction/ports.ts'
import { aDelivery } from '../../support/memory-queue.ts'

/** How the other side behaves, as far as the processor has one. */
export type Peer = 'accepts' | 'hangs' | 'gone'

export interface Opened {
  readonly processor: Processor
  /** Deliveries that the other side has taken; for a processor without one, undefined. */
  taken?(): number
  close(): Promise<void>
}

export interface Subject {
  readonly name: string
  /** With this time-out, in milliseconds, where it has one. */
  open(peer: Peer, timeout: number): Promise<Opened>
  /** The processor keeps mail where it is: it needs no other side and reads no message. */
  readonly keeps?: boolean
  /** The processor has no use for our trace fields. */
  readonly noTrace?: boolean
}

export const source = (raw: Uint8Array, traceFields = 'Return-Path: <alice@example.org>\r\n'): MessageSource => ({
  traceFields: () => traceFields,
  raw: async () =>
    (async function* () {
      for (let from = 0; from < raw.length; from += 65_536) yield raw.subarray(from, from + 65_536)
    })(),
})

const message = Buffer.from('Subject: Hello\r\n\r\nText\r\n')
const never = (): AbortSignal => new AbortController().signal

/** No machine is so busy that a good call takes it. */
const patient = 30_000
/** What ends in time may end so much later: far from what waits for the other side. */
const grace = 5_000

export function processorContract({ name, open, keeps = false, noTrace = false }: Subject): void {
  describe(`${name}: the contract of a processor`, () => {
    const opened: Opened[] = []
    const openIt = async (peer: Peer, timeout = patient): Promise<Opened> => {
      opened.push(await open(peer, timeout))
      return opened.at(-1)!
    }
    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close()
    })

    test('says how many calls it bears at once, and how long one takes', async () => {
      const { processor } = await openIt('accepts')
      expect(Number.isInteger(processor.concurrency) && processor.concurrency > 0).toBe(true)
      expect(processor.timeout).toBeGreaterThan(0)
    })

    test('delivers', async () => {
      const { processor, taken } = await openIt('accepts')
      expect((await processor.deliver(aDelivery(), source(message), never())).kind).toBe('delivered')
      if (taken !== undefined) expect(taken()).toBe(1)
    })

    test('delivers the same delivery again when it is asked to', async () => {
      const { processor } = await openIt('accepts')
      for (const attempts of [0, 1])
        expect((await processor.deliver(aDelivery({ attempts }), source(message), never())).kind).toBe('delivered')
    })

    test('bears as many calls at once as it says', async () => {
      const { processor, taken } = await openIt('accepts')
      const calls = Array.from({ length: processor.concurrency }, (_, id) => processor.deliver(aDelivery({ id }), source(message), never()))
      expect((await Promise.all(calls)).map(outcome => outcome.kind)).toEqual(calls.map(() => 'delivered'))
      if (taken !== undefined) expect(taken()).toBe(calls.length)
    })

    test.each<Peer>(['hangs', 'gone'])('the other side %s: an outcome in time, and not "failed"', async peer => {
      const { processor } = await openIt(peer, 500)
      const start = performance.now()
      const outcome = await processor.deliver(aDelivery(), source(message), never())
      expect(outcome.kind).toBe(keeps ? 'delivered' : 'retry')
      expect(performance.now() - start).toBeLessThan((processor.timeout ?? 0) + grace)
    })

    test.each([0, 100])('ends soon after the signal (fired after %i ms)', async ms => {
      const { processor } = await openIt('hangs')
      const controller = new AbortController()
      if (ms === 0) controller.abort()
      else setTimeout(() => controller.abort(), ms)
      const start = performance.now()
      const outcome = await processor.deliver(aDelivery(), source(message), controller.signal)
      expect(outcome.kind).toBe(keeps ? 'delivered' : 'retry')
      expect(performance.now() - start).toBeLessThan(ms + grace)
    })

    test.each<[string, MessageSource]>([
      ['is refused', { traceFields: () => '', raw: () => Promise.reject(new Error('no such message')) }],
      [
        'throws',
        {
          traceFields: () => '',
          raw: () => {
            throw new Error('no such message')
          },
        },
      ],
      [
        'breaks off',
        {
          traceFields: () => '',
          raw: async () =>
            (async function* () {
              yield message
              throw new Error('read error')
            })(),
        },
      ],
      ['hangs', { traceFields: () => '', raw: () => new Promise(() => {}) }],
      [
        'has no trace fields',
        {
          traceFields: () => {
            throw new Error('no')
          },
          raw: async () => (async function* () {})(),
        },
      ],
    ])('a message that %s is a retry, and the next call works', async (trouble, broken) => {
      // One that hangs is waited for that long, and the next call is to be over by then.
      const { processor } = await openIt('accepts', trouble === 'hangs' ? 2_500 : patient)
      const unhurt = keeps || (noTrace && trouble === 'has no trace fields')
      expect((await processor.deliver(aDelivery(), broken, never())).kind).toBe(unhurt ? 'delivered' : 'retry')
      expect((await processor.deliver(aDelivery(), source(message), never())).kind).toBe('delivered')
    })

    test('can be closed', async () => {
      const { processor } = await openIt('accepts')
      await processor.close?.()
    })
  })
}
