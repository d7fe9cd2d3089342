/**
 * One run of a program: started without a shell, in a process group of its own, what it writes kept in part. Whoever waits for it
 * is told of its end once it has ended, even if a process that it leaves behind holds its output open.
 */
import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { capture } from './capture.ts'
import type { End } from './exit-status.ts'

export interface Program {
  readonly path: string
  readonly args: readonly string[]
  /** The folder to run in. */
  readonly directory: string | undefined
  readonly environment: Readonly<Record<string, string>>
}

export interface Run {
  /** Rejects where the program could not be started. */
  readonly end: Promise<End>
  /** What it has written so far, as `end` will have it. */
  written(): Pick<End, 'output' | 'errors'>
  /** SIGTERM to it and all that it started, then SIGKILL: after 5 s, or as soon as it has ended itself. */
  stop(): void
  /** SIGKILL to all of them at once. */
  kill(): void
}

const patience = 5_000
/** How long the rest of the output may take when the program has ended. */
const drain = 250

/** `input`: a file descriptor; the caller may close it when this returns. Throws where the system can't even try. */
export function run({ path, args, directory, environment }: Program, input: number): Run {
  const child = spawn(path, args, {
    env: environment,
    detached: true,
    stdio: [input, 'pipe', 'pipe'],
    ...(directory === undefined ? {} : { cwd: directory }),
  })
  const [output, errors] = [child.stdout, child.stderr].map(collected) as [Collected, Collected]
  const { promise: end, resolve, reject } = Promise.withResolvers<End>()
  let timer: NodeJS.Timeout | null = null
  const toAll = (signal: NodeJS.Signals): void => {
    if (child.pid !== undefined) killGroup(child.pid, signal)
  }
  // It may fail before anybody waits for it.
  end.catch(() => {})
  child.once('error', reject)
  child.once('exit', (status, signal) => {
    // What was told to stop leaves nothing behind; else a process that goes on is the program's own affair.
    if (timer !== null) toAll('SIGKILL')
    if (timer !== null) clearTimeout(timer)
    void Promise.all([output.ended(), errors.ended()]).then(([output, errors]) => resolve({ status, signal, output, errors }))
  })
  return {
    end,
    written: () => ({ output: output.soFar(), errors: errors.soFar() }),
    stop() {
      if (timer !== null || child.exitCode !== null || child.signalCode !== null) return
      toAll('SIGTERM')
      timer = setTimeout(() => toAll('SIGKILL'), patience)
    },
    kill: () => toAll('SIGKILL'),
  }
}

interface Collected {
  soFar(): string
  /** The text, once the stream has ended or has had its time. */
  ended(): Promise<string>
}

/** There is no stream where the system had no descriptor left. */
function collected(stream: Readable | null | undefined): Collected {
  const { add, text } = capture()
  if (stream === null || stream === undefined) return { soFar: () => '', ended: async () => '' }
  stream.on('data', add)
  // A broken pipe is no reason to lose what came before.
  stream.on('error', () => {})
  return {
    soFar: text,
    async ended() {
      if (!stream.closed) {
        const { promise, resolve } = Promise.withResolvers<void>()
        const timer = setTimeout(resolve, drain)
        stream.once('close', resolve)
        await promise
        clearTimeout(timer)
        stream.destroy()
      }
      return text()
    },
  }
}

/** All may be gone already. */
function killGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
