/** What a start makes of what a crash left: nothing that was committed is missing, nothing is there half or twice. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSpool } from '../../../src/spool/sqlite/spool.ts'
import { accept, collect, day, delivery, message, octets, start } from '../../contract/spool/messages.ts'
import { keepLog, removeFolder, spoolOptions, temporaryFolder } from '../../contract/spool/place.ts'

let directory: string
beforeEach(async () => {
  directory = await temporaryFolder()
})
afterEach(() => removeFolder(directory))

/** Runs a script, kills it with SIGKILL once it has written `lines` lines, and gives them but for its first. */
async function untilKilled(script: string, run: string, lines: number): Promise<string[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), directory, run], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  for await (const chunk of child.stdout) {
    text += chunk
    if (text.split('\n').length > lines) child.kill('SIGKILL')
  }
  return text.split('\n').slice(1, -1)
}

const bodies = () => join(directory, 'bodies')

describe('after SIGKILL', () => {
  it('has every message that was committed, byte for byte, none twice', async () => {
    const promised = new Map<string, string>()
    for (const [run, lines] of [
      ['a', 60],
      ['b', 7],
      ['c', 151],
    ] as const) {
      for (const line of await untilKilled('committer.ts', run, lines)) promised.set(...(line.split(' ') as [string, string]))
      const spool = await openSpool(spoolOptions(directory))
      expect(spool.recovered.damaged).toBe(0)
      const ids: string[] = []
      for (let before = Number.MAX_SAFE_INTEGER, more = true; more; ) {
        const rows = await spool.list({ limit: 1000, before })
        ids.push(...rows.map(({ id }) => id))
        more = rows.length === 1000
        before = rows.at(-1)?.delivery ?? 0
      }
      expect(new Set(ids).size).toBe(ids.length)
      for (const [id, hash] of promised) {
        const body = await collect(await spool.raw(id))
        expect(createHash('sha256').update(body).digest('hex'), id).toBe(hash)
      }
      await spool.close()
    }
    expect(promised.size).toBeGreaterThan(200)
  }, 60_000)
  it('has a notice with every delivery that failed, and none with any other', async () => {
    let failed = 0
    for (const [run, lines] of [
      ['a', 23],
      ['b', 90],
    ] as const) {
      const settled = await untilKilled('failer.ts', run, lines)
      const spool = await openSpool(spoolOptions(directory))
      const ids = (await spool.list({ limit: 1000 })).filter(row => row.about === undefined).map(({ id }) => id)
      const states = new Map<string, string>()
      for (const id of ids) states.set(id, (await spool.view(id))!.deliveries.map(one => `${one.state} ${one.processor}`).join())
      expect(new Set(states.values()), run).toEqual(
        new Set(['failed app,queued notices', ...[...states.values()].filter(one => one === 'queued app')]),
      )
      for (const id of settled) expect(states.get(id)).toBe('failed app,queued notices')
      failed += settled.length
      await spool.close()
    }
    expect(failed).toBeGreaterThan(100)
  }, 60_000)
})

