/**
 * Starts the writer thread and keeps it running: a crash is reported at once, logged, and answered with a new thread after a
 * growing pause. It carries messages and knows nothing of what they mean.
 */
import { Worker } from 'node:worker_threads'
import type { Log } from '../../transaction/ports.ts'
import type { WriterReply, WriterRequest, WriterStart } from './wire.ts'

export interface WriterEvents {
  reply(reply: WriterReply): void
  /** The thread is gone, and with it whatever it had not answered. */
  down(error: Error): void
}

export interface WriterLink {
  /** False while there is no thread to talk to; then nothing was sent. */
  send(request: WriterRequest, transfer?: ArrayBuffer[]): boolean
  /** For tests and for a thread that hangs. */
  terminate(): void
  close(): Promise<void>
}

/** A thread's file next to this one: `.ts` in a checkout, `.js` once built. */
export const threadUrl = (name: string): URL => new URL(`./${name}/main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

const firstPause = 100
const longestPause = 5_000

/** Rejects where the first start fails: a directory that can't be written, a database of another version. */
export function startWriter(start: (restarted: boolean) => WriterStart, events: WriterEvents, log: Log): Promise<WriterLink> {
  let worker: Worker | null = null
  let up = false
  let closing = false
  let failed: ((error: Error) => void) | null = null
  let pause = firstPause
  let closed = (): void => {}

  const ended = (error: Error): void => {
    if (worker === null) return
    worker = null
    up = false
    if (closing) closed()
    else if (failed !== null) failed(error)
    else again(error)
  }
  const again = (error: Error): void => {
    log.error({ err: error }, 'spool: the writer thread ended; starting it again')
    events.down(error)
    setTimeout(() => {
      if (!closing) run(true)
    }, pause)
    pause = Math.min(pause * 2, longestPause)
  }
  const run = (restarted: boolean): Worker => {
    const fresh = new Worker(threadUrl('writer'), { workerData: start(restarted), name: 'spool-writer' })
    worker = fresh
    fresh.on('message', (reply: WriterReply) => {
      if (reply.kind === 'ready') {
        up = true
        pause = firstPause
      }
      if (reply.kind !== 'closed') events.reply(reply)
    })
    fresh.on('error', error => ended(error as Error))
    fresh.on('exit', code => ended(new Error(`the writer thread ended with code ${code}`)))
    return fresh
  }
  const link: WriterLink = {
    send: (request, transfer) => {
      if (!up) return false
      worker!.postMessage(request, transfer)
      return true
    },
    terminate: () => void worker?.terminate(),
    close: () =>
      new Promise(resolve => {
        closing = true
        closed = resolve
        if (worker === null) return resolve()
        if (!link.send({ kind: 'close' })) void worker.terminate()
      }),
  }
  return new Promise((resolve, reject) => {
    failed = reject
    run(false).once('message', () => {
      failed = null
      resolve(link)
    })
  })
}
