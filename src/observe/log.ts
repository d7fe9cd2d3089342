/**
 * The log: pino, one JSON object a line, with ISO time and the level by name; readable lines where a person is looking.
 * Fields that cost: an array or object is five times dearer than a string. A line per message uses strings only.
 */
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'
import { prettyFactory } from 'pino-pretty'
import { openLogDestination } from './log-destination.ts'

export interface LogOptions {
  /** A level of pino's: 'fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'. */
  readonly level: string
  /** Lines for people instead of JSON. Default: when standard output is a terminal. */
  readonly pretty?: boolean
  /** A file, or a file descriptor; default 1, standard output. For JSON only. */
  readonly destination?: number | string
}

export interface OpenLog {
  readonly log: Logger
  /** Everything logged so far is written when it returns. For the moments before an exit; a failure is ignored. */
  flush(): void
}

/** Names under which a secret could be logged by mistake. At the top of a line's fields only: a wildcard costs 5 µs a line. */
const SECRET = ['secret', 'secrets', 'password', 'token', 'authorization', 'privateKey']

/** Writes at level `level` and above. Lines left are written at a normal exit and by `log.fatal`; signal handlers call `flush`. */
export function createLog(options: LogOptions): OpenLog {
  const shape: LoggerOptions = {
    level: options.level,
    base: null,
    timestamp: isoTime(),
    formatters: { level: label => ({ level: label }) },
    serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
    redact: { paths: SECRET, censor: '[redacted]' },
  }
  if (options.pretty ?? process.stdout.isTTY === true) return { log: pino(shape, forPeople()), flush: () => undefined }
  const destination = openLogDestination(options.destination ?? 1)
  const safe = { ...destination, write: (line: string) => destination.write(escaped(line)) }
  return { log: pino(shape, safe), flush: () => destination.flushSync() }
}

/** Many lines are of the same millisecond, and making the text of a time is dear. */
function isoTime(): () => string {
  let last = 0
  let text = ''
  return () => {
    const now = Date.now()
    if (now !== last) text = `,"time":"${new Date(now).toISOString()}"`
    last = now
    return text
  }
}

/** Writes at once: a terminal is no place for a flood, and nothing is left over at exit. */
function forPeople(): DestinationStream {
  const format = prettyFactory({ colorize: true, translateTime: 'SYS:HH:MM:ss.l', ignore: 'pid,hostname', singleLine: true })
  return { write: line => void process.stdout.write(withoutControls(format(line))) }
}

/** JSON escapes C0 controls but not C1 (U+009B starts an escape sequence on some terminals) nor what reverses the writing direction. */
const dangerous = /[\u0080-\u009f\u202a-\u202e\u2066-\u2069]/g
const withoutControls = (text: string) => text.replace(dangerous, '?')

/** In JSON they stand as their escapes: somebody may read it on a terminal, and journalctl shows no line that has controls in it. */
const escaped = (line: string) => line.replace(dangerous, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
