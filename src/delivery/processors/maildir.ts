/**
 * Hands a delivery over as a file in a Maildir, our trace fields first (docs/maildir.md). A retry after a crash finds the file that
 * is there already, new or looked at, and writes no second one. It must never throw: every trouble is a retry.
 */
import { hostname } from 'node:os'
import type { Delivery, Log, MessageSource, Outcome, Processor } from '../../transaction/ports.ts'
import { wholeMessage } from '../event/whole-message.ts'
import { oneLine } from '../outcome.ts'
import { clearTmp } from './maildir/clear.ts'
import { messageName, safeHost } from './maildir/name.ts'
import { codeOf, isThere, makeMaildir, writeMessage } from './maildir/write.ts'
import { within } from './within.ts'

export interface MaildirOptions {
  /** The processor's name, for the log. */
  readonly name: string
  readonly directory: string
  /** Files written at once. */
  readonly concurrency: number
  /** Milliseconds for one file. Default 60 s. */
  readonly timeout?: number
  /** This machine's name in names of files; the system's if left out. */
  readonly host?: string
  readonly log: Log
}

/** How often tmp is looked through. */
const clearEvery = 3_600_000

interface Call {
  readonly delivery: Delivery
  readonly message: MessageSource
  readonly signal: AbortSignal
}

/** Throws an Error that names what is wrong with the options. */
export function maildir({ name, directory, concurrency, timeout = 60_000, host = hostname(), log }: MaildirOptions): Processor {
  if (directory === '') throw new Error('a Maildir has a folder')
  if (!(Number.isInteger(concurrency) && concurrency > 0)) throw new Error(`the concurrency of a Maildir is 1 or more, not ${concurrency}`)
  const here = safeHost(host)
  let cleared = Number.NEGATIVE_INFINITY
  const clear = async (): Promise<void> => {
    if (Date.now() - cleared < clearEvery) return
    cleared = Date.now()
    const removed = await clearTmp(directory, cleared).catch(() => 0)
    if (removed > 0) log.info({ processor: name, removed }, 'old files removed from tmp of a Maildir')
  }
  const late = `the file was not written within ${timeout} ms`
  const limits = { timeout, late, stopped: 'writing was broken off', outcomeOfError }
  return {
    concurrency,
    timeout,
    deliver: (delivery, message, signal) =>
      within(limits, signal, async inner => {
        const outcome = await keep(directory, here, { delivery, message, signal: inner })
        await clear()
        return outcome
      }),
  }
}

async function keep(directory: string, host: string, { delivery, message, signal }: Call): Promise<Outcome> {
  await makeMaildir(directory)
  const { idempotencyId, received, attempts } = delivery
  if (attempts > 0 && (await isThere(directory, idempotencyId))) return alreadyThere
  const target = { directory, name: messageName(received, idempotencyId, host), signal }
  const written = await writeMessage(target, wholeMessage(message, signal))
  return written ? { kind: 'delivered', detail: 'written' } : alreadyThere
}

const alreadyThere: Outcome = { kind: 'delivered', detail: 'was there already' }

const causes: ReadonlyMap<unknown, string> = new Map([
  ['ENOSPC', 'there is no space left on its disk'],
  ['EDQUOT', 'its owner’s quota is used up'],
  ['EACCES', 'Postern may not write there'],
  ['EPERM', 'Postern may not write there'],
  ['EROFS', 'its disk is read-only'],
  ['ENOENT', 'the folder that is to hold it is not there'],
  ['ENOTDIR', 'a part of its path is no folder'],
  ['EIO', 'its disk has errors'],
  ['EMFILE', 'there are too many open files'],
])

/** `error` is whatever was thrown. Never throws. */
export function outcomeOfError(error: unknown): Outcome {
  const code = codeOf(error)
  const known = causes.get(code) ?? (error instanceof Error ? error.message : 'unknown error')
  return { kind: 'retry', detail: oneLine(`the Maildir can’t take it: ${known}${typeof code === 'string' ? ` (${code})` : ''}`) }
}
