/** What people find, count and change by the thousand. Part of the suite for spools. */
import { describe, expect, it } from 'vitest'
import type { MessageFilter } from '../../../src/transaction/desk.ts'
import type { DeliveryState } from '../../../src/transaction/ports.ts'
import { accept, day, delivery, message, start } from './messages.ts'
import type { AnySpool, Subject } from './suite.ts'

const states = ['queued', 'delivered', 'held', 'discarded'] as const

/** Four messages in each of these states, a second apart, of two processors. */
async function fill(spool: AnySpool): Promise<void> {
  for (let i = 0; i < 16; i++) {
    const processor = i % 2 === 0 ? 'app' : 'archive'
    await accept(spool, message({ received: start + i * 1_000, deliveries: [delivery({ state: states[i >> 2]!, processor })] }))
  }
}

const everything: readonly MessageFilter[] = [
  {},
  ...(['queued', 'delivering', 'delivered', 'held', 'discarded', 'failed'] as const).map(state => ({ state })),
  { processor: 'archive' },
  { processor: 'nobody' },
  { state: 'held', processor: 'app' },
  { state: 'queued', processor: 'app' },
  { since: start + 5_000 },
  { until: start + 5_000 },
  { since: start + 5_000, until: start + 9_000, processor: 'app' },
  { state: 'discarded', since: start + 13_000, until: start + 14_000 },
  { before: 9 },
  { state: 'held', before: 11 },
  { text: '<1@EXAMPLE' },
  { mailbox: 'incoming', route: 'reply', recipient: 'INCOMING+abc@incoming.example.com' },
]

