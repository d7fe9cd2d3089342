import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Runner, type RunnerOptions, startRunner } from '../../../src/delivery/runner.ts'
import type { Failure } from '../../../src/delivery/settle.ts'
import {
  type Delivery,
  type MessageSource,
  type NewDelivery,
  type Outcome,
  type Processor,
  SpoolUnavailable,
} from '../../../src/transaction/ports.ts'
import { type MemoryQueue, memoryQueue } from '../../support/memory-queue.ts'

// What is done beside the attempt: the notice that follows a failure, and what a processor is given in place of the plain message.
const schedule = { first: 60_000, factor: 2, max: 600_000, for: 90_000 }
const about = { recipient: 'incoming+key@incoming.example.com', reason: 'application.failed' } as const
const aNotice: NewDelivery = {
  recipient: 'alice@example.org',
  mailbox: 'incoming',
  route: 'reply',
  key: 'key',
  claims: {},
  processor: 'notices',
  state: 'queued',
  reason: about.reason,
  idempotency: { material: 'n', alone: true, window: 1 },
  about,
}

let queue: MemoryQueue
let lines: string[]
beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
  queue = memoryQueue()
  lines = []
})
afterEach(() => void vi.useRealTimers())

const at = (level: string) => (_: object, text: string) => void lines.push(`${level} ${text}`)
const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
const answering = (outcome: Outcome, seen: Delivery[] = []): Processor => ({
  concurrency: 2,
  deliver: async delivery => {
    seen.push(delivery)
    return outcome
  },
})

function run(processors: Record<string, Processor>, more: Partial<RunnerOptions>, trouble?: Parameters<MemoryQueue['open']>[0]): Runner {
  const spool = queue.open(trouble)
  const traceFields = () => ''
  return startRunner({
    spool,
    processors: new Map(Object.entries(processors)),
    schedule,
    clock: Date.now,
    random: () => 0,
    log,
    traceFields,
    ...more,
  })
}
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const states = () => queue.entries().map(({ state, delivery }) => `${delivery.processor} ${state}`)
const failed: Outcome = { kind: 'failed', detail: 'refused by the application' }

describe('a delivery that fails for good', () => {
  test('has its notice handed over at once', async () => {
    const sent: Delivery[] = []
    const asked: [number, string][] = []
    queue.add({ id: 1 })
    const follow = (delivery: Delivery, { detail }: Failure) => {
      asked.push([delivery.id, detail])
      return aNotice
    }
    run({ app: answering(failed), notices: answering({ kind: 'delivered' }, sent) }, { follow })
    await pass(0)
    expect(asked).toEqual([[1, 'refused by the application']])
    expect(sent).toMatchObject([{ message: 'M1', recipient: 'alice@example.org', about }])
    expect(states()).toEqual(['app failed', 'notices delivered'])
  })

  test('has one where it was given up, and none before', async () => {
    queue.add({ id: 1 })
    const asked: string[] = []
    const follow = (_: Delivery, { detail }: Failure) => {
      asked.push(detail)
      return aNotice
    }
    run({ app: answering({ kind: 'retry', detail: 'HTTP 503' }), notices: answering({ kind: 'delivered' }) }, { follow })
    await pass(89_000)
    expect([asked, states()]).toEqual([[], ['app queued']])
    await pass(2_000)
    expect(asked).toEqual(['given up after 3 attempts: HTTP 503'])
    expect(states()).toEqual(['app failed', 'notices delivered'])
  })

  test('has none where nobody is to be told', async () => {
    queue.add({ id: 1 })
    run({ app: answering(failed) }, { follow: () => null })
    await pass(10)
    expect(states()).toEqual(['app failed'])
  })

  test('has failed all the same where no notice could be made', async () => {
    queue.add({ id: 1 })
    const follow = () => {
      throw new Error('no template')
    }
    run({ app: answering(failed) }, { follow })
    await pass(10)
    expect(states()).toEqual(['app failed'])
    expect(lines).toContain('error no notice could be made of a failed delivery')
  })

  test('keeps its notice while the spool can’t write', async () => {
    queue.add({ id: 1 })
    let broken = 2
    const trouble = (call: string) => (call === 'settle' && broken-- > 0 ? new SpoolUnavailable('full', true) : null)
    run({ app: answering(failed), notices: answering({ kind: 'delivered' }) }, { follow: () => aNotice }, trouble)
    await pass(10)
    expect(states()).toEqual(['app delivering'])
    await pass(5_000)
    expect(states()).toEqual(['app failed', 'notices delivered'])
  })
})

test('a notice that fails has no notice', async () => {
  const follow = vi.fn(() => null)
  queue.add({ id: 1, processor: 'notices', about })
  run({ notices: answering(failed) }, { follow })
  await pass(10)
  expect(states()).toEqual(['notices failed'])
  expect(follow).not.toHaveBeenCalled()
})

test('a delivery that is delivered or tried again has no notice', async () => {
  const follow = vi.fn(() => aNotice)
  queue.add({ id: 1 })
  queue.add({ id: 2, processor: 'other' })
  run({ app: answering({ kind: 'delivered' }), other: answering({ kind: 'retry', detail: 'later' }) }, { follow })
  await pass(10)
  expect(states()).toEqual(['app delivered', 'other queued'])
  expect(follow).not.toHaveBeenCalled()
})

describe('a message refined', () => {
  const reading = (seen: string[]): Processor => ({
    concurrency: 1,
    deliver: async (_, message) => {
      for await (const chunk of await message.raw()) seen.push(Buffer.from(chunk).toString())
      seen.push(String(await message.bounce?.()))
      return { kind: 'delivered' }
    },
  })
  const shout = (plain: MessageSource, { id }: Delivery): MessageSource => ({
    ...plain,
    raw: async () =>
      (async function* () {
        for await (const chunk of await plain.raw()) yield Buffer.from(Buffer.from(chunk).toString().toUpperCase())
      })(),
    bounce: async () => `bounce of ${id}`,
  })

  test('is what the processor is given', async () => {
    const seen: string[] = []
    queue.add({ id: 7 }, Buffer.from('text'))
    run({ app: reading(seen) }, { refine: shout })
    await pass(10)
    expect(seen).toEqual(['TEXT', 'bounce of 7'])
  })

  test('is tried again where it can’t be had', async () => {
    const seen: string[] = []
    let broken = true
    queue.add({ id: 7 }, Buffer.from('text'))
    const refine = (plain: MessageSource, delivery: Delivery) => {
      if (broken) throw new Error('no reader')
      return shout(plain, delivery)
    }
    run({ app: reading(seen) }, { refine })
    await pass(10)
    expect(states()).toEqual(['app queued'])
    broken = false
    await pass(60_000)
    expect([states(), seen]).toEqual([['app delivered'], ['TEXT', 'bounce of 7']])
  })
})
