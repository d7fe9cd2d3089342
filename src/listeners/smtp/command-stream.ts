/**
 * The incoming half of a session: cuts the bytes into command lines and message data. Takes the place of smtp-server's own
 * stream, which accepts a bare LF as the end of a command and walks data octet by octet. Lines end with CRLF only; whatever
 * a client sends ahead (PIPELINING, RFC 2920) waits until the answer before it is settled.
 */
import { SMTPStream } from 'smtp-server/lib/smtp-stream.js'
import { createDataReader, type DataReader } from './data-reader.ts'

export interface StreamHandler {
  /** A promise holds back what follows. `more`: octets behind the line are here already. */
  line(text: string, more: boolean): void | Promise<void>
  /** Octets came while the stream was held; it ends with them. */
  early(): void
  /** A line that is too long (then the stream ends) or has no CR. */
  violation(what: 'too-long' | 'bare-lf'): void | Promise<void>
  data(chunk: Buffer): void | Promise<void>
  endOfData(flawed: boolean): void | Promise<void>
  /** The client will send no more, and all that it sent was answered. */
  ended(): void
  /** One of the above threw or rejected, which none should: the stream is closed. */
  broken(error: unknown): void
}

/** RFC 5321 4.5.3.1.4 and .6 ask for 512 and 1,000; SMTPUTF8 and long paths need more, XFORWARD too. */
export const maxLineOctets = 4_096
/** How many answers are made before other sessions get a turn. */
const turn = 100

export class CommandStream extends SMTPStream {
  #handler: StreamHandler
  #rest: Buffer | null = null
  #reader: DataReader | null = null
  #waiting: Promise<void> | null = null
  #sinceYield = 0
  #stalled = false
  #held = false
  #steps = 0

  constructor(handler: StreamHandler) {
    super()
    this.#handler = handler
  }

  /** Until `release` nothing may come. */
  hold(): void {
    this.#held = true
  }

  release(): void {
    this.#held = false
  }

  /** What follows now is message data. */
  startData(normalize: boolean): void {
    this.#reader = createDataReader(normalize, chunk => {
      const wait = this.#handler.data(chunk)
      if (wait !== undefined) this.#waiting = wait
    })
  }

  /** Octets of the message that is being received; null outside of data. */
  get receiving(): number | null {
    return this.#reader?.octets ?? null
  }

  /** Message data waits for the spool: the client is not to blame. */
  get stalled(): boolean {
    return this.#stalled
  }

  /** Command lines and messages read to their end so far. */
  get steps(): number {
    return this.#steps
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, next: (error?: Error | null) => void): void {
    this.#run(chunk, 0, next)
  }

  /** Goes through a chunk until it is used up or something has to be waited for; then it is called again. Never throws. */
  #run(chunk: Buffer, from: number, next: (error?: Error | null) => void): void {
    let at = from
    try {
      if (this.#held) {
        this.isClosed = true
        this.#handler.early()
      }
      while (at < chunk.length && !this.isClosed) {
        const [end, wait] = this.#reader === null ? this.#readLine(chunk, at) : this.#readData(chunk, at)
        at = end
        const pause = wait ?? this.#takeTurns()
        if (pause === undefined) continue
        this.#stalled = this.#reader !== null
        pause.then(
          () => {
            this.#stalled = false
            this.#run(chunk, at, next)
          },
          error => this.#break(error, next),
        )
        return
      }
    } catch (error) {
      this.#break(error, next)
      return
    }
    next()
  }

  /** An 'error' event of a stream that nobody listens to would end the process; this ends the connection. */
  #break(error: unknown, next: () => void): void {
    this.isClosed = true
    this.#handler.broken(error)
    next()
  }

  #readData(chunk: Buffer, from: number): [number, void | Promise<void>] {
    const reader = this.#reader!
    const end = reader.feed(chunk, from)
    const wait = this.#waiting
    this.#waiting = null
    if (!reader.ended) return [end, wait ?? undefined]
    this.#reader = null
    this.#steps++
    const done = () => this.#handler.endOfData(reader.flawed)
    return [end, wait === null ? done() : wait.then(done)]
  }

  #readLine(chunk: Buffer, from: number): [number, void | Promise<void>] {
    const newline = chunk.indexOf(0x0a, from)
    const end = newline < 0 ? chunk.length : newline + 1
    let line = chunk.subarray(from, end)
    if (this.#rest !== null) line = Buffer.concat([this.#rest, line])
    this.#rest = null
    if (line.length > maxLineOctets) {
      this.isClosed = true
      return [end, this.#handler.violation('too-long')]
    }
    if (newline < 0) {
      this.#rest = Buffer.from(line)
      return [end, undefined]
    }
    this.#steps++
    if (line[line.length - 2] !== 0x0d) return [end, this.#handler.violation('bare-lf')]
    const more = end < chunk.length || this.writableLength > chunk.length
    return [end, this.#handler.line(line.toString('utf8', 0, line.length - 2), more)]
  }

  #takeTurns(): Promise<void> | undefined {
    if (++this.#sinceYield < turn) return undefined
    this.#sinceYield = 0
    return new Promise(setImmediate)
  }

  /** The library's name for "the input ended". What was left without CRLF is no command. */
  override _flushData(): void {
    if (!this.isClosed) this.#handler.ended()
  }
}
