/**
 * Who may come in: the guard's limits, and at LMTP the trusted peers alone. Behind a listed balancer the client that it names
 * (PROXY protocol) is the peer in everything. Every socket gets an 'error' listener before anything else, and whoever is
 * counted in is counted out once.
 */
import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
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
import { awaitProxyHeader } from './proxied.ts'

export interface ListenerOptions {
  /** The site as it is now: a reload puts another in its place. */
  readonly site: () => Site
  readonly guard: Guard
  readonly lmtp: boolean
  readonly session: SessionFacts
  readonly at: Place
  /** Addresses and networks whose word about their client is taken, and who are not slowed down. LMTP takes no others. */
  readonly trusted: readonly string[]
  /** STARTTLS with the certificate and key of these files (PEM). `required`: no mail without it. */
  readonly tls: { readonly certificate: string; readonly key: string; readonly required: boolean } | null
  /** Addresses and networks of balancers that begin every connection with a PROXY header. A UNIX socket is never one. */
  readonly proxyProtocol: readonly string[]
  /** Milliseconds that strangers must be silent before the greeting; 0: none. Not at relay peers, who must be listed anyway. */
  readonly earlyTalker: number
  readonly limits: ConnectionLimits
}

/** Who the connection counts as. */
interface Peer {
  /** Null on a UNIX socket. */
  readonly address: string | null
  /** Its word about its client is taken. */
  readonly trusted: boolean
  /** Trusted, or a balancer that looks whether we live: no limits of strangers. */
  readonly exempt: boolean
}

export interface Doorkeeper {
  /** A client has come. */
  admit(socket: Socket): void
  readonly open: ReadonlySet<Connection>
  /** For the connections that come. */
  adjust(limits: ConnectionLimits): void
  /** From now on whoever comes is told to come back. */
  shut(): void
}

/** `tlsContext` is asked for each handshake; never where `tls` is null. */
export function createDoorkeeper(options: ListenerOptions, server: SMTPServer, tlsContext: () => SecureContext): Doorkeeper {
  const { guard, lmtp, session } = options
  const isTrusted = trustedPeers(options.trusted)
  const isBalancer = trustedPeers(options.proxyProtocol)
  const open = new Set<Connection>()
  /** Not known yet whom they bring. */
  const unnamed = new Set<Socket>()
  let { limits } = options
  const tls = options.tls === null ? null : options.tls.required ? 'required' : 'offered'
  let shut = false

  function letIn(socket: Socket, peer: Peer): void {
    const { address, trusted, exempt } = peer
    const connection = new Connection(server, socket, {
      dialog: createDialog({ ...options, trusted, exempt, peerAddress: address, tls }),
      normalize: session.normalizeLineEndings,
      greetAfter: exempt || session.peer === 'relay' ? 0 : options.earlyTalker,
      tlsContext,
      limits,
      clock: options.site().clock,
      log: options.site().log,
      left: () => {
        open.delete(connection)
        guard.leave(address, exempt)
      },
    })
    open.add(connection)
    server.connections.add(connection)
    if (!lmtp || trusted) connection.init()
    else {
      traceConnection(options, address, { reason: 'connection.not-trusted' })
      connection._setListeners(() => connection.cut(replies.peerNotTrusted))
    }
  }

  function enter(socket: Socket, address: string | null, exempt: boolean): void {
    const peer: Peer = { address, trusted: isTrusted(address), exempt: exempt || isTrusted(address) }
    const admission = guard.enter(address, peer.exempt)
    if (admission.kind === 'admitted') {
      letIn(socket, peer)
      return
    }
    traceConnection(options, address, { reason: admission.reason })
    turnAway(socket, admission.silent ? null : reasons[admission.reason].reply)
  }

  /** Nothing is counted, and nothing said, before it is known for whom. */
  function meet(socket: Socket, balancer: string): void {
    unnamed.add(socket)
    awaitProxyHeader(socket, found => {
      unnamed.delete(socket)
      if (found.kind === 'bad') traceConnection(options, balancer, { reason: 'connection.proxy', detail: found.problem })
      if (found.kind === 'introduced' && !socket.destroyed) enter(socket, found.client ?? balancer, found.client === null)
      else socket.destroy()
    })
  }
  return {
    open,
    adjust(next) {
      limits = next
    },
    shut() {
      shut = true
      for (const socket of unnamed) socket.destroy()
    },
    admit(socket) {
      const address = addressOf(socket)
      // Gone before it was looked at. On TCP a peer without an address must not pass for one on a UNIX socket.
      if (socket.destroyed || (address === null && !('path' in options.at))) return void socket.destroy()
      if (shut) return turnAway(socket, replies.shuttingDown)
      if (address !== null && isBalancer(address)) meet(socket, address)
      else enter(socket, address, false)
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
function traceConnection(options: ListenerOptions, client: string | null, because: { reason: Reason; detail?: string }): void {
  const { listener } = options.session
  const { reply } = reasons[because.reason]
  traceRefusal(options.site(), { listener, client, helo: null, stage: 'connect', reply, ...because })
}
