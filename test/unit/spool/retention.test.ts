/** What a purge leaves behind on disk, and what it remembers. */
import { readdirSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openSpool } from '../../../src/spool/sqlite/spool.ts'
import { SpoolUnavailable, type TransactionRow } from '../../../src/transaction/ports.ts'
import { accept, collect, day, delivery, kinds, message, octets, start, write } from '../../contract/spool/messages.ts'
import { keepLog, removeFolder, retention, spoolOptions, temporaryFolder } from '../../contract/spool/place.ts'

const linkOf = (fd: string): string => {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return ''
  }
}

let directory: string
beforeEach(async () => {
  directory = await temporaryFolder()
})
afterEach(() => removeFolder(directory))

it('unlinks a file once no message needs it, and not before', async () => {
  let now = start
  const open = () => openSpool(spoolOptions(directory, { clock: () => now }))
  const files = () => readdirSync(join(directory, 'bodies')).length
  let spool = await open()
  const put = (state: 'held' | 'discarded', size: number) => accept(spool, message({ deliveries: [delivery({ state })] }), octets(size))
  await put('discarded', 50_000)
  await put('held', 50_000)
  await put('discarded', 500_000)
  expect(files()).toBe(2)
  now = start + 2 * day
  expect(await spool.purge()).toBe(2)
  // The segment still holds one that is held.
  expect(files()).toBe(1)
  await spool.close()
  spool = await open()
  now = start + 30 * day
  expect(await spool.purge()).toBe(1)
  expect(files()).toBe(0)
  await spool.close()
})

it('removes a pack of small bodies with the last message in it', async () => {
  let now = start
  const spool = await openSpool(spoolOptions(directory, { clock: () => now }))
  const packs = (): number => {
    const db = new DatabaseSync(join(directory, 'spool.db'), { readOnly: true })
    const { n } = db.prepare('SELECT count(*) AS n FROM packs').get() as { n: number }
    db.close()
    return n
  }
  const put = (state: 'held' | 'discarded', it = message({ deliveries: [delivery({ state })] })) => ({ id: it.id, done: accept(spool, it) })
  const together = [put('discarded'), put('held'), put('discarded')]
  const body = octets(100)
  const last = message({ deliveries: [delivery({ state: 'held' })] })
  await Promise.all([...together.map(({ done }) => done), accept(spool, last, body)])
  await accept(spool, message({ deliveries: [delivery({ state: 'discarded' })] }))
  const before = packs()
  now = start + 2 * day
  expect(await spool.purge()).toBe(3)
  expect(packs()).toBe(before - 1)
  expect((await collect(await spool.raw(last.id))).equals(body)).toBe(true)
  expect(await collect(await spool.raw(together[1]!.id))).toHaveLength(body.length)
  now = start + 30 * day
  expect(await spool.purge()).toBe(2)
  expect(packs()).toBe(0)
  await spool.close()
})

it('keeps no file of a repeat or an aborted body', async () => {
  const spool = await openSpool(spoolOptions(directory))
  const [one, body] = [message(), octets(500_000)]
  await accept(spool, one, body)
  await accept(spool, message({ deliveries: one.deliveries }), body)
  const sink = spool.open()
  await sink.write(octets(500_000))
  sink.abort()
  await expect.poll(() => readdirSync(join(directory, 'bodies')).length).toBe(1)
  await spool.close()
  expect(readdirSync(join(directory, 'bodies'))).toHaveLength(1)
})

