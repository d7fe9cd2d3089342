/**
 * What a program's end means for the delivery: one table, exit status to Outcome, in the words of sysexits(3). Pure.
 * Only what a program says of this very mail ends in `failed`. All else may be an operator's mistake (a wrong path, a full disk,
 * a bug in the program), and nobody loses mail to that.
 */
import type { Outcome } from '../../../transaction/ports.ts'
import { oneLine } from '../../outcome.ts'
import { sentence } from '../../verdict-body.ts'

export interface ExitRow {
  readonly status: number
  /** Its name in sysexits.h, or whose custom it is. */
  readonly name: string
  readonly kind: 'delivered' | 'retry' | 'failed'
  readonly says: string
  /** The last line of standard output is for the sender. */
  readonly speaks?: true
}

const row = (status: number, name: string, kind: ExitRow['kind'], says: string): ExitRow => ({ status, name, kind, says })

/** docs/command.md shows the same table, and a test compares them. */
export const exitRows: readonly ExitRow[] = [
  row(0, 'EX_OK', 'delivered', 'done'),
  row(64, 'EX_USAGE', 'retry', 'called in a wrong way: check run'),
  row(65, 'EX_DATAERR', 'failed', 'can’t make anything of this message'),
  row(66, 'EX_NOINPUT', 'retry', 'can’t open a file that it needs'),
  { ...row(67, 'EX_NOUSER', 'failed', 'doesn’t know the recipient'), speaks: true },
  row(68, 'EX_NOHOST', 'retry', 'doesn’t find a host'),
  row(69, 'EX_UNAVAILABLE', 'retry', 'a service that it needs is not available'),
  row(70, 'EX_SOFTWARE', 'retry', 'an error within the program'),
  row(71, 'EX_OSERR', 'retry', 'an error of the system'),
  row(72, 'EX_OSFILE', 'retry', 'a file of the system is missing'),
  row(73, 'EX_CANTCREAT', 'retry', 'can’t write a file'),
  row(74, 'EX_IOERR', 'retry', 'an error while reading or writing'),
  row(75, 'EX_TEMPFAIL', 'retry', 'not now'),
  row(76, 'EX_PROTOCOL', 'retry', 'another server answers nonsense'),
  { ...row(77, 'EX_NOPERM', 'failed', 'the message is not allowed'), speaks: true },
  row(78, 'EX_CONFIG', 'retry', 'its configuration is wrong'),
  row(126, 'shell', 'retry', 'a command in it can’t be run: check its permissions'),
  row(127, 'shell', 'retry', 'a command in it was not found: check its PATH'),
]

/** How it ended, and what it wrote. */
export interface End {
  readonly status: number | null
  /** The name of the signal that ended it. */
  readonly signal: string | null
  readonly output: string
  readonly errors: string
}

const mostRefusal = 200

/** Never throws. */
export function outcomeOfEnd({ status, signal, output, errors }: End): Outcome {
  const found = exitRows.find(row => row.status === status)
  if (found?.kind === 'delivered') return { kind: 'delivered', detail: 'exit status 0' }
  const last = lastLine(errors) || lastLine(output)
  const how = status === null ? `ended by ${signal ?? 'a signal'}` : `exit status ${status} (${found?.says ?? 'no reason known'})`
  const detail = oneLine(last === '' ? how : `${how}: ${last}`)
  if (found?.kind !== 'failed') return { kind: 'retry', detail }
  const refusal = found.speaks === true ? sentence(lastLine(output), mostRefusal) : ''
  return refusal === '' ? { kind: 'failed', detail } : { kind: 'failed', detail, refusal }
}

/** The last line that says anything, without control characters. */
function lastLine(text: string): string {
  return oneLine(
    text
      .trimEnd()
      .split(/[\r\n]+/)
      .findLast(line => oneLine(line) !== '') ?? '',
  )
}

const causes: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'the program, the interpreter it names, or the folder to run it in is not there'],
  ['EACCES', 'the program may not be run, or the folder not be entered'],
  ['ENOTDIR', 'the folder to run it in is none'],
  ['ENOEXEC', 'the program is neither one for this machine nor begins with #!'],
  ['E2BIG', 'its arguments and environment are too large'],
  ['EAGAIN', 'there are too many processes'],
  ['ENOMEM', 'there is no memory for it'],
  ['EMFILE', 'there are too many open files'],
  ['ENOSPC', 'there is no space to put the message down for it'],
  ['EDQUOT', 'there is no space to put the message down for it'],
  ['EROFS', 'there is no place to put the message down for it'],
])

/** It never ran: always to be tried again. `error` is whatever was thrown. Never throws. */
export function outcomeOfError(error: unknown): Outcome {
  const { code, message } = (typeof error === 'object' && error !== null ? error : {}) as { code?: unknown; message?: unknown }
  const token = typeof code === 'string' ? code : ''
  const known = causes.get(token) ?? (typeof message === 'string' ? message : 'unknown error')
  return { kind: 'retry', detail: oneLine(`the program was not run: ${known}${token === '' ? '' : ` (${token})`}`) }
}
