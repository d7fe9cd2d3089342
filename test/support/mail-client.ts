/** A plain SMTP or LMTP client for tests: one transaction at a time over one connection, every reply at hand. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type LineReader, lineReader } from './dialog.ts'

export interface MailClient {
  /** Sends a command and gives its reply's last line. Rejects when the connection is gone. */
  command(line: string): Promise<string>
  /** Sends the message (CRLF lines) with its dots and end; gives `replies` reply lines. */
  data(message: string, replies?: number): Promise<readonly string[]>
  close(): void
}

export interface MailClientOptions {
  readonly port: number
  readonly lmtp?: boolean
}

export async function mailClient({ port, lmtp = false }: MailClientOptions): Promise<MailClient> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  const reader = lineReader(socket)
  await once(socket, 'connect')
  const client = clientOf(socket, reader)
  await replyOf(reader)
  await client.command(`${lmtp ? 'LHLO' : 'EHLO'} client.example`)
  return client
}

async function replyOf(reader: LineReader): Promise<string> {
  for (;;) {
    const line = await reader.next()
    if (line.includes('(closed)') || line.includes('(no CRLF)')) throw new Error('connection closed')
    if (line[3] === ' ') return line
  }
}

function clientOf(socket: Socket, reader: LineReader): MailClient {
  return {
    command(line) {
      socket.write(`${line}\r\n`)
      return replyOf(reader)
    },
    async data(message, replies = 1) {
      socket.write(`${message.replace(/^\./gm, '..')}${message.endsWith('\r\n') ? '' : '\r\n'}.\r\n`)
      const lines: string[] = []
      for (let i = 0; i < replies; i++) lines.push(await replyOf(reader))
      return lines
    },
    close: () => void socket.destroy(),
  }
}

/** One whole transaction; the reply that ended it. Rejects when the connection broke: the outcome is unknown then. */
export async function deliver(client: MailClient, mail: { sender: string; recipient: string; message: string }): Promise<string> {
  for (const line of [`MAIL FROM:<${mail.sender}>`, `RCPT TO:<${mail.recipient}>`, 'DATA']) {
    const reply = await client.command(line)
    if (!/^[23]/.test(reply)) {
      await client.command('RSET')
      return reply
    }
  }
  return (await client.data(mail.message))[0]!
}
