/** How far a long command is: a bar where a person is looking, and a line now and then elsewhere. Both on standard error. */
import { SingleBar } from 'cli-progress'

export interface Progress {
  at(done: number): void
  end(): void
}

export interface ProgressOptions {
  readonly total: number
  readonly terminal: boolean
  /** Prints a line to standard error. */
  warn(text: string): void
  now(): number
}

/** Milliseconds between two lines. */
const lineEvery = 5_000

export function startProgress({ total, terminal, warn, now }: ProgressOptions): Progress {
  if (terminal) return bar(total)
  let last = now()
  return {
    at(done) {
      if (now() - last < lineEvery) return
      last = now()
      warn(`${done} of ${total}`)
    },
    end: () => undefined,
  }
}

function bar(total: number): Progress {
  const shown = new SingleBar({
    format: '{bar} {percentage} % | {value} of {total} | {eta_formatted} left',
    hideCursor: true,
    clearOnComplete: false,
  })
  shown.start(total, 0)
  return { at: done => shown.update(Math.min(done, total)), end: () => shown.stop() }
}
