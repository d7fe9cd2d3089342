/** Disks that fill up and threads that die: commits are refused whole, nothing is half-kept, and it mends by itself. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startParts } from '../../../src/spool/sqlite/parts.ts'
import { makeSink } from '../../../src/spool/sqlite/sink.ts'
import { openSpool } from '../../../src/spool/sqlite/spool.ts'
import { type Delivery, type Settlement, SpoolUnavailable } from '../../../src/transaction/ports.ts'
import { accept, collect, delivery, message, octets, write } from '../../contract/spool/messages.ts'
import { keepLog, removeFolder, spoolOptions, temporaryFolder } from '../../contract/spool/place.ts'

const mayMount = ((): boolean => {
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

const mayFreeze = ((): boolean => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-chattr-'))
  try {
    execFileSync('chattr', ['+i', folder], { stdio: 'ignore' })
    execFileSync('chattr', ['-i', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true })
  }
})()

let directory: string
beforeEach(async () => {
  directory = await temporaryFolder()
})
afterEach(() => removeFolder(directory))

describe.skipIf(!mayMount)('on a full disk', () => {
  beforeEach(() => void execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'none', directory]))
  afterEach(() => void execFileSync('umount', [directory]))

  it.each([300, 60_000, 700_000])(
    'refuses messages of %d octets as a whole, and goes on once there is space',
    async size => {
      const ballast = join(directory, 'ballast')
      writeFileSync(ballast, Buffer.alloc(6_000_000))
      const spool = await openSpool(spoolOptions(join(directory, 'spool')))
      const kept: { id: string; body: Buffer }[] = []
      let refused: unknown
      for (let i = 0; i < 100_000 && refused === undefined; i++) {
        const [one, body] = [message(), octets(size)]
        await accept(spool, one, body).then(
          () => kept.push({ id: one.id, body }),
          error => (refused = error),
        )
      }
      expect(refused).toBeInstanceOf(SpoolUnavailable)
      expect(refused).toMatchObject({ full: true })
      expect(spool.status()).toMatchObject({ writable: false })
      expect(() => spool.open()).toThrow(SpoolUnavailable)
      const all = await spool.counts()
      expect(all.queued).toBe(kept.length)
      expect(spool.status().used).toBe(kept.reduce((sum, { body }) => sum + body.length, 0))

      rmSync(ballast)
      await expect.poll(() => spool.status().writable).toBe(true)
      const [one, body] = [message(), octets(size)]
      await accept(spool, one, body)
      // What was refused is in no sum.
      expect((await spool.counts()).queued).toBe(kept.length + 1)
      expect(spool.status().used).toBe(kept.reduce((sum, { body: { length } }) => sum + length, body.length))
      await spool.close()
      const again = await openSpool(spoolOptions(join(directory, 'spool')))
      expect(again.recovered).toMatchObject({ messages: kept.length + 1, damaged: 0 })
      for (const { id, body: expected } of [...kept.slice(-20), { id: one.id, body }])
        expect((await collect(await again.raw(id))).equals(expected)).toBe(true)
      await again.close()
    },
    60_000,
  )
  it('settles once there is space', async () => {
    const spool = await openSpool(spoolOptions(join(directory, 'spool')))
    const one = message()
    await accept(spool, one)
    const [claimed] = await spool.claim('app', 1, Date.now())
    const ballast = join(directory, 'ballast')
    expect(() => writeFileSync(ballast, Buffer.alloc(20_000_000))).toThrow(/ENOSPC/)
    for (let i = 0; i < 2_000; i++) if ((await accept(spool, message()).catch(() => null)) === null) break
    let settled = false
    const settling = spool.settle(claimed!.id, { state: 'delivered', detail: 'x'.repeat(100_000) }).then(() => (settled = true))
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(settled).toBe(false)
    rmSync(ballast)
    await settling
    expect((await spool.view(one.id))?.deliveries[0]?.state).toBe('delivered')
    await spool.close()
  })
  it('refuses to start on a read-only disk', async () => {
    execFileSync('mount', ['-o', 'remount,ro', directory])
    await expect(openSpool(spoolOptions(join(directory, 'spool')))).rejects.toThrow(/EROFS|read-only/)
  })
})

describe('a folder of bodies that takes no more files', () => {
  const bodies = () => join(directory, 'bodies')
  it.skipIf(!mayFreeze).each([60_000, 700_000])('refuses %d octets, and takes them later', async size => {
    const spool = await openSpool(spoolOptions(directory))
    const one = message()
    execFileSync('chattr', ['+i', bodies()])
    try {
      await expect(accept(spool, one, octets(size))).rejects.toMatchObject({ name: 'SpoolUnavailable', full: true })
    } finally {
      execFileSync('chattr', ['-i', bodies()])
    }
    await expect.poll(() => spool.status().writable).toBe(true)
    await accept(spool, one, octets(size))
    expect(await spool.list({})).toHaveLength(1)
    await spool.close()
  })
})

describe('below the minimum of free space', () => {
  it('refuses at once; above it, it does not', async () => {
    const log = keepLog()
    const spool = await openSpool(spoolOptions(directory, { minimumFree: 2 ** 60, log }))
    expect(log.lines.filter(line => line.startsWith('error spool: nothing can be kept now'))).toHaveLength(1)
    expect(() => spool.open()).toThrow(/the minimum is/)
    expect(spool.status()).toMatchObject({ writable: false, detail: expect.stringContaining('free on the disk') })
    await spool.close()
    const other = await openSpool(spoolOptions(directory, { minimumFree: 1 }))
    other.open().abort()
    await other.close()
  })
})

describe('when the folder is taken away under it', () => {
  const spoolIn = () => join(directory, 'spool')
  const keptApart = () => join(directory, 'apart')
  it.each([
    ['the same folder comes back', () => renameSync(keptApart(), spoolIn()), true],
    ['an empty folder comes', () => mkdirSync(join(spoolIn(), 'bodies'), { recursive: true }), false],
    ['a copy comes', () => cpSync(keptApart(), spoolIn(), { recursive: true }), false],
  ] as const)('keeps nothing where it would be lost, then %s', async (_then, act, again) => {
    const spool = await openSpool(spoolOptions(spoolIn()))
    await accept(spool, message())
    renameSync(spoolIn(), keptApart())
    await expect.poll(() => spool.status()).toMatchObject({ writable: false })
    expect(() => spool.open()).toThrow(/spool\.db was removed while in use/)
    act()
    // Two looks later it is known what came back.
    await new Promise(resolve => setTimeout(resolve, 2_300))
    await expect.poll(() => spool.status().writable).toBe(again)
    if (again) await accept(spool, message())
    else expect(() => spool.open()).toThrow(/spool\.db was (?:removed|replaced) while in use/)
    await spool.close()
  })
})

describe.skipIf(!mayFreeze)('a database that may not be written', () => {
  it('is known at the start', async () => {
    await (await openSpool(spoolOptions(directory))).close()
    execFileSync('chattr', ['+i', join(directory, 'spool.db')])
    try {
      await expect(openSpool(spoolOptions(directory))).rejects.toThrow(/can't open the spool .* readonly database/)
    } finally {
      execFileSync('chattr', ['-i', join(directory, 'spool.db')])
    }
  })
})

describe('when the writer thread dies', () => {
  it('refuses what was pending, starts again, and knows what is under way', async () => {
    const log = keepLog()
    mkdirSync(join(directory, 'bodies'))
    const parts = await startParts(spoolOptions(directory, { log }))
    const { batches, link } = parts
    const sink = () => makeSink(parts)
    const ours = await accept({ open: sink }, message({ deliveries: [delivery(), delivery()] }))
    const claimed = (await batches.operate({ kind: 'claim', processor: 'app', limit: 2, at: Date.now() })) as readonly Delivery[]
    parts.underWay.set(claimed[0]!.id, 0)
    const asked = [100, 50_000].map(size =>
      accept({ open: sink }, message({ deliveries: [delivery(), delivery({ state: 'delivering' })] }), octets(size)),
    )
    const waiting = (await Promise.all(asked)).map(({ deliveries }) => deliveries[1])
    const large = sink()
    await write(large, octets(700_000))
    const pending = [accept({ open: sink }, message()), large.commit(message()), accept({ open: sink }, message())]
    link.terminate()
    for (const result of await Promise.allSettled(pending))
      expect(result).toMatchObject({ status: 'rejected', reason: { name: 'SpoolUnavailable', full: false } })
    expect(parts.health.trouble()).toMatchObject({ full: false })
    await expect.poll(() => parts.health.trouble()).toBeNull()
    expect(log.lines.some(line => line.startsWith('error spool: the writer thread ended'))).toBe(true)
    await accept({ open: sink }, message(), octets(700_000))
    // What this process still has under way stays so; the other, whose claim was lost, is queued again.
    expect(parts.tally().counts).toMatchObject({ delivering: 3 })
    for (const one of waiting)
      expect(await batches.operate({ kind: 'take', delivery: one?.kind === 'new' ? one.id : 0, at: Date.now() })).toHaveLength(1)
    expect(ours.deliveries).toHaveLength(2)
    await link.close()
    await parts.reader.close()
    expect(readdirSync(join(directory, 'bodies'))).toHaveLength(2)
  })
  it.each(['queued', 'dropped'] as const)('%s, said again behind a new claim, does not end that', async state => {
    mkdirSync(join(directory, 'bodies'))
    const parts = await startParts(spoolOptions(directory))
    const { batches } = parts
    await accept({ open: () => makeSink(parts) }, message({ deliveries: [delivery()] }))
    const claim = (at: number) => batches.operate({ kind: 'claim', processor: 'app', limit: 1, at }) as Promise<readonly Delivery[]>
    const now = Date.now()
    const [one] = await claim(now)
    const due = now
    const settlement: Settlement = state === 'queued' ? { state, due, detail: '' } : { state, due, reason: 'application.late', detail: '' }
    const settle = (claimed: number, what: Settlement = settlement) =>
      batches.operate({ kind: 'settle', delivery: one!.id, claimed, settlement: what, at: now + 1 })
    await settle(now, { state: 'queued', due: now, detail: '' })
    const [[again]] = await Promise.all([claim(now + 5), settle(now)])
    expect(again).toMatchObject({ id: one!.id, attempts: 1 })
    expect(parts.tally().counts).toMatchObject({ delivering: 1 })
    await settle(now + 5, { state: 'delivered', detail: '' })
    expect(parts.tally().counts).toMatchObject({ delivering: 0, delivered: 1 })
    await parts.link.close()
    await parts.reader.close()
  })
})

describe('what the caller got wrong', () => {
  it('fails alone, and not its neighbours', async () => {
    const spool = await openSpool(spoolOptions(directory))
    const bad = message({ subject: undefined as unknown as string })
    const results = await Promise.allSettled([accept(spool, message()), accept(spool, bad), accept(spool, message(), octets(60_000))])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(spool.status().writable).toBe(true)
    expect(await spool.list({})).toHaveLength(2)
    await spool.close()
  })
  it('refuses a body start outside of the body, at each side of its end', async () => {
    const spool = await openSpool(spoolOptions(directory))
    const body = octets(10)
    await accept(spool, message({ bodyStart: body.length }), body)
    await expect(accept(spool, message({ bodyStart: body.length + 1 }), body)).rejects.toThrow(/outside of a body/)
    await expect(accept(spool, message({ bodyStart: -1 }), body)).rejects.toThrow(/outside of a body/)
    await spool.close()
  })
  it('takes nothing any more once it closes, and writes what came before', async () => {
    const spool = await openSpool(spoolOptions(directory))
    const pending = [accept(spool, message()), accept(spool, message(), octets(60_000))]
    await new Promise(resolve => setTimeout(resolve, 0))
    const closing = spool.close()
    expect(() => spool.open()).toThrow(/closing/)
    await closing
    expect((await Promise.allSettled(pending)).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
  })
})
