/**
 * What every SpoolQueue must do with deliveries: claims by turns, those committed as under way, what an application's verdict
 * makes of them, and what is dropped. Run by the spools and by the queue in memory that other tests use.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Redelivery } from '../../../src/transaction/desk.ts'
import type { NewDelivery, SpoolQueue } from '../../../src/transaction/ports.ts'
import { start } from './messages.ts'

export interface Adding {
  readonly due?: number
  readonly state?: NewDelivery['state']
  readonly processor?: string
}

/** A queue with what stands before and beside it. */
export interface QueuePlace {
  queue(): SpoolQueue
  /** Keeps mail of one delivery, with `queued` as its state where none is said; gives the delivery's number. */
  add(it?: Adding): Promise<number>
  /** Sends the mail of this delivery once more, to be queued. */
  resend(delivery: number): Promise<'new' | 'repeat'>
  /** The number given last. */
  last(): number
  look(delivery: number): Promise<{ state: string; reason: string | null; detail: string; attempts: number }>
  /** Gives whether the delivery was changed. */
  redeliver(delivery: number, how: Redelivery, at: number): Promise<boolean>
  /** As a crash leaves it. */
  reopen(at: number): Promise<void>
  remove(): Promise<void>
}

const drop = { state: 'dropped', reason: 'application.late', due: start + 50, detail: 'late' } as const

