/**
 * Relays for tests on free ports of loopback: a real SMTP server (the one that the listeners are built on) that remembers what
 * came, and servers that do nothing of the kind.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import type { NoticeOptions } from '../../../src/notice/processor.ts'
import { noticeProcessor } from '../../../src/notice/processor.ts'
import { loadTemplates } from '../../../src/notice/templates.ts'
import type { Delivery, Processor } from '../../../src/transaction/ports.ts'
import { testCertificate } from '../../support/certificate.ts'
import { aDelivery } from '../../support/memory-queue.ts'

export interface Taken {
  readonly sender: string
  readonly recipients: readonly string[]
  readonly helo: string
  readonly secure: boolean
  readonly user: string | undefined
  readonly message: string
}

export interface Relay {
  readonly port: number
  readonly taken: Taken[]
  /** Connections that are open. */
  open(): number
  close(): Promise<void>
}

export async function startRelay(options: SMTPServerOptions = {}): Promise<Relay> {
  const { certificate, key } = testCertificate()
  const taken: Taken[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    key: readFileSync(key),
    cert: readFileSync(certificate),
    closeTimeout: 100,
    onData(stream, session, done) {
      const pieces: Buffer[] = []
      stream.on('data', (piece: Buffer) => pieces.push(piece))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        taken.push({
          sender: mailFrom === false ? '' : mailFrom.address,
          recipients: rcptTo.map(({ address }) => address),
          helo: session.hostNameAppearsAs as string,
          secure: session.secure,
          user: session.user as string | undefined,
          message: Buffer.concat(pieces).toString(),
        })
        done(null, `2.0.0 Ok: queued as ${taken.length}`)
      })
    },
    ...options,
  })
  server.on('error', () => {})
  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  return {
    port: (listening.address() as net.AddressInfo).port,
    taken,
    open: () => server.connections.size,
    close: () => new Promise(resolve => server.close(() => resolve())),
  }
}

export interface Odd {
  readonly port: number
  /** What the client said, in all connections. */
  readonly heard: () => string
  readonly open: () => number
  close(): Promise<void>
}

/** A server whose every word is given: `answer` hears each line. */
export async function startOdd(
  greet: (socket: net.Socket) => void,
  answer: (line: string, socket: net.Socket) => void = () => {},
): Promise<Odd> {
  let heard = ''
  const sockets = new Set<net.Socket>()
  const server = net.createServer(socket => {
    sockets.add(socket)
    let rest = ''
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', data => {
      heard += data.toString()
      const lines = (rest + data.toString()).split('\r\n')
      rest = lines.pop()!
      for (const line of lines) answer(line, socket)
    })
    greet(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as net.AddressInfo).port,
    heard: () => heard,
    open: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

export const silent = { debug() {}, info() {}, warn() {}, error() {} }
const templates = await loadTemplates({ language: 'en' })

type Smtp = NoticeOptions['smtp']

/** A processor of notices for a relay at `port`. */
export const aProcessor = (port: number, smtp: Partial<Smtp> = {}, more: Partial<NoticeOptions> = {}): Processor & { close(): void } =>
  noticeProcessor({
    hostname: 'incoming.example.com',
    from: 'postmaster@incoming.example.com',
    smtp: { host: '127.0.0.1', port, tls: 'none', ...smtp },
    templates,
    log: silent,
    clock: () => Date.UTC(2026, 10, 21, 6, 11),
    timeout: 10_000,
    ...more,
  })

export const aNotice = (some: Partial<Delivery> = {}): Delivery =>
  aDelivery({
    message: '06bqz6ypw5v0gh3m',
    recipient: 'alice@example.org',
    processor: '(notice)',
    about: { recipient: 'incoming+k3y@incoming.example.com', reason: 'key.expired' },
    received: Date.UTC(2026, 10, 21, 6, 10),
    subject: 'Re: your ticket',
    messageId: '<c@example.org>',
    ...some,
  })
