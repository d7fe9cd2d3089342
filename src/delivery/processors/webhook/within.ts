/** A call with an end: whatever the work does, an outcome comes when the time is over or the runner gives up. */
import type { Outcome } from '../../../transaction/ports.ts'
import { outcomeOfError } from '../../outcome.ts'

export interface Bounds {
  /** Milliseconds. */
  readonly timeout: number
  readonly signal: AbortSignal
}

/** Runs `work` with a signal that fires when the outer one does or the time is over. Never rejects. */
export async function within({ timeout, signal }: Bounds, work: (signal: AbortSignal) => Promise<Outcome>): Promise<Outcome> {
  const inner = new AbortController()
  const { promise: cut, resolve } = Promise.withResolvers<Outcome>()
  const end = (detail: string): void => {
    resolve({ kind: 'retry', detail })
    inner.abort(new Error(detail))
  }
  const stop = (): void => end('the call was broken off')
  const timer = setTimeout(() => end(`no complete answer within ${timeout} ms`), timeout)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    return await Promise.race([cut, signal.aborted ? cut : work(inner.signal).catch(outcomeOfError)])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}
