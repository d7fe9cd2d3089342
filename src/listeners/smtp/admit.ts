/**
 * Who may come in: the guard's limits, and at LMTP the trusted peers alone. Every socket gets an 'error' listener before
 * anything else, and whoever is counted in is counted out once.
 */
import type { Socket } from 'node:net'
import type { SMTPServer } from 'smtp-server'
import { trustedPeers } from '../../lib/trusted.ts'
import * as replies from '../../mail/replies.ts'
import { formatReply, type Reply } from '../../mail/reply.ts'
import { type Reason, reasons } from '../../policy/reasons.ts'
import type { Guard } from '../../transaction/guard.ts'
import type { Site } from '../../transaction/site.ts'
import { traceRefusal } from '../../transaction/trace-refusal.ts'
import type { SessionFacts } from '../../transaction/transaction.ts'
import type { Place } from '../bind.ts'
import { Connection, type ConnectionLimits } from './connection.ts'
import { createDialog } from './dialog.ts'

export interface ListenerOptions {
  /** The site as it is now: a reload puts another in its place. */
  readonly site: () => Site
  readonly guard: Guard
  readonly lmtp: boolean
  readonly session: SessionFacts
  readonly at: Place
  /** Addresses and networks whose word about their client is taken, and who are not slowed down. LMTP takes no others. */
  readonly trusted: readonly string[]
  /** Milliseconds without an octet, or without a whole command, from the client. */
  readonly idleTime: number
  readonly limits: Omit<ConnectionLimits, 'idleTime'>
}

export interface Doorkeeper {
  /** A client has come. */
  admit(socket: Socket): void
  readonly open: ReadonlySet<Connection>
  /** From now on whoever comes is told to come back. */
  shut(): void
}

export function createDoorkeeper(options: ListenerOptions, server: SMTPServer): Doorkeeper {
  const { guard, lmtp, session } = options
  const isTrusted = trustedPeers(options.trusted)
  const open = new Set<Connection>()
  const limits = { ...options.limits, idleTime: options.idleTime }
  let shut = false

  function letIn(socket: Socket, peerAddress: string | null, trusted: boolean): void {
    const connection = new Connection(server, socket, {
      dialog: createDialog({ ...options, trusted, peerAddress }),
      normalize: session.normalizeLineEndings,
      limits,
      clock: options.site().clock,
      log: options.site().log,
      left: () => {
        open.delete(connection)
        guard.leave(peerAddress, trusted)
      },
    })
    open.add(connection)
    server.connections.add(connection)
    if (!lmtp || trusted) connection.init()
    else {
      traceConnection(options, peerAddress, 'connection.not-trusted')
      connection._setListeners(() => connection.cut(replies.peerNotTrusted))
    }
  }
  return {
    open,
    shut() {
      shut = true
    },
    admit(socket) {
      const peerAddress = addressOf(socket)
      // Gone before it was looked at. On TCP a peer without an address must not pass for one on a UNIX socket.
      if (socket.destroyed || (peerAddress === null && !('path' in options.at))) return void socket.destroy()
      if (shut) return turnAway(socket, replies.shuttingDown)
      const trusted = isTrusted(peerAddress)
      const admission = guard.enter(peerAddress, trusted)
      if (admission.kind === 'admitted') return letIn(socket, peerAddress, trusted)
      traceConnection(options, peerAddress, admission.reason)
      turnAway(socket, admission.silent ? null : reasons[admission.reason].reply)
    },
  }
}

/** Null for a UNIX socket, and for a socket that is gone. */
function addressOf(socket: Socket): string | null {
  const address = socket.remoteAddress ?? ''
  return address === '' ? null : address.replace(/^::ffff:(?=\d+\.)/i, '')
}

function turnAway(socket: Socket, reply: Reply | null): void {
  if (reply === null) socket.destroy()
  else socket.end(`${formatReply(reply)}\r\n`, 'latin1', () => socket.destroySoon())
}

/** A connection that was not let in has no transaction, but it leaves the same trace. */
function traceConnection({ site, session }: ListenerOptions, client: string | null, reason: Reason): void {
  traceRefusal(site(), { listener: session.listener, client, helo: null, stage: 'connect', reason, reply: reasons[reason].reply })
}
