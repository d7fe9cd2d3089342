/**
 * An SMTP or LMTP listener on TCP or a UNIX socket. Lets connections in (admit.ts), sweeps the slow ones, and drains: no
 * new connections, open transactions end, then the rest is cut.
 */
import type { Socket } from 'node:net'
import { SMTPServer } from 'smtp-server'
import * as replies from '../../mail/replies.ts'
import { bind, placeText, portOf } from '../bind.ts'
import { createDoorkeeper, type ListenerOptions } from './admit.ts'
import { openCertificate } from './certificate.ts'
import type { Connection, ConnectionLimits } from './connection.ts'

export interface Listener {
  /** Where it listens: "127.0.0.1:2525" or a path. */
  readonly address: string
  readonly port: number | null
  readonly connections: number
  /** Other limits, for the connections that come. */
  adjust(limits: ConnectionLimits): void
  /** Resolves when all connections are gone; those still there after `deadline` milliseconds are cut. May be called again. */
  close(deadline: number): Promise<void>
}

const sweepEvery = 1_000
/** Between the last reply at the deadline and the end of the socket. */
const lastWord = 500

export async function openListener(options: ListenerOptions): Promise<Listener> {
  const server = createServer(options)
  const certificate = options.tls === null ? null : await openCertificate(options.tls, options.site().log)
  const door = createDoorkeeper(options, server, () => certificate!.context())
  server.connect = (socket: Socket) => door.admit(socket)
  try {
    await bind(server.server, options.at)
  } catch (error) {
    await certificate?.close()
    throw error
  }
  const sweeper = setInterval(() => {
    const now = options.site().clock()
    for (const connection of door.open) connection.sweep(now)
  }, sweepEvery)
  sweeper.unref()
  const port = portOf(server.server)
  return {
    address: placeText(options.at, port),
    port,
    get connections() {
      return door.open.size
    },
    adjust(limits) {
      door.adjust(limits)
      server.options.socketTimeout = limits.idleTime
    },
    async close(deadline) {
      door.shut()
      const closed = new Promise<void>(resolve => server.server.close(() => resolve()))
      for (const connection of door.open) connection.drain()
      const stop = cutAfter(deadline, door.open)
      await closed
      await certificate?.close()
      stop()
      clearInterval(sweeper)
    },
  }
}

function createServer({ site, session, lmtp, limits }: ListenerOptions): SMTPServer {
  const server = new SMTPServer({
    lmtp,
    logger: false,
    disableReverseLookup: true,
    // Both only keep the library from preparing what our dialog never offers; it answers all commands itself.
    disabledCommands: ['AUTH', 'STARTTLS'],
    authMethods: [],
    socketTimeout: limits.idleTime,
    // A client that has sent all it has to say may close its side and still hears our answers.
    allowHalfOpen: true,
  })
  server.on('error', error => site().log.warn({ listener: session.listener, err: error }, 'listener error'))
  // The library leaves a socket without one for a moment; an error then would end the process.
  server.server.prependListener('connection', (socket: Socket) => socket.on('error', () => socket.destroy()))
  return server
}

/** Cuts what is open at the deadline, and soon after it what is still there. Gives the way to call it off. */
function cutAfter(deadline: number, open: ReadonlySet<Connection>): () => void {
  let last: NodeJS.Timeout | undefined
  const hammer = setTimeout(() => {
    for (const connection of open) connection.cut(replies.shuttingDown)
    last = setTimeout(() => {
      for (const connection of open) connection._socket.destroy()
    }, lastWord)
  }, deadline)
  return () => {
    clearTimeout(hammer)
    clearTimeout(last)
  }
}
