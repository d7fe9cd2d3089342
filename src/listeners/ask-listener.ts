/**
 * A listener for questions of Postfix, on TCP or a UNIX socket: lets trusted peers in, ends idle connections, and drains. No
 * word is said to a peer that is turned away: these protocols have none for it, and Postfix asks again later.
 */
import { createServer, type Socket } from 'node:net'
import { networkOf } from '../lib/network.ts'
import { trustedPeers } from '../lib/trusted.ts'
import { createBudget } from '../policy/limits/budget.ts'
import { type Reason, reasons } from '../policy/reasons.ts'
import type { Site } from '../transaction/site.ts'
import { traceRefusal } from '../transaction/trace-refusal.ts'
import { AskConnection, type AskProtocol, type OpenConnection } from './ask-connection.ts'
import { bind, type Place, placeText, portOf } from './bind.ts'

export interface AskLimits {
  /** Milliseconds without a whole question, or without reading an answer, before the connection ends. */
  readonly idleTime: number
  /** The most connections at once; more are closed. */
  readonly connections: number
}

export interface AskListenerOptions extends AskLimits {
  /** The site as it is now: a reload puts another in its place. */
  readonly site: () => Site
  readonly at: Place
  /** Addresses and networks that may ask. Over a UNIX socket whoever can open it may. */
  readonly trusted: readonly string[]
}

export interface AskListener {
  /** "127.0.0.1:2627" or a path. */
  readonly address: string
  /** null for a UNIX socket. */
  readonly port: number | null
  /** Other limits from now on. Who is connected stays, until it is idle for the new time. */
  adjust(limits: AskLimits): void
  /**
   * Nobody new is let in, questions under way are answered, idle connections end. Resolves when all are gone; those still
   * there after `deadline` milliseconds are cut. May be called again.
   */
  close(deadline: number): Promise<void>
}

const sweepEvery = 1_000
/** Lines about malformed questions: five a minute and network. */
const complaints = { size: 5, per: 60_000, entries: 1_000 } as const

/** `name` is what the log and the trace call it. Rejects, with nothing left open, where `at` can't be had. */
export async function openAskListener<Question>(
  name: string,
  options: AskListenerOptions,
  protocol: AskProtocol<Question>,
): Promise<AskListener> {
  const { site, at } = options
  let limits: AskLimits = options
  const open = new Set<OpenConnection>()
  const complain = complainer(name, site)
  const admit = doorkeeper(name, options, () => open.size < limits.connections)

  const server = createServer({ allowHalfOpen: true, noDelay: true }, socket => {
    socket.on('error', () => socket.destroy())
    const client = addressOf(socket)
    if (!admit(socket, client)) return void socket.destroy()
    const connection = new AskConnection(socket, {
      protocol,
      clock: site().clock,
      malformed: what => complain(client, what),
      failed: error => site().log.error({ listener: name, client, err: error }, 'unexpected error at a question'),
      left: () => void open.delete(connection),
    })
    open.add(connection)
  })
  await bind(server, at)
  server.on('error', error => site().log.warn({ listener: name, err: error }, 'listener error'))
  const sweeper = setInterval(() => sweep(open, site().clock() - limits.idleTime), sweepEvery)
  sweeper.unref()
  const port = portOf(server)
  return {
    address: placeText(at, port),
    port,
    adjust(next) {
      limits = next
    },
    async close(deadline) {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      for (const connection of open) connection.drain()
      const hammer = setTimeout(() => {
        for (const connection of open) connection.cut()
      }, deadline)
      await closed
      clearTimeout(hammer)
      clearInterval(sweeper)
    },
  }
}

function sweep(open: ReadonlySet<OpenConnection>, idleSince: number): void {
  for (const connection of open) {
    if (connection.waitingSince !== null && connection.waitingSince < idleSince) connection.cut()
  }
}

/** Says who may stay; who may not leaves a trace. */
function doorkeeper(
  name: string,
  { site, at, trusted }: AskListenerOptions,
  isPlace: () => boolean,
): (socket: Socket, client: string | null) => boolean {
  const isTrusted = trustedPeers(trusted)
  const refuse = (client: string | null, reason: Reason): false => {
    traceRefusal(site(), { listener: name, client, helo: null, stage: 'connect', reason, reply: reasons[reason].reply })
    return false
  }
  return (socket, client) => {
    // Gone before it was looked at. On TCP a peer without an address must not pass for one on a UNIX socket.
    if (socket.destroyed || (client === null && !('path' in at))) return false
    if (!isTrusted(client)) return refuse(client, 'connection.not-trusted')
    return isPlace() || refuse(client, 'connection.limit')
  }
}

/** Something that speaks another protocol may come back all day: the log hears of it now and then. */
function complainer(name: string, site: () => Site): (client: string | null, what: string) => void {
  const budget = createBudget(complaints)
  return (client, what) => {
    if (budget.spend(networkOf(client), site().clock()) < 0) return
    site().log.warn({ listener: name, client, problem: what }, 'malformed question, connection closed')
  }
}

/** null for a UNIX socket, and for a socket that is gone. */
function addressOf(socket: Socket): string | null {
  const address = socket.remoteAddress ?? ''
  return address === '' ? null : address.replace(/^::ffff:(?=\d+\.)/i, '')
}
