/**
 * One connection over which Postfix asks: questions come one behind the other, and are answered one at a time, in order. A
 * protocol cuts the octets into questions and answers them; here are the socket, its back-pressure and its end.
 */
import type { Socket } from 'node:net'
import type { Clock } from '../transaction/ports.ts'
import { drained } from './drained.ts'

/** What came is not this protocol. `malformed` says for the log what was wrong, without quoting it. */
export interface Malformed {
  readonly malformed: string
}

/** Cuts octets into questions, of whatever pieces they come in. Holds no more than one question's limit and one chunk. */
export interface QuestionReader<Question> {
  feed(chunk: Buffer): void
  /** The next question; null where more octets are needed for it. After a Malformed it isn't asked again. */
  next(): Question | Malformed | null
}

export interface AskProtocol<Question> {
  reader(): QuestionReader<Question>
  /** The whole answer as it goes over the wire. */
  answer(question: Question): string | Promise<string>
  /** The answer where answering failed unexpectedly: a "later" without details. */
  readonly sorry: string
}

export interface AskConnectionOptions<Question> {
  readonly protocol: AskProtocol<Question>
  readonly clock: Clock
  readonly malformed: (what: string) => void
  readonly failed: (error: unknown) => void
  /** Called once, when the connection is gone. */
  readonly left: () => void
}

/** Answers are gathered up to so many characters before they are written. */
const gathered = 16_384

const isMalformed = (found: unknown): found is Malformed => typeof found === 'object' && found !== null && 'malformed' in found

/** An error of one question is the answer to that one, and no more. */
function carefully<Question>({ protocol, failed }: AskConnectionOptions<Question>) {
  const sorry = (error: unknown): string => {
    failed(error)
    return protocol.sorry
  }
  return (question: Question): string | Promise<string> => {
    try {
      const answer = protocol.answer(question)
      return answer instanceof Promise ? answer.catch(sorry) : answer
    } catch (error) {
      return sorry(error)
    }
  }
}

/** A connection as its listener sees it, whatever is asked over it. */
export type OpenConnection = Pick<AskConnection<unknown>, 'waitingSince' | 'drain' | 'cut'>

export class AskConnection<Question> {
  readonly #socket: Socket
  readonly #options: AskConnectionOptions<Question>
  readonly #reader: QuestionReader<Question>
  readonly #answer: (question: Question) => string | Promise<string>
  /** Answers not yet written. */
  #out = ''
  #busy = false
  /** The connection ends when what has come is answered. */
  #leaving = false
  #over = false
  #since: number | null
  /** When the last question was answered; octets alone don't count. */
  #lastAnswer: number

  constructor(socket: Socket, options: AskConnectionOptions<Question>) {
    this.#socket = socket
    this.#options = options
    this.#reader = options.protocol.reader()
    this.#answer = carefully(options)
    this.#lastAnswer = options.clock()
    this.#since = this.#lastAnswer
    socket.on('data', chunk => this.#take(chunk as Buffer))
    // A client that has asked all it wanted may close its side and still hears our answers.
    socket.on('end', () => this.drain())
    socket.on('close', () => {
      this.#over = true
      options.left()
    })
  }

  /** Since when we wait for the client, to ask or to read; null while it waits for us. */
  get waitingSince(): number | null {
    return this.#since
  }

  /** Questions that have come are answered, then the connection ends. */
  drain(): void {
    this.#leaving = true
    if (!this.#busy && !this.#over) this.#end()
  }

  /** Ends the connection now. */
  cut(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    if (this.#over) return
    this.#reader.feed(chunk)
    if (this.#busy) this.#socket.pause()
    else this.#work()
  }

  #work(): void {
    this.#busy = true
    this.#since = null
    try {
      const wait = this.#answerAll()
      if (wait !== null) wait.then(() => this.#work())
      else if (!this.#over) this.#rest()
    } catch (error) {
      this.#options.failed(error)
      this.cut()
    }
  }

  /** Answers what has come. A promise where the key store, or the client's reading, must be waited for; then there may be more. */
  #answerAll(): Promise<void> | null {
    for (;;) {
      const question = this.#over ? null : this.#reader.next()
      if (question === null) return this.#write() ? null : this.#drained()
      if (isMalformed(question)) return this.#refuse(question)
      const answer = this.#answer(question)
      this.#lastAnswer = this.#options.clock()
      if (typeof answer !== 'string') return this.#later(answer)
      this.#out += answer
      if (this.#out.length > gathered && !this.#write()) return this.#drained()
    }
  }

  #later(answer: Promise<string>): Promise<void> {
    this.#write()
    return answer.then(text => {
      this.#out += text
      this.#lastAnswer = this.#options.clock()
    })
  }

  /** The time until the client has read is the client's. */
  #drained(): Promise<void> {
    this.#since = this.#options.clock()
    return drained(this.#socket).then(() => {
      this.#lastAnswer = this.#options.clock()
    })
  }

  /** False where the client must read before it gets more. */
  #write(): boolean {
    const socket = this.#socket
    if (this.#out !== '' && !socket.destroyed) socket.write(this.#out)
    this.#out = ''
    return socket.destroyed || !socket.writableNeedDrain
  }

  #refuse({ malformed }: Malformed): null {
    this.#write()
    this.#options.malformed(malformed)
    this.#end()
    return null
  }

  #rest(): void {
    this.#busy = false
    this.#since = this.#lastAnswer
    this.#socket.resume()
    if (this.#leaving) this.#end()
  }

  /** Nothing more is read; what was answered goes out. */
  #end(): void {
    this.#over = true
    this.#since = this.#options.clock()
    this.#socket.destroySoon()
  }
}
