/** A call that ends in time: with a retry when its time is over or it is broken off, whatever it is doing then. Never rejects. */
import type { Outcome } from '../../transaction/ports.ts'

export interface Within {
  /** Milliseconds. */
  readonly timeout: number
  /** Says that the time is over, and that the call was broken off. */
  readonly late: string
  readonly stopped: string
  /** What an error means that the call ends with. */
  readonly outcomeOfError: (error: unknown) => Outcome
}

/** Runs `work` with a signal that fires when `outer` does or the time is over. */
export async function within(
  { timeout, late, stopped, outcomeOfError }: Within,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<Outcome>,
): Promise<Outcome> {
  const inner = new AbortController()
  const { promise: cut, resolve } = Promise.withResolvers<Outcome>()
  const end = (detail: string): void => {
    resolve({ kind: 'retry', detail })
    inner.abort(new Error(detail))
  }
  const stop = (): void => end(stopped)
  const timer = setTimeout(() => end(late), timeout)
  outer.addEventListener('abort', stop, { once: true })
  if (outer.aborted) stop()
  try {
    return await Promise.race([cut, outer.aborted ? cut : work(inner.signal).catch(outcomeOfError)])
  } finally {
    clearTimeout(timer)
    outer.removeEventListener('abort', stop)
  }
}
