/**
 * A writer thread that dies after it has written, and before it has answered: what is said again then is about the claim that it was
 * about, a claim made meanwhile goes on, and nothing stays under way that nobody has.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Parts, startParts } from '../../../src/spool/sqlite/parts.ts'
import { makeSink } from '../../../src/spool/sqlite/sink.ts'
import { trackUnderWay, type UnderWay } from '../../../src/spool/sqlite/under-way.ts'
import type { Operation, OperationResult } from '../../../src/spool/sqlite/wire.ts'
import { type Delivery, type NewDelivery, type Settlement, SpoolUnavailable } from '../../../src/transaction/ports.ts'
import { accept, delivery, message } from '../../contract/spool/messages.ts'
import { removeFolder, spoolOptions, temporaryFolder } from '../../contract/spool/place.ts'

let directory: string
let parts: Parts
let queue: UnderWay
let now: number
/** The next operation of this kind is done, and its answer lost with the writer. */
let lost: Operation['kind'] | null
/** Before each operation. */
let before: (operation: Operation) => void | Promise<void>

beforeEach(async () => {
  directory = await temporaryFolder()
  mkdirSync(join(directory, 'bodies'))
  now = Date.now()
  lost = null
  before = () => {}
  parts = await startParts(spoolOptions(directory, { clock: () => ++now }))
  const operate = async (operation: Operation): Promise<OperationResult> => {
    await before(operation)
    const result = await parts.batches.operate(operation)
    if (operation.kind !== lost) return result
    lost = null
    parts.link.terminate()
    throw new SpoolUnavailable('the writer thread ended', false)
  }
  queue = trackUnderWay({ ...parts, batches: { ...parts.batches, operate } })
})
afterEach(async () => {
  await parts.link.close()
  await parts.reader.close()
  await removeFolder(directory)
})

const writerIsBack = () =>
  expect
    .poll(() =>
      parts.batches.operate({ kind: 'next-due', processor: 'nobody' }).then(
        () => true,
        () => false,
      ),
    )
    .toBe(true)
const claim = (): Promise<readonly Delivery[]> => queue.claim('app', 10, ++now)
const state = () => Object.entries(parts.tally().counts).flatMap(([name, count]) => Array<string>(count).fill(name))
const again: Settlement = { state: 'queued', due: 0, detail: 'later' }
const done: Settlement = { state: 'delivered', detail: '' }

async function keep(how: NewDelivery['state'] = 'queued'): Promise<number> {
  const [one] = (await accept({ open: () => makeSink(parts) }, message({ deliveries: [delivery({ state: how })] }))).deliveries
  if (one?.kind !== 'new') throw new Error('a repeat')
  return one.id
}

/** What settles the delivery is written, and said again behind a claim: in its batch, or in the next one. */
async function settledTwice(id: number, where: 'batch' | 'next'): Promise<readonly Delivery[]> {
  lost = 'settle'
  const settled = queue.settle(id, again)
  await expect.poll(() => lost).toBeNull()
  await writerIsBack()
  let claimed: Promise<readonly Delivery[]> | null = null
  before = ({ kind }) => {
    if (kind !== 'settle' || claimed !== null) return
    before = () => {}
    claimed = claim()
    if (where === 'next') return claimed.then(() => {})
  }
  await settled
  return claimed!
}

const begun = ['claimed', 'committed as under way', 'taken'] as const
it.each(begun.flatMap(how => [[how, 'batch'] as const, [how, 'next'] as const]))(
  'a settlement of one that was %s leaves the claim before it alone (%s)',
  async (how, where) => {
    const id = await keep(how === 'claimed' ? 'queued' : 'delivering')
    if (how === 'claimed') await claim()
    if (how === 'taken') await queue.take(id, ++now)
    const [one] = await settledTwice(id, where)
    expect([one?.id, state(), [...parts.underWay.keys()]]).toEqual([id, ['delivering'], [id]])
    await queue.settle(id, done)
    expect([state(), parts.underWay.size]).toEqual([['delivered'], 0])
  },
)

it.each(['claimed', 'committed as under way'] as const)(
  'one that was %s, and then claimed by a claim that was lost, does not stay under way',
  async how => {
    const id = await keep(how === 'claimed' ? 'queued' : 'delivering')
    if (how === 'claimed') await claim()
    lost = 'settle'
    const settled = queue.settle(id, again)
    await expect.poll(() => lost).toBeNull()
    await writerIsBack()
    lost = 'claim'
    await expect(claim()).rejects.toThrow('ended')
    await writerIsBack()
    await settled
    expect([state(), parts.underWay.size]).toEqual([['queued'], 0])
    expect(await claim()).toHaveLength(1)
  },
)

it('one that was taken, and the answer lost, can be settled', async () => {
  const id = await keep('delivering')
  lost = 'take'
  await expect(queue.take(id, ++now)).rejects.toThrow('ended')
  await writerIsBack()
  await queue.settle(id, done)
  expect([state(), parts.underWay.size]).toEqual([['delivered'], 0])
})

it('one that is not under way is not taken, and nothing is kept of it', async () => {
  const id = await keep('queued')
  expect(await queue.take(id, ++now)).toBeNull()
  expect([state(), parts.underWay.size]).toEqual([['queued'], 0])
})
