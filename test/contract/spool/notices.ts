/**
 * What is kept with a message besides its mail: who sent it, who may be told, and the notices that tell him. Part of the
 * suite for spools.
 */
import { describe, expect, it } from 'vitest'
import type { NewDelivery } from '../../../src/transaction/ports.ts'
import { someAuthentication } from '../../support/authentications.ts'
import { accept, collect, day, delivery, kinds, message, newDelivery, octets, start } from './messages.ts'
import type { AnySpool, Subject } from './suite.ts'

const about = { recipient: 'incoming+abc@incoming.example.com', reason: 'application.failed' } as const

let serial = 0
const notice = (more: Partial<NewDelivery> = {}): NewDelivery =>
  delivery({
    recipient: 'someone@example.org',
    processor: 'notices',
    reason: about.reason,
    about,
    idempotency: { material: `notice ${++serial}`, alone: true, window: day },
    ...more,
  })

/** Accepts a message, and fails its delivery with this notice to follow. Gives the message's id. */
async function fail(spool: AnySpool, follow: NewDelivery, at = start): Promise<string> {
  const one = message({ received: at })
  await accept(spool, one)
  const [claimed] = await spool.claim('app', 1, at)
  await spool.settle(claimed!.id, { state: 'failed', detail: 'refused', follow })
  return one.id
}