it('keeps no file, and holds none open, of a body that is aborted while it is read', async () => {
  const spool = await openSpool(spoolOptions(directory))
  const files = () => readdirSync(join(directory, 'bodies')).length
  const open = () => readdirSync('/proc/self/fd').filter(fd => linkOf(fd).startsWith(join(directory, 'bodies'))).length
  const sink = spool.open()
  await write(sink, octets(900_000))
  const reading = (sink.read() as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
  await reading.next()
  expect([files(), open()]).toEqual([1, 2])
  sink.abort()
  await expect(reading.next()).rejects.toThrow(SpoolUnavailable)
  await expect.poll(() => [files(), open()]).toEqual([0, 0])
  await spool.close()
})

it.each(['commit', 'abort'] as const)('rejects what is read from a file that is gone, keeps no such body (%s), and goes on', async end => {
  const spool = await openSpool(spoolOptions(directory))
  const sink = spool.open()
  const [one, body] = [message(), octets(900_000)]
  await write(sink, body)
  await collect(sink.read() as AsyncIterable<Uint8Array>)
  for (const name of readdirSync(join(directory, 'bodies'))) rmSync(join(directory, 'bodies', name))
  await expect(collect(sink.read() as AsyncIterable<Uint8Array>)).rejects.toThrow(SpoolUnavailable)
  if (end === 'abort') sink.abort()
  else await expect(sink.commit(one)).rejects.toThrow(SpoolUnavailable)
  expect(await spool.view(one.id)).toBeNull()
  await expect.poll(() => spool.status().writable).toBe(true)
  await accept(spool, one, body)
  expect((await collect(await spool.raw(one.id))).equals(body)).toBe(true)
  await spool.close()
})

it('answers no 250 for a large body whose file was removed before its row was written', async () => {
  const spool = await openSpool(spoolOptions(directory))
  const sink = spool.open()
  const [one, body] = [message(), octets(900_000)]
  await write(sink, body)
  await collect(sink.read() as AsyncIterable<Uint8Array>)
  for (const name of readdirSync(join(directory, 'bodies'))) rmSync(join(directory, 'bodies', name))
  const small = message()
  const [large, beside] = await Promise.allSettled([sink.commit(one), accept(spool, small)])
  expect(large).toMatchObject({ status: 'rejected', reason: expect.any(SpoolUnavailable) })
  expect(beside.status).toBe('fulfilled')
  expect((await spool.list({})).map(({ id }) => id)).toEqual([small.id])
  expect(spool.status()).toMatchObject({ writable: true, used: 118 })
  await spool.close()
})

it('answers no 250 for mail appended to a file that was removed, and soon begins another', async () => {
  const log = keepLog()
  const spool = await openSpool(spoolOptions(directory, { log }))
  await accept(spool, message(), octets(50_000))
  for (const name of readdirSync(join(directory, 'bodies'))) rmSync(join(directory, 'bodies', name))
  const lost = message()
  await expect(accept(spool, lost, octets(50_000))).rejects.toThrow(/not on the disk any more/)
  expect(await spool.view(lost.id)).toBeNull()
  const [one, body] = [message(), octets(50_000)]
  await expect.poll(() => accept(spool, one, body).then(kinds, () => null)).toEqual(['new'])
  expect((await collect(await spool.raw(one.id))).equals(body)).toBe(true)
  await spool.close()
})

it('knows a repeat of mail that it has already purged, for 7 days and no longer', async () => {
  let now = start
  const options = spoolOptions(directory, { clock: () => now, retention: { ...retention, delivered: 1_000 } })
  let spool = await openSpool(options)
  const body = octets(50)
  const one = message({ deliveries: [delivery({ state: 'delivered' })] })
  await accept(spool, one, body)
  now = start + 1_000
  expect(await spool.purge()).toBe(1)
  const again = (received: number) => ({ ...message({ received }), deliveries: one.deliveries })
  expect(await accept(spool, again(now), body)).toEqual({ deliveries: [{ kind: 'repeat', message: one.id }] })
  await spool.close()
  spool = await openSpool(options)
  now = start + 7 * day
  await spool.purge()
  expect(kinds(await accept(spool, again(now), body))).toEqual(['repeat'])
  now = start + 7 * day + 1
  expect(kinds(await accept(spool, again(now), body))).toEqual(['new'])
  await spool.close()
})

it('keeps the trace bounded by its age in small slices', async () => {
  let now = start
  const log = keepLog()
  const spool = await openSpool(spoolOptions(directory, { clock: () => now, log }))
  const row = (n: number): TransactionRow => ({
    id: `r${n}`,
    at: start + n,
    listener: 'smtp',
    client: null,
    helo: null,
    sender: null,
    recipients: [],
    reply: '550',
    verdict: 'reject',
    reason: null,
    decisions: [],
    message: null,
    count: 1,
  })
  spool.store(Array.from({ length: 900 }, (_, n) => row(n)))
  await expect.poll(async () => (await spool.transactions({ limit: 1000 })).length).toBe(900)
  now = start + day + 500
  await spool.purge()
  const left = await spool.transactions({ limit: 1000 })
  expect([left.length, left.at(-1)?.id]).toEqual([400, 'r500'])
  await spool.close()
  expect(log.lines.filter(line => !line.startsWith('info'))).toEqual([])
})

it('is not held up by mail that came in while the clock was ahead', async () => {
  let now = start + 365 * day
  const spool = await openSpool(spoolOptions(directory, { clock: () => now }))
  const put = () => accept(spool, message({ received: now, deliveries: [delivery({ state: 'discarded' })] }))
  await put()
  now = start
  await put()
  now = start + retention.discarded - 1
  expect(await spool.purge()).toBe(0)
  now = start + retention.discarded
  expect(await spool.purge()).toBe(1)
  now = start + 365 * day + retention.discarded
  expect(await spool.purge()).toBe(1)
  await spool.close()
})
