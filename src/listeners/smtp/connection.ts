/**
 * One connection of smtp-server, with the dialog of our own in place of its command handlers: the library keeps the socket,
 * its closing. TLS is Node's own (handshake.ts). Nothing the library would say reaches the wire; see library hazards in docs/design.md.
 */
import type { Socket } from 'node:net'
import type { SecureContext, TLSSocket } from 'node:tls'
import type { SMTPServer } from 'smtp-server'
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js'
import * as replies from '../../mail/replies.ts'
import type { Reply } from '../../mail/reply.ts'
import type { Clock, Log } from '../../transaction/ports.ts'
import { drained } from '../drained.ts'
import type { Answer } from './answer.ts'
import { CommandStream } from './command-stream.ts'
import type { Dialog } from './dialog.ts'
import { startHandshake } from './handshake.ts'

/** Milliseconds, and octets a second. */
export interface ConnectionLimits {
  /** Without an octet, and without a whole command, from the client. */
  readonly idleTime: number
  readonly transactionTime: number
  readonly minimumRate: number
  /** How long data may come slowly before the rate counts. */
  readonly rateGrace: number
}

export interface ConnectionOptions {
  readonly dialog: Dialog
  readonly normalize: boolean
  /** Milliseconds before the greeting, in which the client must be silent; 0: it is greeted at once. */
  readonly greetAfter: number
  /** What a handshake that begins now uses. Not asked where the dialog offers no STARTTLS. */
  readonly tlsContext: () => SecureContext
  readonly limits: ConnectionLimits
  readonly clock: Clock
  readonly log: Log
  /** Called once, when the connection is gone. */
  readonly left: () => void
}

export class Connection extends SMTPConnection {
  readonly #options: ConnectionOptions
  /** An answer is being worked on: the client waits for us, not we for it. */
  #busy = false
  /** Behind the command that is answered, octets had come already. */
  #more = false
  #draining = false
  /** Runs until the greeting. */
  #silence: NodeJS.Timeout | undefined
  #gone = false
  /** What the minimum rate is measured from. */
  #rate = { since: 0, octets: 0 }
  /** The last sign of a client that gets on: how many steps it had made, and when that was seen first. */
  #progress = { steps: -1, since: 0 }

  constructor(server: SMTPServer, socket: Socket, options: ConnectionOptions) {
    super(server, socket)
    this.#options = options
  }

  /** The greeting comes at once or after a silence of our own; no look-up of the client's name. */
  override init(): void {
    const { greetAfter } = this.#options
    this._setListeners(() => {
      if (greetAfter === 0) return this.#greet()
      if (this._parser instanceof CommandStream) this._parser.hold()
      this.#silence = setTimeout(() => this.#greet(), greetAfter)
    })
  }

  #greet(): void {
    if (this._closing || !(this._parser instanceof CommandStream)) return
    this._parser.release()
    this._ready = true
    this.say(this.#options.dialog.greeting())
  }

  /** Called by the library's constructor: only what happens later may use our fields. */
  override _createParser(): CommandStream {
    return new CommandStream({
      line: (text, more) => {
        this.#more = more || this._socket.readableLength > 0
        return this.#settle(this.#options.dialog.command(text, this.#more))
      },
      early: () => void this.#settle(this.#options.dialog.early()),
      violation: what => this.#violated(what),
      data: chunk => this.#options.dialog.write(chunk),
      endOfData: flawed => {
        this.#more = false
        return this.#settle(this.#options.dialog.endOfData(flawed))
      },
      ended: () => this.close(),
      broken: error => this.#broken(error),
    })
  }

