/** A call that ends in time, whatever becomes of the work: with an outcome, when its time is over or it is broken off. */
import { messageOf } from '../../../lib/redis/client.ts'
import type { Outcome } from '../../../transaction/ports.ts'
import { oneLine } from '../../outcome.ts'

/** Runs `work` with a signal that fires when `outer` does or the time (milliseconds) is over. Never rejects. */
export async function within(timeout: number, outer: AbortSignal, work: (signal: AbortSignal) => Promise<Outcome>): Promise<Outcome> {
  const inner = new AbortController()
  const { promise: cut, resolve } = Promise.withResolvers<Outcome>()
  const end = (detail: string): void => {
    resolve({ kind: 'retry', detail })
    inner.abort(new Error(detail))
  }
  const stop = (): void => end('the call was broken off')
  const timer = setTimeout(() => end(`not done within ${timeout} ms`), timeout)
  outer.addEventListener('abort', stop, { once: true })
  if (outer.aborted) stop()
  try {
    return await Promise.race([cut, outer.aborted ? cut : work(inner.signal).catch(failed)])
  } finally {
    clearTimeout(timer)
    outer.removeEventListener('abort', stop)
  }
}

const failed = (error: unknown): Outcome => ({ kind: 'retry', detail: oneLine(`the call failed: ${messageOf(error)}`) })