export function noticesContract(name: string, subject: () => Subject): void {
  const statesOf = async (id: string) => (await subject().spool.view(id))?.deliveries.map(one => [one.state, one.about])

  describe(`${name}: what is known of the sender`, () => {
    it('comes back to the runner and the desk, also after a restart', async () => {
      const authentication = someAuthentication()
      const one = message({ authentication, notify: 'jane@sender.example' })
      await accept(subject().spool, one)
      await subject().reopen()
      const { spool } = subject()
      expect((await spool.view(one.id))?.authentication).toEqual(authentication)
      expect((await spool.claim('app', 1, start))[0]).toMatchObject({ authentication, notify: 'jane@sender.example', about: null })
    })
  })

  describe(`${name}: notices`, () => {
    it('adds one with the failure it tells of, due at once, to the same message', async () => {
      const { spool, now } = subject()
      now(start + 5_000)
      const [body, one] = [octets(50_000), message({ subject: 'Re: hello' })]
      await accept(spool, one, body)
      const [claimed] = await spool.claim('app', 1, start)
      await spool.settle(claimed!.id, { state: 'failed', detail: 'refused', follow: notice() })
      await subject().reopen()
      const again = subject().spool
      expect(await statesOf(one.id)).toEqual([
        ['failed', null],
        ['queued', about],
      ])
      expect(await again.counts()).toMatchObject({ failed: 1, queued: 1 })
      expect(await again.nextDue('notices')).toBe(start + 5_000)
      const [told] = await again.claim('notices', 1, start + 5_000)
      expect(told).toMatchObject({
        message: one.id,
        recipient: 'someone@example.org',
        about,
        attempts: 0,
        since: start + 5_000,
        received: start,
        subject: 'Re: hello',
        size: body.length,
      })
      expect((await collect(await again.raw(one.id))).equals(body)).toBe(true)
    })
    it('keeps one that follows without being about something, too', async () => {
      const { about: _, ...plain } = notice()
      const id = await fail(subject().spool, plain)
      expect(await statesOf(id)).toEqual([
        ['failed', null],
        ['queued', null],
      ])
    })
    it('adds none where the attempt was settled already, or ended otherwise', async () => {
      const { spool } = subject()
      const id = newDelivery(await accept(spool, message()))
      await spool.settle(id, { state: 'failed', detail: 'no', follow: notice() })
      expect(await spool.list({})).toHaveLength(1)
      await spool.claim('app', 1, start)
      for (const _ of [1, 2]) await spool.settle(id, { state: 'failed', detail: 'no', follow: notice() })
      expect(await spool.list({})).toHaveLength(2)
    })
    it('tells a sender once in a window, whatever the messages', async () => {
      const { spool, now } = subject()
      const same = notice()
      for (let i = 0; i < 10; i++) await fail(spool, same)
      const notices = async () => (await spool.list({ limit: 100 })).filter(row => row.about !== undefined).length
      expect(await notices()).toBe(1)
      now(start + day)
      await fail(spool, same, start + day)
      expect(await notices()).toBe(1)
      now(start + day + 1)
      await fail(spool, same, start + day + 1)
      expect(await notices()).toBe(2)
    })
    it('remembers a notice that was sent over its purge', async () => {
      const { spool, now } = subject()
      const same = notice({ idempotency: { material: 'purged', alone: true, window: 7 * day } })
      await fail(spool, same)
      const [told] = await spool.claim('notices', 1, start)
      await spool.settle(told!.id, { state: 'delivered', detail: 'sent' })
      expect(await spool.redeliver(told!.message, 'replay')).toBe(1)
      const [again] = await spool.claim('app', 1, start)
      await spool.settle(again!.id, { state: 'delivered', detail: '' })
      now(start + 7 * day)
      await fail(spool, same, start + 7 * day)
      expect((await spool.list({})).filter(row => row.about !== undefined)).toHaveLength(1)
    })
    it('adds one that comes with a message only where some of its mail is new', async () => {
      const { spool } = subject()
      const body = octets(20)
      const mail = delivery({ state: 'discarded', reason: 'authentication.required' })
      const first = message({ deliveries: [mail, notice({ idempotency: { material: 'a', alone: true, window: 1 } })] })
      expect(kinds(await accept(spool, first, body))).toEqual(['new', 'new'])
      const second = message({ received: start + 60_000, deliveries: first.deliveries })
      expect(await accept(spool, second, body)).toEqual({
        deliveries: [
          { kind: 'repeat', message: first.id },
          { kind: 'repeat', message: first.id },
        ],
      })
      expect(await spool.view(second.id)).toBeNull()
      const third = message({ received: start + 60_000, deliveries: [mail, delivery({ state: 'held' }), first.deliveries[1]!] })
      expect(kinds(await accept(spool, third, body))).toEqual(['repeat', 'new', 'new'])
    })
    it('is no mail: not the message’s verdict, not a recipient of its transaction', async () => {
      const { spool } = subject()
      const mail = delivery({ state: 'discarded', reason: 'authentication.required' })
      const one = message({ deliveries: [notice(), mail] })
      await accept(spool, one)
      const row = { verdict: 'discard', reason: 'authentication.required', recipients: [mail.recipient] }
      expect(await spool.transactions({ id: one.id })).toMatchObject([row])
      expect(await spool.transactions({ recipient: 'someone@example.org' })).toEqual([])
      expect(await spool.transactions({ reason: 'application.failed' })).toEqual([])
      const rows = await spool.list({})
      expect(rows.map(each => [each.recipient, each.about]).sort()).toEqual([
        [mail.recipient, undefined],
        ['someone@example.org', about],
      ])
      expect(await spool.list({ state: 'discarded' })).toHaveLength(1)
    })
    it('is queued again by its number alone, never with its message', async () => {
      const { spool } = subject()
      const id = await fail(spool, notice())
      const [told] = await spool.claim('notices', 1, start)
      await spool.settle(told!.id, { state: 'failed', detail: 'no such user' })
      expect(await spool.redeliver(id, 'replay')).toBe(1)
      expect((await statesOf(id))?.map(([state]) => state)).toEqual(['queued', 'failed'])
      expect(await spool.redeliver(id, 'replay', told!.id)).toBe(1)
      expect((await statesOf(id))?.map(([state]) => state)).toEqual(['queued', 'queued'])
    })
    it('keeps its message as long as it needs it, and no longer', async () => {
      const { spool, now } = subject()
      const one = message()
      await accept(spool, one, octets(50_000))
      const [claimed] = await spool.claim('app', 1, start)
      now(start + 400 * day)
      // Under way: its body stays, so that whatever follows has one.
      expect(await spool.purge()).toBe(0)
      await spool.settle(claimed!.id, { state: 'failed', detail: 'no', follow: notice() })
      now(start + 800 * day)
      expect(await spool.purge()).toBe(0)
      const [told] = await spool.claim('notices', 1, start + 800 * day)
      expect(await collect(await spool.raw(one.id))).toHaveLength(50_018)
      await spool.settle(told!.id, { state: 'delivered', detail: 'sent' })
      now(start + 807 * day - 1)
      expect(await spool.purge()).toBe(0)
      now(start + 807 * day)
      expect(await spool.purge()).toBe(1)
      expect(await spool.view(one.id)).toBeNull()
      expect(await spool.list({})).toEqual([])
      expect(await spool.counts()).toMatchObject({ failed: 0, delivered: 0, queued: 0 })
    })
    it('does not take a notice known by its material for mail with that material', async () => {
      const { spool } = subject()
      const body = octets(5)
      const material = 'shared'
      const one = message({ deliveries: [delivery({ idempotency: { material, window: day } })] })
      const two = message({ deliveries: [delivery({ idempotency: { material, alone: true, window: day } })] })
      expect(kinds(await accept(spool, one, body))).toEqual(['new'])
      expect(kinds(await accept(spool, two, body))).toEqual(['new'])
      expect(kinds(await accept(spool, two, octets(900)))).toEqual(['repeat'])
    })
  })
}
