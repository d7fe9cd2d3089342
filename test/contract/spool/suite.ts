/**
 * What every spool must do, whatever it keeps things in: the ports SpoolIntake, SpoolQueue, SpoolDesk and TraceStore. A
 * backend's test file calls this with a way to open a fresh spool and to open the same one again.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SpoolDesk } from '../../../src/transaction/desk.ts'
import type { Clock, DeliveryState, SpoolIntake, SpoolQueue, TraceStore, TransactionRow } from '../../../src/transaction/ports.ts'
import { deskContract } from './desk.ts'
import { accept, collect, day, delivery, header, kinds, message, newDelivery, octets, start, write } from './messages.ts'
import { noticesContract } from './notices.ts'
import { processorsContract } from './processors.ts'
import { readingContract } from './reading.ts'

export type AnySpool = SpoolIntake &
  SpoolQueue &
  SpoolDesk &
  TraceStore & {
    raw(message: string): Promise<AsyncIterable<Uint8Array>>
    counts(): Promise<Record<DeliveryState, number>>
    postmasterUse(): number
    purge(): Promise<number>
    close(): Promise<void>
  }

/** What the parts of the suite work with; made anew for each test. */
export interface Subject {
  readonly spool: AnySpool
  /** Closes it and opens it again. `spool` is another one afterwards. */
  reopen(): Promise<void>
  /** Sets the clock. */
  now(at: number): void
}

/** `open` opens the same place each time; `remove` clears it away. */
export interface Place {
  open(clock: Clock): Promise<AnySpool>
  remove(): Promise<void>
}

const retentionNote = 'retention: delivered 7d, discarded 2d, held 30d, failed 30d, transactions 1d'

