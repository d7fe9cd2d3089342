/**
 * One connection of smtp-server, with the dialog of our own in place of its command handlers: the library keeps the socket,
 * its closing and (later) TLS. Nothing the library would say reaches the wire; see library hazards in docs/design.md.
 */
import type { Socket } from 'node:net'
import type { SMTPServer } from 'smtp-server'
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js'
import * as replies from '../../mail/replies.ts'
import type { Reply } from '../../mail/reply.ts'
import type { Answer } from './answer.ts'
import { CommandStream } from './command-stream.ts'
import type { Dialog } from './dialog.ts'

/** Milliseconds, and octets a second. */
export interface ConnectionLimits {
  readonly transactionTime: number
  readonly minimumRate: number
  /** How long data may come slowly before the rate counts. */
  readonly rateGrace: number
}

export interface ConnectionOptions {
  readonly dialog: Dialog
  readonly normalize: boolean
  readonly limits: ConnectionLimits
  /** Called once, when the connection is gone. */
  readonly left: () => void
}

export class Connection extends SMTPConnection {
  readonly #options: ConnectionOptions
  /** An answer is being worked on: the client waits for us, not we for it. */
  #busy = false
  #draining = false
  #dataStarted = 0
  #gone = false

  constructor(server: SMTPServer, socket: Socket, options: ConnectionOptions) {
    super(server, socket)
    this.#options = options
  }

  /** No delay before the greeting, no look-up of the client's name. */
  override init(): void {
    this._setListeners(() => {
      this._ready = true
      this.say(this.#options.dialog.greeting())
    })
  }

  /** Called by the library's constructor: only what happens later may use our fields. */
  override _createParser(): CommandStream {
    return new CommandStream({
      line: text => this.#settle(this.#options.dialog.command(text)),
      violation: what => this.#violated(what),
      data: chunk => this.#options.dialog.write(chunk),
      endOfData: flawed => this.#settle(this.#options.dialog.endOfData(flawed)),
    })
  }

  #violated(what: 'too-long' | 'bare-lf'): void | Promise<void> {
    const { dialog } = this.#options
    return this.#settle(what === 'too-long' ? dialog.cut(replies.lineTooLong) : dialog.violation(replies.lineEnding))
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
    if (socket.destroyed || !socket.writable) return
    socket.write(answer.text, 'latin1')
    if (answer.next === 'close') return this.close()
    if (answer.next === 'data') {
      this.#dataStarted = Date.now()
      const parser = this._parser
      if (parser instanceof CommandStream) parser.startData(this.#options.normalize)
      return
    }
    if (this.#draining && this.#options.dialog.transactionStarted === null) return this.cut(replies.shuttingDown)
    if (socket.writableNeedDrain) return new Promise(resolve => socket.once('drain', resolve).once('close', resolve))
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

  /** Looks at the clock: too long a transaction, too slow data. `now` in milliseconds since 1970. */
  sweep(now: number): void {
    const { dialog, limits } = this.#options
    if (this.#busy || dialog.transactionStarted === null) return
    if (now - dialog.transactionStarted > limits.transactionTime) this.cut(replies.transactionTooLong)
    else if (this.#tooSlow(now)) this.cut(replies.tooSlow)
  }

  #tooSlow(now: number): boolean {
    const { minimumRate, rateGrace } = this.#options.limits
    const octets = this._parser instanceof CommandStream ? this._parser.receiving : null
    const elapsed = now - this.#dataStarted
    return octets !== null && elapsed >= rateGrace && octets / (elapsed / 1000) < minimumRate
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
    this.#options.dialog.gone()
    this.#options.left()
  }

  /** The library's own replies (all of them errors) are said in our words, by their class. */
  override send(code: number): void {
    this.cut(code >= 500 ? replies.notRecognized : replies.temporaryFailure)
  }
}
