import { afterEach, expect, test } from 'vitest'
import { createPool, type Pool } from '../../../src/authentication/pool.ts'
import type { Job } from '../../../src/authentication/task.ts'
import { type KeptLog, keptLog } from '../../support/quiet-log.ts'

const file = new URL('../../support/faulty-worker.ts', import.meta.url)
const open: Pool[] = []
afterEach(() => Promise.all(open.splice(0).map(pool => pool.close())))

async function start(options: { threads?: number; each?: number; patience?: number } = {}): Promise<{ pool: Pool; log: KeptLog }> {
  const log = keptLog()
  const dns = { servers: [], timeout: 1000, tries: 1, queries: 10, time: 1000 }
  const pool = createPool({ threads: 1, each: 4, patience: 10_000, ...options, file, start: { hostname: 'mx', dns }, log })
  open.push(pool)
  await pool.ready()
  return { pool, log }
}

const job = (client: string, begun: () => void = () => {}, weight = 1): Job => ({
  octets: null,
  weight,
  begin(id) {
    begun()
    return { request: { kind: 'spf', id, question: { client, helo: null, sender: '' } }, transfer: [] }
  },
})

test('a check is answered by a thread', async () => {
  const { pool } = await start()
  expect(await pool.run(job('good'))).toMatchObject({ kind: 'spf', answer: { detail: 'mx' } })
})

test('no more checks are in a thread at once than allowed, and the others are not copied before', async () => {
  const { pool } = await start({ each: 4 })
  let begun = 0
  const all = Array.from({ length: 9 }, () => pool.run(job('wait', () => begun++)))
  expect(begun).toBe(4)
  expect((await Promise.all(all)).every(answer => answer !== null)).toBe(true)
  expect(begun).toBe(9)
})

test('what is heavy takes the room of many, and gives it back', async () => {
  const { pool } = await start({ each: 4 })
  let begun = 0
  const count = (): void => void begun++
  const all = [
    pool.run(job('wait', count, 3)),
    pool.run(job('wait', count, 3)),
    ...Array.from({ length: 6 }, () => pool.run(job('wait', count))),
  ]
  expect(begun).toBe(2)
  expect((await Promise.all(all)).every(answer => answer !== null)).toBe(true)
  begun = 0
  const next = Array.from({ length: 5 }, () => pool.run(job('wait', count)))
  expect(begun).toBe(4)
  await Promise.all(next)
})

test('checks go to the thread with least to do', async () => {
  const { pool } = await start({ threads: 2, each: 10 })
  const begunAtOnce = async (): Promise<number> => {
    let begun = 0
    const all = Array.from({ length: 20 }, () => pool.run(job('wait', () => begun++)))
    const atOnce = begun
    await Promise.all(all)
    return atOnce
  }
  // As many as both have room for, once both are ready.
  await expect.poll(begunAtOnce).toBe(20)
})

test('a crash answers what was in the thread with nothing, is logged, and a new thread goes on', async () => {
  const { pool, log } = await start()
  const beside = pool.run(job('silent'))
  expect(await pool.run(job('crash'))).toBeNull()
  expect(await beside).toBeNull()
  expect(await pool.run(job('good'))).not.toBeNull()
  expect(log.lines.map(({ text }) => text)).toContain('authentication: a checking thread ended; starting it again')
})

test('a thread that hangs is ended: the check that hung gets nothing, those beside it are tried once more', async () => {
  const { pool, log } = await start({ patience: 3_000 })
  const hung = pool.run(job('hang'))
  await new Promise(resolve => setTimeout(resolve, 1_600))
  let begun = 0
  const beside = pool.run(job('good', () => begun++))
  expect(await hung).toBeNull()
  expect(await beside).not.toBeNull()
  expect(begun).toBe(2)
  expect(log.lines.map(({ text }) => text)).toContain('authentication: a checking thread hangs; ending it')
})

test('a check that is slow but within patience is waited for', async () => {
  const { pool } = await start({ patience: 10_000 })
  expect(await pool.run(job('slow'))).not.toBeNull()
})

test('what waits for room too long is given up', async () => {
  const { pool } = await start({ each: 1, patience: 2_500 })
  const first = pool.run(job('wait'))
  const waiting = [pool.run(job('hang')), pool.run(job('good'))]
  expect(await first).not.toBeNull()
  expect(await waiting[0]).toBeNull()
  expect(await waiting[1]).toBeNull()
})

test('a job that cannot begin gets nothing, and the next one goes on', async () => {
  const { pool } = await start()
  const broken: Job = {
    octets: null,
    weight: 1,
    begin() {
      throw new Error('no')
    },
  }
  expect(await pool.run(broken)).toBeNull()
  expect(await pool.run(job('good'))).not.toBeNull()
})

test('closing answers what is left with nothing, and whatever comes later', async () => {
  const { pool } = await start({ each: 1 })
  const left = [pool.run(job('silent')), pool.run(job('good'))]
  await pool.close()
  expect(await Promise.all(left)).toEqual([null, null])
  expect(await pool.run(job('good'))).toBeNull()
})
