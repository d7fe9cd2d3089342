/**
 * One query over UDP from a socket of its own, so that the source port is a new one each time (RFC 5452 9.2). Connected: packets
 * from elsewhere never arrive, and a port where nobody listens is known at once. Packets that answer something else are passed over.
 */
import dgram from 'node:dgram'
import type { ServerAddress } from './address.ts'
import type { Query } from './query.ts'

export type Reply =
  | { readonly kind: 'packet'; readonly octets: Uint8Array; readonly recased: boolean }
  /** Nothing came, or nobody is there. */
  | { readonly kind: 'silence' }

export const silence: Reply = { kind: 'silence' }

/** `within`: milliseconds from now; `signal`: ends it early, with silence. */
export interface Wait {
  readonly within: number
  readonly signal: AbortSignal
}

export function askOverUdp(server: ServerAddress, query: Query, { within, signal }: Wait): Promise<Reply> {
  if (signal.aborted) return Promise.resolve(silence)
  return new Promise(resolve => {
    const socket = dgram.createSocket(server.family === 6 ? 'udp6' : 'udp4')
    let ended = false
    const end = (reply: Reply) => {
      if (ended) return
      ended = true
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      // What the socket still has to say interests nobody, and an error without a listener would end the process.
      socket
        .removeAllListeners()
        .on('error', () => {})
        .close()
      resolve(reply)
    }
    const stop = () => end(silence)
    // In a thread that was busy the timer comes before what has arrived meanwhile is read: that is looked at first.
    const timer = setTimeout(() => setImmediate(stop), Math.max(0, within))
    signal.addEventListener('abort', stop)
    socket.once('error', stop)
    socket.on('message', octets => {
      const match = query.matches(octets)
      if (match !== 'other') end({ kind: 'packet', octets, recased: match === 'recased' })
    })
    socket.once('connect', () => socket.send(query.octets))
    socket.connect(server.port, server.host)
  })
}