export function deskContract(name: string, subject: () => Subject): void {
  describe(`${name}: finding and counting`, () => {
    it('counts what it lists, and lists what the filter says', async () => {
      const { spool } = subject()
      await fill(spool)
      for (const filter of everything) {
        const rows = await spool.list({ ...filter, limit: 1_000 })
        expect(await spool.count({ ...filter, limit: 1 }), JSON.stringify(filter)).toBe(rows.length)
      }
      const times = async (filter: MessageFilter) => (await spool.list(filter)).map(({ received }) => (received - start) / 1_000)
      expect(await times({ since: start + 6_000, until: start + 10_000, processor: 'app' })).toEqual([8, 6])
      expect(await times({ since: start + 6_001, until: start + 10_001, processor: 'app' })).toEqual([10, 8])
      expect(await times({ state: 'held', processor: 'archive' })).toEqual([11, 9])
      expect(await times({ state: 'nonsense' as DeliveryState })).toEqual([])
      expect(await spool.count({ state: 'nonsense' as DeliveryState })).toBe(0)
    })
  })

  describe(`${name}: reasons`, () => {
    it('keep why we put mail aside when it is released, until the application says otherwise', async () => {
      const { spool } = subject()
      const one = message({ deliveries: [delivery({ state: 'held', reason: 'message.automatic' })] })
      await accept(spool, one)
      const reason = async () => (await spool.view(one.id))?.deliveries[0]?.reason
      await spool.redeliver(one.id, 'release')
      expect(await reason()).toBe('message.automatic')
      const [claimed] = await spool.claim('app', 1, start)
      await spool.settle(claimed!.id, { state: 'discarded', reason: 'application.discarded', detail: '' })
      expect(await reason()).toBe('application.discarded')
      expect(await spool.counts()).toMatchObject({ discarded: 1, held: 0, queued: 0 })
    })
    it('shows what the application wrote at the last attempt, and only then', async () => {
      const { spool } = subject()
      const one = message({ deliveries: [delivery()] })
      await accept(spool, one)
      const answer = async () => (await spool.view(one.id))?.deliveries[0]?.answer
      expect(await answer()).toBeNull()
      for (const wrote of ['first\n\twords', undefined, 'last words']) {
        const [claimed] = await spool.claim('app', 1, start)
        await spool.settle(claimed!.id, { state: 'queued', due: start, detail: 'later', ...(wrote === undefined ? {} : { answer: wrote }) })
        expect(await answer()).toBe(wrote ?? null)
      }
      const [claimed] = await spool.claim('app', 1, start)
      expect(await answer()).toBe('last words')
      const late = { state: 'dropped', reason: 'application.late', due: start, detail: '', answer: 'too late' } as const
      await spool.settle(claimed!.id, late)
      expect(await answer()).toBe('too late')
    })
  })

  describe(`${name}: changing many`, () => {
    const stateOf = async () => (await subject().spool.list({ limit: 1_000 })).map(({ state }) => state).reverse()

    it('changes a page of the list in its order, and says where the next begins', async () => {
      const { spool } = subject()
      await fill(spool)
      const first = await spool.redeliverMany({ state: 'held', limit: 3 }, 'release')
      expect(first).toMatchObject({ looked: 3, changed: 3, next: expect.any(Number) })
      expect((await stateOf()).slice(8, 12)).toEqual(['held', 'queued', 'queued', 'queued'])
      const second = await spool.redeliverMany({ state: 'held', limit: 3, before: first.next! }, 'release')
      expect(second).toEqual({ looked: 1, changed: 1, next: null })
      expect(await spool.redeliverMany({ state: 'held' }, 'release')).toEqual({ looked: 0, changed: 0, next: null })
    })
    it('says that nothing follows where the page is full and the list ends', async () => {
      const { spool } = subject()
      await fill(spool)
      expect(await spool.redeliverMany({ state: 'held', limit: 4 }, 'release')).toEqual({ looked: 4, changed: 4, next: null })
    })
    it('looks at all the filter gives, and changes what it is for', async () => {
      const { spool, now } = subject()
      await fill(spool)
      now(start + day)
      expect(await spool.redeliverMany({ limit: 1_000 }, 'discard')).toEqual({ looked: 16, changed: 8, next: null })
      expect(await spool.counts()).toMatchObject({ queued: 0, held: 0, delivered: 4, discarded: 12 })
      expect(await spool.redeliverMany({ processor: 'app' }, 'replay')).toEqual({ looked: 8, changed: 2, next: null })
      expect((await spool.claim('app', 9, start + day)).map(({ received }) => received)).toHaveLength(2)
    })
    it('leaves notices out, and what is under way alone', async () => {
      const { spool } = subject()
      await accept(spool, message())
      const [claimed] = await spool.claim('app', 1, start)
      const about = { recipient: 'x@incoming.example.com', reason: 'application.failed' } as const
      await spool.settle(claimed!.id, { state: 'failed', detail: '', follow: delivery({ processor: 'notices', about }) })
      await accept(spool, message())
      await spool.claim('app', 1, start)
      expect(await spool.redeliverMany({}, 'discard')).toEqual({ looked: 2, changed: 1, next: null })
      expect(await stateOf()).toEqual(['discarded', 'queued', 'delivering'])
    })
    it('has thousands wait beside new mail, neither behind the other', async () => {
      const { spool, now } = subject()
      for (let i = 0; i < 5; i++)
        await Promise.all(Array.from({ length: 1_000 }, () => accept(spool, message({ deliveries: [delivery({ state: 'held' })] }))))
      now(start + 1_000)
      let [changed, before] = [0, {}]
      for (;;) {
        const page = await spool.redeliverMany({ state: 'held', limit: 1_000, ...before }, 'release')
        changed += page.changed
        if (page.next === null) break
        before = { before: page.next }
      }
      expect(changed).toBe(5_000)
      const fresh = new Set<string>()
      for (let i = 0; i < 20; i++) {
        const one = message({ received: start + 2_000 })
        fresh.add(one.id)
        await accept(spool, one)
      }
      const claimed = await spool.claim('app', 40, start + 2_000)
      expect(claimed.filter(one => fresh.has(one.message))).toHaveLength(20)
      expect(await spool.claim('app', 5_000, start + 2_000)).toHaveLength(4_980)
    })
  })
}