  #violated(what: 'too-long' | 'bare-lf'): void | Promise<void> {
    const { dialog } = this.#options
    return this.#settle(what === 'too-long' ? dialog.cut(replies.lineTooLong) : dialog.violation(replies.lineEnding))
  }

  /** The state of the session is not known any more: 451, and the connection ends. */
  #broken(error: unknown): void {
    this.#options.log.error({ err: error }, 'unexpected error in a connection')
    try {
      this.cut(replies.temporaryFailure)
    } catch {
      this._socket.destroy()
    }
  }

  #settle(answer: Answer | Promise<Answer>): void | Promise<void> {
    if (!(answer instanceof Promise)) return this.say(answer)
    this.#busy = true
    return answer.then(later => {
      this.#busy = false
      return this.say(later)
    })
  }

  /** Writes an answer and does what comes after it. A promise while the client does not read what it was sent. */
  say(answer: Answer): void | Promise<void> {
    const socket = this._socket
    if (socket.destroyed) return
    // In the middle of a handshake nothing can be said.
    if (this._upgrading) return void socket.destroy()
    if (!socket.writable) return this.close()
    write(socket, answer.text, this.#more)
    if (answer.next === 'close') return this.close()
    if (answer.next === 'data') return this.#startData()
    if (answer.next === 'tls') return this.#startTls()
    if (this.#draining && this.#options.dialog.transactionStarted === null) return this.cut(replies.shuttingDown)
    if (socket.writableNeedDrain) return drained(socket)
  }

  #startData(): void {
    this.#rate = { since: this.#options.clock(), octets: 0 }
    if (this._parser instanceof CommandStream) this._parser.startData(this.#options.normalize)
  }

  /** The stream that read the clear text is never used again, whatever it may still hold. */
  #startTls(): void {
    const below = this._socket
    below.uncork()
    if (this._parser instanceof CommandStream) {
      below.unpipe(this._parser)
      this._parser.isClosed = true
    }
    below.setTimeout(0)
    const parser = this._createParser()
    this._parser = parser
    this._upgrading = true
    const socket = startHandshake(below, this.#options.tlsContext(), failure => {
      if (failure === null) this.#secured(socket, parser)
      else if (!this.#draining) this.#options.dialog.handshakeFailed(failure)
    })
    socket.on('close', hadError => this._onCloseEvent(hadError)).on('error', () => this._onError())
    // Whoever wants to end the connection in the handshake destroys this one, not the one below.
    this._socket = socket
  }

  #secured(socket: TLSSocket, parser: CommandStream): void {
    this._upgrading = false
    this.secure = true
    this._armTimeout()
    this.#options.dialog.secured({ version: socket.getProtocol(), cipher: socket.getCipher().name })
    socket.pipe(parser)
  }

  /** Ends the connection from our side, now. */
  cut(reply: Reply): void {
    this.say(this.#options.dialog.cut(reply))
  }

  /** No new transaction; an open one may end. */
  drain(): void {
    this.#draining = true
    if (!this.#busy && this.#options.dialog.transactionStarted === null) this.cut(replies.shuttingDown)
  }

  /** Looks at the clock: too long a transaction, too slow data, no whole command for too long. `now` as the clock has it. */
  sweep(now: number): void {
    const { dialog, limits } = this.#options
    const parser = this._parser
    if (this._closing || this._upgrading || !(parser instanceof CommandStream)) return
    if (this.#busy) this.#progress.since = now
    else if (dialog.transactionStarted !== null && now - dialog.transactionStarted > limits.transactionTime) {
      this.cut(replies.transactionTooLong)
    } else if (parser.receiving !== null) this.#sweepData(parser, now)
    else this.#sweepCommands(parser, now)
  }

  #sweepData(parser: CommandStream, now: number): void {
    const { minimumRate, rateGrace } = this.#options.limits
    const octets = parser.receiving ?? 0
    this.#progress.since = now
    if (parser.stalled) {
      this.#rate = { since: now, octets }
      return
    }
    const elapsed = now - this.#rate.since
    if (elapsed >= rateGrace && (octets - this.#rate.octets) / (elapsed / 1000) < minimumRate) this.cut(replies.tooSlow)
  }

  /** An octet now and then keeps the socket's time-out away, and so does reading an answer by the octet. */
  #sweepCommands(parser: CommandStream, now: number): void {
    if (parser.steps !== this.#progress.steps) this.#progress = { steps: parser.steps, since: now }
    else if (now - this.#progress.since > this.#options.limits.idleTime) this.cut(replies.idle)
  }

  override _onTimeout(): void {
    if (this._closing) this._socket.destroy()
    else if (this.#busy) this._armTimeout()
    else this.cut(replies.idle)
  }

  /** A broken connection is the client's affair; whatever else went wrong with the socket ends it too. */
  override _onError(): void {
    this._socket.destroy()
  }

  override _onClose(): void {
    super._onClose()
    if (this.#gone) return
    this.#gone = true
    clearTimeout(this.#silence)
    this.#options.dialog.gone()
    this.#options.left()
  }

  /** The library's own replies (all of them errors) are said in our words, by their class. */
  override send(code: number): void {
    this.cut(code >= 500 ? replies.notRecognized : replies.temporaryFailure)
  }
}

/** Answers to commands that came together leave together (RFC 2920 3.2): each write of its own wakes the client. */
function write(socket: Socket, text: string, more: boolean): void {
  if (more && socket.writableCorked === 0) {
    socket.cork()
    setImmediate(() => socket.uncork())
  }
  socket.write(text, 'latin1')
  if (!more) socket.uncork()
}
