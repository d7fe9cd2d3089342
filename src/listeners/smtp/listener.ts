/**
 * An SMTP or LMTP listener on TCP or a UNIX socket. Lets connections in (guard, trusted peers), sweeps the slow ones, and
 * drains: no new connections, open transactions end, then the rest is cut.
 */
import { chmod, lstat, unlink } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { trustedPeers } from '../../lib/trusted.ts'
import * as replies from '../../mail/replies.ts'
import { formatReply, type Reply } from '../../mail/reply.ts'
import { type Reason, reasons } from '../../policy/reasons.ts'
import type { Guard } from '../../transaction/guard.ts'
import type { Site } from '../../transaction/site.ts'
import type { SessionFacts } from '../../transaction/transaction.ts'
import { Connection, type ConnectionLimits } from './connection.ts'
import { createDialog } from './dialog.ts'

export interface ListenerOptions {
  readonly site: Site
  readonly guard: Guard
  readonly lmtp: boolean
  readonly session: SessionFacts
  /** A TCP address, or the path of a UNIX socket with its mode (0o660 …). */
  readonly at: { readonly host: string; readonly port: number } | { readonly path: string; readonly mode: number }
  /** Addresses and networks whose word about their client is taken, and who are not slowed down. LMTP takes no others. */
  readonly trusted: readonly string[]
  /** Milliseconds without a byte from the client. */
  readonly idleTime: number
  readonly limits: ConnectionLimits
}

export interface Listener {
  /** Where it listens: "127.0.0.1:2525" or a path. */
  readonly address: string
  readonly port: number | null
  readonly connections: number
  /** Resolves when all connections are gone; those still there after `deadline` milliseconds are cut. */
  close(deadline: number): Promise<void>
}

const sweepEvery = 1_000

export async function openListener(options: ListenerOptions): Promise<Listener> {
  const isTrusted = trustedPeers(options.trusted)
  const open = new Set<Connection>()
  const server = new SMTPServer({
    lmtp: options.lmtp,
    logger: false,
    disableReverseLookup: true,
    // Both only keep the library from preparing what our dialog never offers; it answers all commands itself.
    disabledCommands: ['AUTH', 'STARTTLS'],
    authMethods: [],
    socketTimeout: options.idleTime,
  })
  server.on('error', error => options.site.log.warn({ listener: options.session.listener, err: error }, 'listener error'))
  server.connect = (socket: Socket) => {
    const peerAddress = plainAddress(socket)
    const trusted = isTrusted(peerAddress)
    const admission = options.guard.enter(peerAddress, trusted)
    if (admission.kind === 'refused') return refuse(socket, { peerAddress, ...admission })
    const dialog = createDialog({ ...options, trusted, peerAddress })
    const connection = new Connection(server, socket, {
      dialog,
      normalize: options.session.normalizeLineEndings,
      limits: options.limits,
      left: () => {
        open.delete(connection)
        options.guard.leave(peerAddress, trusted)
      },
    })
    open.add(connection)
    server.connections.add(connection)
    if (!options.lmtp || trusted) return connection.init()
    traceRefusal(options, peerAddress, 'connection.not-trusted')
    connection._setListeners(() => connection.cut(replies.peerNotTrusted))
  }
  function refuse(socket: Socket, { peerAddress, reason, silent }: { peerAddress: string | null; reason: Reason; silent: boolean }): void {
    traceRefusal(options, peerAddress, reason)
    turnAway(socket, silent ? null : reasons[reason].reply)
  }
  await listen(server, options.at)
  const sweeper = setInterval(() => {
    const now = Date.now()
    for (const connection of open) connection.sweep(now)
  }, sweepEvery)
  sweeper.unref()
  const bound = server.server.address()
  const port = bound !== null && typeof bound === 'object' ? bound.port : null
  return {
    address: 'path' in options.at ? options.at.path : `${options.at.host}:${port}`,
    port,
    get connections() {
      return open.size
    },
    async close(deadline) {
      const closed = new Promise<void>(resolve => server.server.close(() => resolve()))
      for (const connection of open) connection.drain()
      const hammer = setTimeout(() => {
        for (const connection of open) connection.cut(replies.shuttingDown)
        setTimeout(() => {
          for (const connection of open) connection._socket.destroy()
        }, 500).unref()
      }, deadline)
      await closed
      clearTimeout(hammer)
      clearInterval(sweeper)
    },
  }
}

/** Null for a UNIX socket. */
function plainAddress(socket: Socket): string | null {
  const address = socket.remoteAddress ?? ''
  return address === '' ? null : address.replace(/^::ffff:(?=\d+\.)/i, '')
}

function turnAway(socket: Socket, reply: Reply | null): void {
  socket.on('error', () => socket.destroy())
  if (reply === null) socket.destroy()
  else socket.end(`${formatReply(reply)}\r\n`, 'latin1', () => socket.destroySoon())
}

/** A connection that was not let in has no transaction, but it leaves the same trace. */
function traceRefusal({ site, session }: ListenerOptions, client: string | null, reason: Reason): void {
  const at = site.clock()
  site.trace.record({
    id: site.newId(at),
    at,
    listener: session.listener,
    client,
    helo: null,
    sender: null,
    recipients: [],
    reply: formatReply(reasons[reason].reply),
    verdict: 'defer',
    reason,
    decisions: [{ stage: 'connect', verdict: 'defer', reason }],
    message: null,
    count: 1,
  })
}

async function listen(server: SMTPServer, at: ListenerOptions['at']): Promise<void> {
  if (!('path' in at)) return bind(server, () => server.listen(at.port, at.host))
  await removeStale(at.path)
  await bind(server, () => server.listen(at.path))
  await chmod(at.path, at.mode)
}

function bind(server: SMTPServer, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.server.once('error', reject)
    server.server.once('listening', () => {
      server.server.off('error', reject)
      resolve()
    })
    start()
  })
}

/** A socket file that nobody listens on is what a killed server left behind. */
async function removeStale(path: string): Promise<void> {
  const there = await lstat(path).catch(() => null)
  if (there === null || !there.isSocket()) return
  const answered = await new Promise<boolean>(resolve => {
    const probe = connect(path)
    probe.once('connect', () => resolve(true))
    probe.once('error', () => resolve(false))
    probe.once('connect', () => probe.destroy())
  })
  if (!answered) await unlink(path).catch(() => undefined)
}