export function queueContract(name: string, makePlace: () => Promise<QueuePlace>): void {
  let place: QueuePlace
  beforeEach(async () => {
    place = await makePlace()
  })
  afterEach(() => place.remove())
  const claim = async (limit: number, at = start + 1_000): Promise<number[]> =>
    (await place.queue().claim('app', limit, at)).map(({ id }) => id)
  const add = async (dues: readonly number[]): Promise<number[]> => {
    const ids: number[] = []
    for (const due of dues) ids.push(await place.add({ due: start + due }))
    return ids
  }

  describe(`${name}: claims take turns`, () => {
    it('between the one that is due longest and the one that became due last', async () => {
      const [a, b, c, d, e] = await add([3, 1, 5, 2, 4])
      expect(await claim(5)).toEqual([b, c, d, e, a])
      expect(await claim(5)).toEqual([])
    })
    it('also one at a time, each processor for itself', async () => {
      const [a, b, c, d] = await add([1, 2, 3, 4])
      const other = await place.add({ processor: 'other', due: start })
      expect(await claim(1)).toEqual([a])
      expect((await place.queue().claim('other', 1, start)).map(({ id }) => id)).toEqual([other])
      expect(await claim(1)).toEqual([d])
      expect(await claim(1)).toEqual([b])
      expect(await claim(1)).toEqual([c])
    })
    it('does not count a turn that found nothing', async () => {
      expect(await claim(1)).toEqual([])
      const [a] = await add([1, 2])
      expect(await claim(1)).toEqual([a])
    })
    it('knows only what is due', async () => {
      const [a, b] = await add([1, 2, 3])
      expect(await claim(9, start + 2)).toEqual([a, b])
      expect(await place.queue().nextDue('app')).toBe(start + 3)
    })
    it('lets neither a backlog nor new mail wait for the other', async () => {
      await add(Array<number>(40).fill(0))
      const backlog = new Set(await claim(20))
      const fresh = new Set(await add(Array<number>(10).fill(100)))
      const next = await claim(20)
      expect(next.filter(id => fresh.has(id))).toHaveLength(10)
      expect(next.some(id => backlog.has(id))).toBe(false)
    })
  })

  describe(`${name}: what is committed as under way`, () => {
    it('is claimed by nobody, and taken by its number, its attempt counted', async () => {
      const id = await place.add({ state: 'delivering' })
      expect(await claim(5)).toEqual([])
      expect(await place.queue().nextDue('app')).toBeNull()
      expect(await place.queue().take(id, start)).toMatchObject({ id, attempts: 0, processor: 'app', machine: 'none' })
      expect(await place.look(id)).toMatchObject({ state: 'delivering', attempts: 1 })
      await place.queue().settle(id, { state: 'queued', due: start + 5, detail: 'later' })
      expect(await claim(5)).toEqual([id])
    })
    it('is not taken where it is not under way any more, or not there', async () => {
      const id = await place.add({ state: 'delivering' })
      await place.queue().settle(id, { state: 'delivered', detail: 'yes' })
      expect(await place.queue().take(id, start)).toBeNull()
      expect(await place.queue().take(await place.add(), start)).toBeNull()
      expect(await place.queue().take(4711, start)).toBeNull()
    })
    it('may be settled without having been taken', async () => {
      const id = await place.add({ state: 'delivering' })
      await place.queue().settle(id, { state: 'queued', due: start, detail: 'waited for another' })
      expect(await place.look(id)).toMatchObject({ state: 'queued', attempts: 0 })
      expect(await claim(1)).toEqual([id])
    })
    it('is queued by a restart, taken or not', async () => {
      const [one, two] = [await place.add({ state: 'delivering' }), await place.add({ state: 'delivering' })]
      await place.queue().take(one, start)
      await place.reopen(start + 5_000)
      expect(await place.queue().take(two, start)).toBeNull()
      const again = await place.queue().claim('app', 5, start + 5_000)
      expect(again.map(({ id, attempts }) => [id, attempts]).sort()).toEqual([
        [one, 1],
        [two, 0],
      ])
    })
    it('is a repeat when it comes again', async () => {
      const id = await place.add({ state: 'delivering' })
      expect(await place.resend(id)).toBe('repeat')
    })
  })

  describe(`${name}: the application's verdict`, () => {
    it.each([
      ['held', 'application.held', 'repeat'],
      ['discarded', 'application.discarded', 'repeat'],
      ['discarded', 'application.late', 'new'],
      ['failed', 'application.refused', 'new'],
    ] as const)('%s for %s stays with the delivery; the mail sent again is a %s one', async (state, reason, kind) => {
      const id = await place.add()
      await claim(1)
      await place.queue().settle(id, { state, reason, detail: 'so it said' })
      expect(await place.look(id)).toEqual({ state, reason, detail: 'so it said', attempts: 1 })
      expect(await place.resend(id)).toBe(kind)
    })
    it('is asked for again, under the same idempotency id, when what is held is released', async () => {
      const id = await place.add()
      const [first] = await place.queue().claim('app', 1, start)
      await place.queue().settle(id, { state: 'held', reason: 'application.held', detail: '' })
      expect(await place.redeliver(id, 'release', start + 9)).toBe(true)
      expect(await place.look(id)).toMatchObject({ state: 'queued', reason: null, attempts: 0 })
      expect(await place.queue().claim('app', 1, start + 9)).toEqual([{ ...first, attempts: 0, since: start + 9 }])
      expect(await place.resend(id)).toBe('repeat')
    })
    it('leaves the reason of a failure without one as it was', async () => {
      const id = await place.add()
      await claim(1)
      await place.queue().settle(id, { state: 'failed', detail: 'no' })
      expect((await place.look(id)).reason).toBeNull()
    })
  })

  describe(`${name}: what is dropped after 451`, () => {
    it('is discarded where the mail has not come again, and new when it comes', async () => {
      const id = await place.add({ state: 'delivering' })
      await place.queue().take(id, start)
      await place.queue().settle(id, drop)
      expect(await place.look(id)).toEqual({ state: 'discarded', reason: 'application.late', detail: 'late', attempts: 1 })
      expect(await place.resend(id)).toBe('new')
      expect(await claim(5)).not.toContain(id)
    })
    it.each([true, false])('is queued where the mail came again before it (taken after that: %s)', async taken => {
      const id = await place.add({ state: 'delivering' })
      expect(await place.resend(id)).toBe('repeat')
      if (taken) expect(await place.queue().take(id, start)).not.toBeNull()
      await place.queue().settle(id, drop)
      expect(await place.look(id)).toMatchObject({ state: 'queued', reason: null, detail: 'late' })
      expect(await place.queue().nextDue('app')).toBe(start + 50)
      expect(await claim(5)).toEqual([id])
    })
    it('is judged by what was written first where both come at once', async () => {
      for (let i = 0; i < 5; i++) {
        const id = await place.add({ state: 'delivering' })
        const [kind] = await Promise.all([place.resend(id), place.queue().settle(id, drop)])
        expect((await place.look(id)).state).toBe(kind === 'repeat' ? 'queued' : 'discarded')
      }
    })
    it('forgets a repeat once it was settled', async () => {
      const id = await place.add({ state: 'delivering' })
      await place.resend(id)
      await place.queue().settle(id, { state: 'queued', due: start, detail: '' })
      expect(await claim(1)).toEqual([id])
      await place.queue().settle(id, drop)
      expect((await place.look(id)).state).toBe('discarded')
    })
  })

  describe(`${name}: by hand`, () => {
    it('a backlog that is queued again in slices does not lie above the mail that comes between them', async () => {
      const backlog: number[] = []
      for (let i = 0; i < 30; i++) backlog.push(await place.add({ state: 'held', due: start + i }))
      const fresh: number[] = []
      for (const slice of [0, 1, 2]) {
        for (const id of backlog.slice(slice * 10, slice * 10 + 10)) await place.redeliver(id, 'release', start + 1_000 + slice * 100)
        fresh.push(await place.add({ due: start + 1_050 + slice * 100 }))
      }
      const first = await claim(6, start + 2_000)
      expect(first.filter(id => fresh.includes(id))).toHaveLength(3)
      expect(first.filter(id => backlog.includes(id))).toEqual(backlog.slice(0, 3))
    })
    it('retries what failed and hurries what waits, nothing else', async () => {
      const [failed, waiting, due] = [await place.add(), await place.add(), await place.add()]
      await claim(3)
      await place.queue().settle(failed, { state: 'failed', reason: 'application.refused', detail: 'no' })
      await place.queue().settle(waiting, { state: 'queued', due: start + 99_999, detail: 'later' })
      await place.queue().settle(due, { state: 'queued', due: start, detail: 'soon' })
      for (const state of ['held', 'discarded', 'delivered', 'delivering'] as const)
        expect(await place.redeliver(await place.add({ state }), 'retry', start + 5)).toBe(false)
      expect(await place.redeliver(due, 'retry', start + 5)).toBe(false)
      expect(await place.redeliver(failed, 'retry', start + 5)).toBe(true)
      expect(await place.redeliver(waiting, 'retry', start + 5)).toBe(true)
      expect(await place.look(failed)).toMatchObject({ state: 'queued', reason: null, attempts: 0 })
      expect(await place.look(waiting)).toMatchObject({ state: 'queued', detail: 'later', attempts: 1 })
      expect((await claim(9, start + 5)).sort()).toEqual([failed, waiting, due].sort())
    })
    it('discards what is queued, held or failed, and keeps its reason', async () => {
      const [queued, held, failed] = [await place.add(), await place.add(), await place.add()]
      await claim(3)
      await place.queue().settle(queued, { state: 'queued', due: start, detail: 'x' })
      await place.queue().settle(held, { state: 'held', reason: 'application.held', detail: 'x' })
      await place.queue().settle(failed, { state: 'failed', reason: 'application.refused', detail: 'x' })
      for (const state of ['discarded', 'delivered', 'delivering'] as const)
        expect(await place.redeliver(await place.add({ state }), 'discard', start)).toBe(false)
      const reasons = [null, 'application.held', 'application.refused']
      for (const [i, id] of [queued, held, failed].entries()) {
        expect(await place.redeliver(id, 'discard', start)).toBe(true)
        expect(await place.look(id)).toMatchObject({ state: 'discarded', reason: reasons[i], detail: 'discarded by hand' })
      }
      expect(await claim(9)).toEqual([])
      expect(await place.redeliver(queued, 'release', start)).toBe(true)
      expect(await claim(9)).toEqual([queued])
    })
  })
}
