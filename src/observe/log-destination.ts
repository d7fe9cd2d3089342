/**
 * Where the log's JSON lines go: gathered into blocks and written without waiting, because a write per line would cost more
 * than the mail it tells about. What can't be written (a full disk, a closed pipe, a reader that hangs too long) is dropped
 * and counted: the log must never stop the server, nor keep it from ending.
 */
import { openSync, write as writeAsync, writeSync } from 'node:fs'

export interface LogDestination {
  write(line: string): void
  /** Writes what is gathered before it returns; pino calls it for `log.fatal`. Never throws. */
  flushSync(): void
}

/** Characters gathered before a write, and how long (ms) a line may wait for others. */
const BLOCK = 4096
const LONGEST_WAIT = 500
/** Characters waiting for a reader that hangs; beyond it lines are dropped. */
const MOST_WAITING = 16 * 1024 * 1024
/** Characters of one write: few enough that it is over soon, whatever it goes to. */
const MOST_FLYING = 16 * 1024
/** What a write under way is given to be over, before the rest is written at exit (ms). */
const LANDING = 20
/** Before trying a pipe again that was full (ms). */
const PIPE_FULL_WAIT = 20
/** Tries to write to a full pipe at exit, 20 ms apart. */
const EXIT_TRIES = 25

/** `to` is a file, or a file descriptor. Throws where the file can't be opened. What is left is written at exit. */
export function openLogDestination(to: number | string): LogDestination {
  const fd = typeof to === 'number' ? to : openSync(to, 'a', 0o640)
  let waiting = ''
  let flying: Buffer | null = null
  let timer: NodeJS.Timeout | null = null
  let dropped = 0

  const pump = () => {
    if (timer) clearTimeout(timer)
    timer = null
    if (flying !== null || waiting === '') return
    fly(Buffer.from(takeWaiting(MOST_FLYING)))
  }
  const takeWaiting = (most: number) => {
    const all = dropped === 0 ? waiting : waiting + droppedLine(dropped)
    dropped = 0
    // Cut behind a line, so that no character is cut in two; one line may be longer.
    const end = all.length <= most ? all.length : all.indexOf('\n', most) + 1 || all.length
    waiting = all.slice(end)
    return all.slice(0, end)
  }
  const fly = (block: Buffer) => {
    flying = block
    writeAsync(fd, block, (error, written) => {
      if (flying !== block) return // flushSync took it
      if (error && isFull(error)) return void setTimeout(() => flying === block && fly(block), PIPE_FULL_WAIT)
      flying = null
      if (error) dropped += countLines(block)
      else if (written < block.length) return fly(block.subarray(written))
      if (waiting.length >= BLOCK) pump()
      else if (waiting !== '') wait()
    })
  }
  const wait = () => {
    timer ??= setTimeout(pump, LONGEST_WAIT).unref()
  }
  const destination: LogDestination = {
    write(line) {
      if (waiting.length >= MOST_WAITING) dropped++
      else waiting += line
      if (waiting.length < BLOCK) wait()
      else if (flying === null) pump()
    },
    flushSync() {
      // A write under way goes on in a thread of its own; exiting would end it. Either it is over in a moment, or its reader hangs.
      if (flying !== null) sleep(LANDING)
      flying = null
      if (waiting !== '') writeAll(fd, Buffer.from(takeWaiting(Number.POSITIVE_INFINITY)))
    },
  }
  process.once('exit', () => destination.flushSync())
  return destination
}

/** Milliseconds, without turning the event loop. */
const sleep = (milliseconds: number) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)

const isFull = (error: unknown) => ['EAGAIN', 'EBUSY'].includes((error as NodeJS.ErrnoException).code ?? '')
const countLines = (block: Buffer) => block.toString('latin1').split('\n').length - 1
const droppedLine = (count: number) =>
  `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), count, msg: 'log lines were dropped' })}\n`

function writeAll(fd: number, block: Buffer): void {
  let tries = EXIT_TRIES
  for (let at = 0; at < block.length; ) {
    try {
      at += writeSync(fd, block, at)
    } catch (error) {
      if (!isFull(error) || tries-- === 0) return
      sleep(PIPE_FULL_WAIT)
    }
  }
}
