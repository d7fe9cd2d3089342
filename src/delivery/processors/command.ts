/**
 * Hands a delivery to a program: the message with our trace fields on standard input, envelope, key and claims in the environment,
 * and the exit status says what became of it (sysexits(3), docs/command.md). No shell is asked, and nothing of the message stands
 * in an argument. It must never throw: every trouble is a retry.
 */
import { tmpdir } from 'node:os'
import { type Places, places } from '../../lib/places.ts'
import type { Delivery, Log, MessageSource, Outcome, Processor } from '../../transaction/ports.ts'
import { withAnswer } from '../answer.ts'
import { deliveryVariables, usualVariables } from './command/environment.ts'
import { type End, outcomeOfEnd, outcomeOfError } from './command/exit-status.ts'
import { messageFile } from './command/message-file.ts'
import { type Run, run } from './command/run.ts'
import { within } from './within.ts'

export interface CommandOptions {
  /** The processor's name, for the log. */
  readonly name: string
  /** The program by its absolute path, and its arguments. */
  readonly run: readonly string[]
  /** Milliseconds for one run, waiting for a place included. */
  readonly timeout: number
  /** Runs at once. */
  readonly concurrency: number
  /** Where it runs; ours if left out. */
  readonly directory?: string | undefined
  /** Variables beside PATH, HOME, LANG and POSTERN_…. */
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** Where a message is put down for the time of its run; the system's if left out. */
  readonly temporary?: string | undefined
  readonly log: Log
}

interface Command {
  readonly options: CommandOptions
  readonly places: Places
  readonly running: Set<Run>
}

interface Call {
  readonly delivery: Delivery
  readonly message: MessageSource
  readonly signal: AbortSignal
  /** Told of the run as soon as there is one. */
  start(one: Run): void
}

/** Throws an Error that names what is wrong with the options. */
export function command(options: CommandOptions): Processor {
  const { timeout, concurrency } = options
  if (options.run[0]?.startsWith('/') !== true) throw new Error('a program is named by its absolute path')
  if (!(timeout > 0 && timeout < 2 ** 31)) throw new Error(`the time-out of a program is a positive number of milliseconds, not ${timeout}`)
  if (!(Number.isInteger(concurrency) && concurrency > 0)) throw new Error(`the concurrency of a program is 1 or more, not ${concurrency}`)
  const self: Command = { options, places: places(concurrency), running: new Set() }
  const late = `the program had not ended within ${timeout} ms`
  const limits = { timeout, late, stopped: 'the run was broken off', outcomeOfError }
  return {
    concurrency,
    timeout,
    async deliver(delivery, message, signal) {
      let started: Run | null = null
      const start = (one: Run): void => {
        started = one
      }
      const outcome = await within(limits, signal, inner => call(self, { delivery, message, signal: inner, start }))
      return withAnswer(outcome, bothOutputs(started))
    },
    async close() {
      const ends = [...self.running].map(one => one.end.catch(() => null))
      for (const one of self.running) one.kill()
      await Promise.all(ends)
    },
  }
}

async function call(self: Command, about: Call): Promise<Outcome> {
  const giveBack = await self.places.take(about.signal)
  try {
    const end = await runOnce(self, about)
    const outcome = outcomeOfEnd(end)
    tell(self.options, about.delivery, { ...end, outcome: outcome.kind })
    return outcome
  } finally {
    giveBack()
  }
}

/** Resolves when the program has ended, which may be after the signal. */
async function runOnce(self: Command, { delivery, message, signal, start }: Call): Promise<End> {
  const { run: words, directory, environment, temporary = tmpdir() } = self.options
  const [path, ...args] = words as [string, ...string[]]
  const variables = { ...usualVariables(process.env, environment), ...deliveryVariables(delivery) }
  const file = await messageFile(temporary, message, signal)
  let one: Run
  try {
    signal.throwIfAborted()
    one = run({ path, args, directory, environment: variables }, file.fd)
    // Before anything is waited for: closing must find it.
    self.running.add(one)
    start(one)
  } finally {
    await file.close()
  }
  signal.addEventListener('abort', one.stop, { once: true })
  if (signal.aborted) one.stop()
  try {
    return await one.end
  } finally {
    signal.removeEventListener('abort', one.stop)
    self.running.delete(one)
  }
}

/** Of a run that goes on, or never began, what there is. */
function bothOutputs(one: Run | null): string {
  const { output, errors } = one?.written() ?? { output: '', errors: '' }
  if (output.trim() === '' || errors.trim() === '') return output + errors
  return `Standard output:\n${output.trimEnd()}\nStandard error:\n${errors}`
}

function tell({ name, log }: CommandOptions, { message }: Delivery, { output, errors, ...end }: End & { outcome: Outcome['kind'] }): void {
  const fields = { processor: name, id: message, ...end, output, errors }
  if (end.outcome === 'delivered') log.debug(fields, 'program run')
  else log.info(fields, 'program run')
}
