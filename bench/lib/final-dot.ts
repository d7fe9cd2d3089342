/** Messages by SMTP, the time taken where it counts: when the final dot has been written, and when it was answered. */
import { connect } from 'node:net'

export interface Letter {
  readonly recipient: string
  /** The whole message, lines ending with CRLF; no line begins with a dot. */
  readonly message: string
}

export interface Posted {
  /** performance.now() at which the final dot went out. */
  readonly dot: number
  readonly answered: number
}

export interface Session {
  /** Rejects where any reply is not the expected one. */
  post(letter: Letter): Promise<Posted>
  quit(): void
}

/** Resolves when it was greeted. */
export async function openSession(port: number): Promise<Session> {
  const socket = connect(port, '127.0.0.1')
  socket.setNoDelay(true)
  socket.setEncoding('latin1')
  const replies = repliesOf(socket)
  const say = async (command: string, code: string): Promise<void> => {
    socket.write(`${command}\r\n`)
    await replies.next(code)
  }
  await replies.next('220')
  await say('EHLO client.example.net', '250')
  return {
    async post({ recipient, message }) {
      await say('MAIL FROM:<person@example.net>', '250')
      await say(`RCPT TO:<${recipient}>`, '250')
      await say('DATA', '354')
      socket.write(message)
      const dot = performance.now()
      await say('.', '250')
      return { dot, answered: performance.now() }
    },
    quit: () => void socket.end('QUIT\r\n'),
  }
}

interface Replies {
  next(code: string): Promise<void>
}

function repliesOf(socket: NodeJS.ReadableStream): Replies {
  let text = ''
  let wake: (() => void) | null = null
  let ended: Error | null = null
  const woken = (): void => wake?.()
  socket.on('data', (more: string) => {
    text += more
    woken()
  })
  socket.on('error', (error: Error) => {
    ended = error
    woken()
  })
  socket.on('close', () => {
    ended ??= new Error('the connection was closed')
    woken()
  })
  const last = /^(?:\d{3}-.*\r\n)*(\d{3}) .*\r\n/
  return {
    async next(code) {
      for (;;) {
        const found = last.exec(text)
        if (found !== null) {
          text = text.slice(found[0].length)
          if (found[1] !== code) throw new Error(`expected ${code}, heard ${found[0].trim()}`)
          return
        }
        if (ended !== null) throw ended
        await new Promise<void>(resolve => {
          wake = resolve
        })
        wake = null
      }
    },
  }
}
