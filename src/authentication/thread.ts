/**
 * One checking thread and what it has under way: started, started again after a crash (with a growing pause), ended when it hangs.
 * Carries requests; what becomes of those that a lost thread had is the pool's affair.
 */
import { Worker } from 'node:worker_threads'
import type { Log } from '../transaction/ports.ts'
import type { Reply, Request, WorkerStart } from './wire.ts'

export interface Thread {
  /** Ready for requests. */
  readonly up: boolean
  send(request: Request, transfer?: readonly ArrayBuffer[]): void
  /** Of one that hangs: nothing in it runs on. */
  kill(): void
  close(): Promise<void>
}

export interface ThreadParts {
  readonly file: URL
  readonly start: WorkerStart
  readonly log: Log
}

export interface ThreadEvents {
  ready(): void
  reply(reply: Reply): void
  /** Whatever it had is lost. */
  lost(error: Error): void
}

/** `.ts` in a checkout, `.js` once built. */
export const workerFile = (): URL => new URL(`./worker/main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

const pauses = { first: 100, longest: 5_000 } as const
const closingTime = 1_000

export function startThread({ file, start, log }: ThreadParts, events: ThreadEvents): Thread {
  let worker: Worker | null = null
  let up = false
  let closing = false
  let pause: number = pauses.first
  let again: NodeJS.Timeout | undefined

  const ended = (gone: Worker, error: Error): void => {
    if (worker !== gone) return
    worker = null
    up = false
    if (closing) return
    log.error({ err: error }, 'authentication: a checking thread ended; starting it again')
    events.lost(error)
    again = setTimeout(run, pause)
    pause = Math.min(pause * 2, pauses.longest)
  }
  const run = (): void => {
    const fresh = new Worker(file, { workerData: start, name: 'authentication', resourceLimits: { maxOldGenerationSizeMb: 512 } })
    worker = fresh
    fresh.on('message', (reply: Reply) => {
      if (worker !== fresh) return
      if (reply.kind !== 'ready') return events.reply(reply)
      up = true
      pause = pauses.first
      events.ready()
    })
    fresh.on('error', error => ended(fresh, error as Error))
    fresh.on('exit', code => ended(fresh, new Error(`the thread ended with code ${code}`)))
  }
  run()
  return {
    get up() {
      return up
    },
    send: (request, transfer) => worker?.postMessage(request, transfer === undefined ? [] : [...transfer]),
    kill: () => void worker?.terminate(),
    async close() {
      closing = true
      clearTimeout(again)
      const last = worker
      if (last === null) return
      const exited = new Promise<void>(resolve => last.once('exit', () => resolve()))
      last.postMessage({ kind: 'close' })
      const late = setTimeout(() => void last.terminate(), closingTime)
      await exited
      clearTimeout(late)
    },
  }
}