export function spoolContract(name: string, makePlace: () => Promise<Place>): void {
  let place: Place
  let spool: AnySpool
  let now = start
  const clock: Clock = () => now
  const reopen = async (): Promise<void> => {
    await spool.close()
    spool = await place.open(clock)
  }
  const stateOf = async (id: string): Promise<string | undefined> => (await spool.view(id))?.deliveries[0]?.state

  beforeEach(async () => {
    now = start
    place = await makePlace()
    spool = await place.open(clock)
  })
  afterEach(async () => {
    await spool.close()
    await place.remove()
  })

  readingContract(name, () => ({ spool, reopen, now: at => (now = at) }))
  noticesContract(name, () => ({ spool, reopen, now: at => (now = at) }))
  processorsContract(name, () => ({ spool, reopen, now: at => (now = at) }))
  deskContract(name, () => ({ spool, reopen, now: at => (now = at) }))

  describe(`${name}: bodies`, () => {
    it.each([18, 100, 16_384, 16_385, 100_000, 262_144, 262_145, 1_000_003])('gives back %d octets as they came', async size => {
      const body = octets(size - header.length)
      const one = message()
      await accept(spool, one, body)
      expect((await collect(await spool.raw(one.id))).equals(body)).toBe(true)
      await reopen()
      expect((await collect(await spool.raw(one.id))).equals(body)).toBe(true)
      expect((await spool.view(one.id))?.size).toBe(body.length)
    })
    it.each([1021, 65_536, 300_007])('streams 20 MB in chunks of %d', async chunkSize => {
      const body = octets(20_000_000)
      const one = message()
      const sink = spool.open()
      await write(sink, body, chunkSize)
      await sink.commit(one)
      expect((await collect(await spool.raw(one.id))).equals(body)).toBe(true)
    })
    it('keeps nothing of an aborted body', async () => {
      for (const size of [10, 50_000, 2_000_000]) {
        const sink = spool.open()
        await write(sink, octets(size))
        sink.abort()
      }
      await accept(spool, message())
      expect(await spool.list({})).toHaveLength(1)
    })
    it('keeps many messages of all sizes that come at once apart', async () => {
      const all = [5, 20_000, 300_000, 50, 100_000, 600_000, 7, 16_400].map(size => ({ one: message(), body: octets(size) }))
      await Promise.all(all.map(({ one, body }) => accept(spool, one, body)))
      for (const { one, body } of all) expect((await collect(await spool.raw(one.id))).equals(body)).toBe(true)
    })
    it('answers null for an unknown message', async () => {
      expect(await spool.raw('nothing')).toBeNull()
      expect(await spool.view('nothing')).toBeNull()
    })
  })

  describe(`${name}: repeats`, () => {
    const again = (first: ReturnType<typeof message>, received = start) => ({ ...message({ received }), deliveries: first.deliveries })

    it('adds nothing for an equal message, large or small, also after a restart', async () => {
      for (const size of [100, 50_000, 700_000]) {
        const body = octets(size)
        const one = message()
        await accept(spool, one, body)
        const used = spool.status().used
        expect(await accept(spool, again(one), body)).toEqual({ deliveries: [{ kind: 'repeat', message: one.id }] })
        await reopen()
        // Another header: a hop more. The body is the same.
        const hop = Buffer.concat([Buffer.from('Received: x\r\n'), body])
        const committed = await accept(spool, { ...again(one), bodyStart: header.length + 13 }, hop)
        expect(committed).toEqual({ deliveries: [{ kind: 'repeat', message: one.id }] })
        expect(spool.status().used).toBe(used)
      }
      expect(await spool.list({})).toHaveLength(3)
    })
    it.each([200, 300_000])(
      'hashes from where the body starts, in a message of %d octets, wherever its first empty line is',
      async size => {
        const body = octets(size)
        const one = message({ bodyStart: 40 })
        const headed = (fill: string): Buffer => Buffer.concat([Buffer.from(`${fill.repeat(36)}\r\n\r\n`), body])
        await accept(spool, one, headed('x'))
        expect(kinds(await accept(spool, { ...again(one), bodyStart: 40 }, headed('y')))).toEqual(['repeat'])
        const early = Buffer.concat([Buffer.from(`a\r\n\r\n${'z'.repeat(35)}`), body])
        expect(kinds(await accept(spool, { ...again(one), bodyStart: 40 }, early))).toEqual(['repeat'])
        const late = Buffer.concat([Buffer.from(`${'z'.repeat(300_000)}`), body])
        expect(kinds(await accept(spool, { ...again(one), bodyStart: 300_000 }, late))).toEqual(['repeat'])
      },
    )
    it('takes another body, or other material, as new', async () => {
      const one = message()
      const body = octets(100)
      await accept(spool, one, body)
      expect(kinds(await accept(spool, again(one), Buffer.concat([body, Buffer.from('x')])))).toEqual(['new'])
      expect(kinds(await accept(spool, message(), body))).toEqual(['new'])
    })
    it('knows an equal one for its window and no longer', async () => {
      for (const window of [3_600_000, 7 * day]) {
        const body = octets(50)
        const one = message({ deliveries: [delivery({ idempotency: { material: `w${window}`, window } })] })
        await accept(spool, one, body)
        expect(kinds(await accept(spool, again(one, start + window), body))).toEqual(['repeat'])
        expect(kinds(await accept(spool, again(one, start + window + 1), body))).toEqual(['new'])
      }
    })
    it('takes the second of two equal deliveries of one message as a repeat of the first', async () => {
      const same = delivery()
      const one = message({ deliveries: [same, same, delivery()] })
      const committed = await accept(spool, one)
      expect(kinds(committed)).toEqual(['new', 'repeat', 'new'])
      expect(committed.deliveries[1]).toEqual({ kind: 'repeat', message: one.id })
      expect((await spool.view(one.id))?.deliveries).toHaveLength(2)
    })
    it('takes equal messages of one moment as one', async () => {
      const body = octets(50)
      const one = message()
      const all = await Promise.all([accept(spool, one, body), accept(spool, again(one), body), accept(spool, again(one), body)])
      expect(all.flatMap(kinds).sort()).toEqual(['new', 'repeat', 'repeat'])
    })
    it.each([
      ['held', 'held', 'repeat'],
      ['discarded', 'discarded', 'repeat'],
      ['held', 'queued', 'new'],
      ['discarded', 'queued', 'new'],
      ['discarded', 'held', 'new'],
      ['held', 'delivering', 'new'],
      ['discarded', 'delivering', 'new'],
      ['delivering', 'queued', 'repeat'],
      ['queued', 'delivering', 'repeat'],
      ['queued', 'discarded', 'repeat'],
      ['delivered', 'queued', 'repeat'],
    ] as const)('after one that is %s, an equal one that would be %s is %s', async (older, newer, kind) => {
      const body = octets(10)
      const one = message({ deliveries: [delivery({ state: older })] })
      await accept(spool, one, body)
      const two = message({ deliveries: [{ ...one.deliveries[0]!, state: newer }] })
      expect(kinds(await accept(spool, two, body))).toEqual([kind])
    })
    it('takes mail again whose delivery failed', async () => {
      const body = octets(10)
      const one = message()
      await accept(spool, one, body)
      const [claimed] = await spool.claim('app', 1, start)
      expect(kinds(await accept(spool, again(one), body))).toEqual(['repeat'])
      await spool.settle(claimed!.id, { state: 'failed', detail: 'no' })
      expect(kinds(await accept(spool, again(one), body))).toEqual(['new'])
    })
    it('keeps only what is new of a message that is a repeat in part', async () => {
      const body = octets(10)
      const one = message()
      await accept(spool, one, body)
      const two = message({ deliveries: [one.deliveries[0]!, delivery({ recipient: 'other@incoming.example.com' })] })
      expect(kinds(await accept(spool, two, body))).toEqual(['repeat', 'new'])
      expect((await spool.view(two.id))?.deliveries.map(({ recipient }) => recipient)).toEqual(['other@incoming.example.com'])
    })
  })

  describe(`${name}: queue`, () => {
    it('hands out what is due, oldest first, of one processor, once', async () => {
      const late = message({ received: start + 10 })
      const early = message({ received: start })
      await accept(spool, late)
      await accept(spool, early)
      await accept(spool, message({ deliveries: [delivery({ processor: 'other' })] }))
      expect(await spool.nextDue('app')).toBe(start)
      expect(await spool.claim('app', 10, start - 1)).toEqual([])
      expect((await spool.claim('app', 1, start + 10)).map(d => d.message)).toEqual([early.id])
      expect((await spool.claim('app', 10, start + 10)).map(d => d.message)).toEqual([late.id])
      expect(await spool.claim('app', 10, start + 10)).toEqual([])
      expect(await spool.nextDue('app')).toBeNull()
      expect(await spool.nextDue('other')).toBe(start)
    })
    it('tells the runner all it needs', async () => {
      const one = message()
      const body = octets(30)
      const id = newDelivery(await accept(spool, one, body))
      const [claimed] = await spool.claim('app', 1, start)
      const { state: _, reason: __, idempotency: ___, ...given } = one.deliveries[0]!
      expect(claimed).toEqual({
        ...given,
        id,
        message: one.id,
        idempotencyId: expect.stringMatching(/^[0-9a-f]{32}$/),
        attempts: 0,
        since: start,
        received: start,
        sender: one.sender,
        client: one.client,
        protocol: one.protocol,
        subject: one.subject,
        messageId: one.messageId,
        size: body.length,
        authentication: null,
        machine: 'none',
        notify: null,
        about: null,
      })
    })
    it('counts attempts, and keeps the id and the first due time over retries', async () => {
      const one = message()
      await accept(spool, one)
      const [first] = await spool.claim('app', 1, start)
      await spool.settle(first!.id, { state: 'queued', due: start + 60_000, detail: 'HTTP 503' })
      expect(await spool.claim('app', 1, start + 59_999)).toEqual([])
      const [second] = await spool.claim('app', 1, start + 60_000)
      expect(second).toEqual({ ...first, attempts: 1 })
      await spool.settle(second!.id, { state: 'delivered', detail: 'HTTP 200' })
      expect((await spool.view(one.id))?.deliveries[0]).toMatchObject({ state: 'delivered', detail: 'HTTP 200', attempts: 2, due: null })
    })
    it('settles only what is under way', async () => {
      const one = message()
      const id = newDelivery(await accept(spool, one))
      await spool.settle(id, { state: 'delivered', detail: '' })
      expect(await stateOf(one.id)).toBe('queued')
    })
    it('queues again after a restart what was under way', async () => {
      const one = message()
      await accept(spool, one)
      await spool.claim('app', 1, start)
      expect(await stateOf(one.id)).toBe('delivering')
      now = start + 5_000
      await reopen()
      expect(await spool.nextDue('app')).toBe(now)
      expect((await spool.claim('app', 1, now))[0]).toMatchObject({ message: one.id, attempts: 1 })
    })
    it('replays and releases, each only what it is for', async () => {
      const states = ['held', 'discarded', 'delivered', 'queued'] as const
      const one = message({ deliveries: states.map(state => delivery({ state, recipient: `${state}@incoming.example.com` })) })
      await accept(spool, one)
      now = start + 1_000
      expect(await spool.redeliver('nothing', 'release')).toBe(0)
      const held = (await spool.view(one.id))!.deliveries[0]!
      expect(await spool.redeliver(one.id, 'replay', held.id)).toBe(0)
      expect(await spool.redeliver(one.id, 'release', held.id)).toBe(1)
      expect(await spool.redeliver(one.id, 'release')).toBe(1)
      expect(await spool.redeliver(one.id, 'replay')).toBe(1)
      const claimed = await spool.claim('app', 10, now)
      expect(claimed.map(d => d.recipient.split('@')[0]).sort()).toEqual([...states].sort())
      expect(claimed.find(d => d.id === held.id)).toMatchObject({ since: now, attempts: 0 })
      await spool.settle(held.id, { state: 'failed', detail: 'gone' })
      expect(await spool.redeliver(one.id, 'release')).toBe(0)
      expect(await spool.redeliver(one.id, 'replay')).toBe(1)
    })
    it('gives ids that only grow, also over a purge and a restart', async () => {
      const first = newDelivery(await accept(spool, message({ deliveries: [delivery({ state: 'discarded' })] })))
      const second = newDelivery(await accept(spool, message({ deliveries: [delivery({ state: 'discarded' })] })))
      now = start + 3 * day
      expect(await spool.purge()).toBe(2)
      await reopen()
      const third = newDelivery(await accept(spool, message({ received: now })))
      expect(second).toBeGreaterThan(first)
      expect(third).toBeGreaterThan(second)
    })
  })

  describe(`${name}: desk`, () => {
    it('shows a message whole', async () => {
      const one = message({ truncated: true, deliveries: [delivery({ state: 'held', reason: 'message.automatic' })] })
      await accept(spool, one)
      const { bodyStart: _, notify: _n, machine: _m, deliveries, ...given } = one
      const shown = await spool.view(one.id)
      expect(shown).toMatchObject(given)
      const { state: __, idempotency: ___, ...kept } = deliveries[0]!
      expect(shown?.deliveries).toEqual([
        {
          ...kept,
          id: expect.any(Number),
          state: 'held',
          attempts: 0,
          due: null,
          changed: start,
          detail: '',
          answer: null,
          idempotencyId: expect.any(String),
          about: null,
        },
      ])
    })
    it('filters the list', async () => {
      await accept(spool, message({ subject: 'Straße 100%', sender: 'a@example.org' }))
      await accept(
        spool,
        message({ subject: 'other', deliveries: [delivery({ mailbox: 'tickets', route: 'new', recipient: 'Tickets@x.example' })] }),
      )
      await accept(spool, message({ subject: 'ÄRGER', messageId: '<needle@x>', deliveries: [delivery({ state: 'held' })] }))
      const subjects = async (filter: Parameters<AnySpool['list']>[0]) => (await spool.list(filter)).map(row => row.subject)
      expect(await subjects({})).toEqual(['ÄRGER', 'other', 'Straße 100%'])
      expect(await subjects({ state: 'held' })).toEqual(['ÄRGER'])
      expect(await subjects({ mailbox: 'tickets' })).toEqual(['other'])
      expect(await subjects({ route: 'reply' })).toEqual(['ÄRGER', 'Straße 100%'])
      expect(await subjects({ recipient: 'tickets@X.example' })).toEqual(['other'])
      expect(await subjects({ text: 'ärger' })).toEqual(['ÄRGER'])
      expect(await subjects({ text: '100%' })).toEqual(['Straße 100%'])
      expect(await subjects({ text: 'NEEDLE' })).toEqual(['ÄRGER'])
      expect(await subjects({ text: 'A@EXAMPLE' })).toEqual(['Straße 100%'])
      expect(await subjects({ text: '%' })).toEqual(['Straße 100%'])
      expect(await subjects({ text: `'; DROP TABLE messages; --` })).toEqual([])
    })
    it('pages through the list', async () => {
      for (let i = 0; i < 7; i++) await accept(spool, message({ subject: `${i}` }))
      const seen: string[] = []
      for (let before: number | undefined; ; ) {
        const rows = await spool.list({ limit: 3, ...(before === undefined ? {} : { before }) })
        if (rows.length === 0) break
        seen.push(...rows.map(row => row.subject))
        before = rows.at(-1)!.delivery
      }
      expect(seen).toEqual(['6', '5', '4', '3', '2', '1', '0'])
    })
    it('keeps sums', async () => {
      const body = octets(200)
      await accept(spool, message({ deliveries: [delivery(), delivery({ state: 'held' })] }), body)
      await accept(spool, message({ deliveries: [delivery({ mailbox: 'postmaster', state: 'delivered' })] }), body)
      await spool.claim('app', 1, start)
      const expected = { queued: 0, delivering: 1, delivered: 1, held: 1, discarded: 0, failed: 0 }
      expect(await spool.counts()).toEqual(expected)
      expect(spool.postmasterUse()).toBe(body.length)
      expect(spool.status()).toMatchObject({ writable: true, used: 2 * body.length })
      await reopen()
      expect(await spool.counts()).toEqual({ ...expected, queued: 1, delivering: 0 })
      expect(spool.postmasterUse()).toBe(body.length)
      expect(spool.status().used).toBe(2 * body.length)
    })
  })

  describe(`${name}: transactions`, () => {
    const row = (more: Partial<TransactionRow>): TransactionRow => ({
      id: 'r1',
      at: start,
      listener: 'smtp',
      client: '198.51.100.1',
      helo: 'x',
      sender: 'a@b.example',
      recipients: ['no@x.example'],
      reply: '550 5.1.1 No such recipient here',
      verdict: 'reject',
      reason: 'recipient.unknown',
      decisions: [],
      message: null,
      count: 3,
      ...more,
    })
    const settled = async (): Promise<void> => {
      await expect.poll(async () => (await spool.transactions({ limit: 100 })).length).toBe(3)
    }
    it('merges trace rows and kept messages, newest first, and filters both', async () => {
      const kept = message({ received: start + 5, deliveries: [delivery({ state: 'held', reason: 'message.automatic' })] })
      spool.store([row({ id: 'r1' }), row({ id: 'r2', at: start + 9, client: '203.0.113.9', recipients: ['a@x.example', 'b@x.example'] })])
      await accept(spool, kept)
      await settled()
      const ids = async (filter: Parameters<AnySpool['transactions']>[0]) => (await spool.transactions(filter)).map(({ id }) => id)
      expect(await ids({})).toEqual(['r2', kept.id, 'r1'])
      expect(await ids({ limit: 2 })).toEqual(['r2', kept.id])
      expect(await ids({ before: start + 5 })).toEqual(['r1'])
      expect(await ids({ id: 'r1' })).toEqual(['r1'])
      expect(await ids({ id: kept.id })).toEqual([kept.id])
      expect(await ids({ reason: 'message.automatic' })).toEqual([kept.id])
      expect(await ids({ reason: 'recipient.unknown' })).toEqual(['r2', 'r1'])
      expect(await ids({ verdict: 'hold' })).toEqual([kept.id])
      expect(await ids({ client: '192.0.2.7' })).toEqual([kept.id])
      expect(await ids({ recipient: 'B@x.example' })).toEqual(['r2'])
      expect(await ids({ recipient: kept.deliveries[0]!.recipient })).toEqual([kept.id])
      expect((await spool.transactions({ id: 'r1' }))[0]).toEqual(row({}))
      expect((await spool.transactions({ id: kept.id }))[0]).toMatchObject({
        reply: `250 2.6.0 Accepted ${kept.id}`,
        verdict: 'hold',
        reason: 'message.automatic',
        message: kept.id,
        count: 1,
        at: start + 5,
      })
      const asked = message({ received: start + 4, deliveries: [delivery({ state: 'delivering' })] })
      await accept(spool, asked)
      expect(await ids({ verdict: 'accept' })).toEqual([asked.id])
    })
    it('tells once of mail that was kept and then refused by the application: what the client heard', async () => {
      const kept = message({ received: start + 5, deliveries: [delivery({ state: 'delivering' })] })
      await accept(spool, kept)
      const refused = row({
        id: kept.id,
        at: start + 5,
        reply: '550 5.7.1 Refused by the application: closed',
        reason: 'application.refused',
      })
      spool.store([refused, row({ id: 'r1' }), row({ id: 'r2' })])
      await settled()
      const rows = await spool.transactions({ id: kept.id })
      expect(rows).toEqual([{ ...refused, message: kept.id }])
    })
    it('writes what is pending before it closes, and forgets what is too old', async () => {
      spool.store([row({ id: 'old' }), row({ id: 'young', at: start + 1 })])
      await reopen()
      expect((await spool.transactions({})).map(({ id }) => id)).toEqual(['young', 'old'])
      now = start + day + 1
      await spool.purge()
      expect((await spool.transactions({})).map(({ id }) => id)).toEqual(['young'])
    })
  })

  describe(`${name}: retention (${retentionNote})`, () => {
    const put = async (state: 'delivered' | 'discarded' | 'held' | 'queued', size = 10) => {
      const one = message({ deliveries: [delivery({ state })] })
      await accept(spool, one, octets(size))
      return one.id
    }
    it('keeps each state for its time and no longer', async () => {
      const [delivered, discarded, held, queued] = [
        await put('delivered'),
        await put('discarded', 40_000),
        await put('held', 400_000),
        await put('queued'),
      ]
      const gone = async () => {
        await spool.purge()
        const found = await Promise.all([delivered, discarded, held, queued].map(id => spool.view(id)))
        return found.map(shown => shown === null)
      }
      now = start + 2 * day - 1
      expect(await gone()).toEqual([false, false, false, false])
      now = start + 2 * day
      expect(await gone()).toEqual([false, true, false, false])
      now = start + 7 * day
      expect(await gone()).toEqual([true, true, false, false])
      now = start + 30 * day
      expect(await gone()).toEqual([true, true, true, false])
      now = start + 1000 * day
      expect(await gone()).toEqual([true, true, true, false])
      expect(spool.status().used).toBe(header.length + 10)
      expect(await spool.counts()).toMatchObject({ queued: 1, delivered: 0, held: 0, discarded: 0 })
    })
    it('keeps a message as long as one of its deliveries needs it, and counts from its last change', async () => {
      const one = message({ deliveries: [delivery(), delivery({ state: 'discarded' })] })
      await accept(spool, one)
      const [claimed] = await spool.claim('app', 1, start)
      now = start + 5 * day
      await spool.settle(claimed!.id, { state: 'delivered', detail: '' })
      now = start + 12 * day - 1
      expect(await spool.purge()).toBe(0)
      now = start + 12 * day
      expect(await spool.purge()).toBe(1)
    })
    it('purges more than a slice, one behind a message that stays', async () => {
      await put('queued')
      await Promise.all(Array.from({ length: 450 }, () => put('discarded', 20)))
      now = start + 2 * day
      expect(await spool.purge()).toBe(450)
      expect(await spool.list({ limit: 1000 })).toHaveLength(1)
    })
  })
}