describe('a start', () => {
  it('removes files that no message names, and cuts tails off', async () => {
    const one = message()
    const body = octets(50_000)
    const first = await openSpool(spoolOptions(directory))
    await accept(first, one, body)
    await first.close()
    const [segment] = readdirSync(bodies())
    appendFileSync(join(bodies(), segment!), 'half a message')
    writeFileSync(join(bodies(), '0000000099'), 'a body whose row was never written')
    const log = keepLog()
    const spool = await openSpool(spoolOptions(directory, { log }))
    expect(spool.recovered).toEqual({ messages: 1, requeued: 0, orphans: 1, tails: 14, damaged: 0 })
    expect(log.lines.filter(line => line.includes('"orphans":1,"tails":14'))).toHaveLength(1)
    expect(readdirSync(bodies())).toEqual([segment])
    expect(statSync(join(bodies(), segment!)).size).toBe(body.length)
    // Numbers are not used again, so a new file can't be taken for the one that was removed.
    await accept(spool, message(), octets(50_000))
    expect(readdirSync(bodies())).toEqual([segment, '0000000100'])
    expect((await collect(await spool.raw(one.id))).equals(body)).toBe(true)
    await spool.close()
  })
  it('fails what waits for a body that the disk lost, and never hands over half of it', async () => {
    const first = await openSpool(spoolOptions(directory))
    const cut = message({ deliveries: [delivery(), delivery(), delivery({ state: 'held' })] })
    const whole = message({ received: start + 1 })
    await accept(first, whole, octets(50_000))
    await accept(first, cut, octets(50_000))
    const [claimed] = await first.claim('app', 1, start)
    const about = { recipient: claimed!.recipient, reason: 'application.failed' } as const
    await first.settle(claimed!.id, { state: 'failed', detail: 'no', follow: delivery({ processor: 'notices', about }) })
    await first.close()
    const [segment] = readdirSync(bodies())
    truncateSync(join(bodies(), segment!), 60_000)
    const spool = await openSpool(spoolOptions(directory))
    expect(spool.recovered.damaged).toBe(1)
    expect((await spool.view(cut.id))?.deliveries.map(({ state }) => state)).toEqual(['failed', 'failed', 'held', 'failed'])
    expect((await spool.view(whole.id))?.deliveries[0]?.state).toBe('queued')
    await expect(spool.raw(cut.id).then(collect)).rejects.toThrow(/ends at/)
    expect(await spool.counts()).toMatchObject({ queued: 1, failed: 3, held: 1 })
    await spool.close()
  })
  it('refuses a directory that is in use, and takes it once it is free', async () => {
    const first = await openSpool(spoolOptions(directory))
    await expect(openSpool(spoolOptions(directory))).rejects.toThrow(/in use by another process/)
    await first.close()
    await (await openSpool(spoolOptions(directory))).close()
  })
  it('refuses a directory that another process uses until that is killed', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'committer.ts'), directory, 'x'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise(resolve => child.stdout.once('data', resolve))
    child.stdout.resume()
    await expect(openSpool(spoolOptions(directory))).rejects.toThrow(/in use by another process/)
    child.kill('SIGKILL')
    await new Promise(resolve => child.once('exit', resolve))
    await (await openSpool(spoolOptions(directory))).close()
  })
  it('refuses a database of another version, and leaves it alone', async () => {
    await (await openSpool(spoolOptions(directory))).close()
    const db = new DatabaseSync(join(directory, 'spool.db'))
    db.exec('PRAGMA user_version = 99')
    db.close()
    await expect(openSpool(spoolOptions(directory))).rejects.toThrow(/schema version 99; this program knows version 4/)
  })
  it('refuses to begin anew beside the bodies of a lost database, and leaves them alone', async () => {
    const first = await openSpool(spoolOptions(directory))
    await accept(first, message(), octets(50_000))
    await accept(first, message(), octets(500_000))
    await first.close()
    const [path, kept] = [join(directory, 'spool.db'), readFileSync(join(directory, 'spool.db'))]
    truncateSync(path, 0)
    await expect(openSpool(spoolOptions(directory))).rejects.toThrow(/spool\.db is missing or empty, but .*bodies has 2 files/)
    rmSync(path)
    await expect(openSpool(spoolOptions(directory))).rejects.toThrow(/put the database back/)
    expect(readdirSync(bodies())).toHaveLength(2)
    for (const left of ['spool.db', 'spool.db-wal', 'spool.db-shm']) rmSync(join(directory, left), { force: true })
    writeFileSync(path, kept)
    const again = await openSpool(spoolOptions(directory))
    expect(again.recovered).toMatchObject({ messages: 2, orphans: 0, damaged: 0 })
    await again.close()
  })
  it('warns of damaged messages, and of nothing else', async () => {
    const first = await openSpool(spoolOptions(directory))
    await accept(first, message(), octets(500_000))
    await first.close()
    for (const name of readdirSync(bodies())) rmSync(join(bodies(), name))
    const log = keepLog()
    await (await openSpool(spoolOptions(directory, { log }))).close()
    expect(log.lines.filter(line => line.startsWith('warn spool: open'))).toHaveLength(1)
    const other = keepLog()
    await (await openSpool(spoolOptions(join(directory, 'other'), { log: other }))).close()
    expect(other.lines.filter(line => !line.startsWith('info'))).toEqual([])
  })
  it('does not keep waiting what was queued while the clock was ahead', async () => {
    const ahead = start + 365 * day
    const first = await openSpool(spoolOptions(directory, { clock: () => ahead }))
    const one = message({ received: ahead })
    await accept(first, one)
    await first.close()
    const spool = await openSpool(spoolOptions(directory))
    expect(await spool.nextDue('app')).toBe(start)
    expect((await spool.claim('app', 1, start)).map(({ message, since }) => [message, since])).toEqual([[one.id, start]])
    await spool.close()
  })
  it('leaves alone what is to be tried later', async () => {
    const first = await openSpool(spoolOptions(directory))
    await accept(first, message())
    const [claimed] = await first.claim('app', 1, start)
    await first.settle(claimed!.id, { state: 'queued', due: start + day, detail: 'later' })
    await first.close()
    const spool = await openSpool(spoolOptions(directory))
    expect(await spool.nextDue('app')).toBe(start + day)
    await spool.close()
  })
  it('says which spool it is that can not be opened, once', async () => {
    writeFileSync(join(directory, 'spool.db'), 'x'.repeat(8192))
    const log = keepLog()
    await expect(openSpool(spoolOptions(directory, { log }))).rejects.toThrow(`can't open the spool in ${directory}: `)
    expect(log.lines).toEqual([])
  })
  it('refuses what is no database', async () => {
    writeFileSync(join(directory, 'spool.db'), 'x'.repeat(8192))
    await expect(openSpool(spoolOptions(directory))).rejects.toThrow(/not a database/)
  })
})
