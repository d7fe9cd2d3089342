/**
 * A real Sidekiq process (Debian's ruby-sidekiq) that works a queue of a real Redis off, with a worker that notes what it got.
 * Ended with the process that started it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { RedisServer } from './redis.ts'
import { findProgram } from './services.ts'

export interface Job {
  readonly jid: string
  /** The message, as the worker got it. */
  readonly raw: string
}

export interface Sidekiq {
  /** All that the worker has done, each time it did it, when there are so many or more. Rejects when that takes longer than `within` ms. */
  done(count: number, within: number): Promise<readonly Job[]>
  /** Resolves when it has begun so many jobs. */
  started(count: number): Promise<void>
  /** Sends it and waits for its end. */
  end(signal: NodeJS.Signals): Promise<void>
  stop(): Promise<void>
}

export interface SidekiqSettings {
  readonly redis: RedisServer
  readonly queue?: string
  /** A Ruby file with the worker in it. */
  readonly worker?: string
  /** Milliseconds that a job takes. */
  readonly work?: number
}

const testWorker = fileURLToPath(new URL('sidekiq_worker.rb', import.meta.url))

export async function startSidekiq({ redis, queue = 'default', worker = testWorker, work = 0 }: SidekiqSettings): Promise<Sidekiq> {
  // -t: seconds that a job may go on after SIGTERM before it is put back into its queue. Idle threads wait 2 s for a job, and with
  // less than that one of them would take the job that was put back, and die with it.
  const child = spawn(findProgram('sidekiq')!, ['-r', worker, '-q', queue, '-c', '4', '-t', '4'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, REDIS_URL: `${redis.url}/0`, WORK_MS: `${work}` },
  })
  const endWithUs = () => void child.kill('SIGKILL')
  process.on('exit', endWithUs)
  child.once('exit', () => process.off('exit', endWithUs))
  await begun(child)
  const client = await redis.client()
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }
  return {
    async done(count, within) {
      await until(async () => (await client.llen('test:done')) >= count, within)
      return (await client.lrange('test:done', 0, -1)).map(line => JSON.parse(line) as Job)
    },
    started: count => until(async () => (await client.llen('test:started')) >= count, 30_000),
    end,
    stop: () => end('SIGKILL'),
  }
}

/** It says so when it is ready; what it says besides is shown where it ends instead. */
async function begun(child: ChildProcess): Promise<void> {
  let said = ''
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (text: Buffer) => {
      said = (said + text).slice(-10_000)
      if (/Running in ruby/.test(said)) resolve()
    })
  child.once('exit', code => reject(new Error(`Sidekiq ended (${code}): ${said}`)))
  await promise
}

async function until(condition: () => Promise<boolean>, within: number): Promise<void> {
  const end = Date.now() + within
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`after ${within} ms still not: ${condition}`)
    await sleep(20)
  }
}
