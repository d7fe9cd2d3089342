/** A raw client for the listener tests: sends octets as they are, reads line by line, and leaves in every way there is. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type LineReader, lineReader, openTestListener, type TestListener } from '../../support/dialog.ts'
import { until } from './until.ts'

export interface Peer extends LineReader {
  readonly socket: Socket
  send(text: string): void
  /** Sends commands one after the other, each behind the reply to the one before; gives the last line of each reply. */
  say(...commands: readonly string[]): Promise<string[]>
  reply(): Promise<string>
}

/** Connects and reads the greeting. */
export async function peer(at: { readonly port: number | null } | { readonly path: string }): Promise<Peer> {
  const socket =
    'path' in at ? connect({ path: at.path, allowHalfOpen: true }) : connect({ port: at.port!, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => undefined)
  const reader = lineReader(socket)
  await once(socket, 'connect')
  const reply = async () => {
    for (;;) {
      const line = await reader.next()
      if (line[3] !== '-') return line
    }
  }
  const send = (text: string) => void socket.write(text, 'latin1')
  await reply()
  return {
    ...reader,
    socket,
    send,
    reply,
    async say(...commands) {
      const lines: string[] = []
      for (const command of commands) {
        send(`${command}\r\n`)
        lines.push(await reply())
      }
      return lines
    },
  }
}

export const toData = ['EHLO client.example', 'MAIL FROM:<writer@example.org>', 'RCPT TO:<incoming+GoodKey@in.test>', 'DATA'] as const
export const message = 'From: a@example.org\r\nSubject: one\r\n\r\nhello\r\n.\r\n'

/** Opens a listener for one test and closes it behind the test. */
export async function withListener(
  settings: Readonly<Record<string, string | number>>,
  use: (open: TestListener) => Promise<void>,
  ...more: Parameters<typeof openTestListener> extends [unknown, ...infer Rest] ? Rest : never
): Promise<void> {
  const open = await openTestListener(new Map(Object.entries(settings).map(([name, value]) => [name, `${value}`])), ...more)
  try {
    await use(open)
  } finally {
    await open.listener.close(0)
  }
}

/** Nobody is connected any more, and every message that came in was kept or forgotten. */
export async function settled({ site, listener }: TestListener): Promise<void> {
  await until(() => listener.connections === 0 && site.spool.opened === site.spool.committed + site.spool.failed + site.spool.aborted)
}
