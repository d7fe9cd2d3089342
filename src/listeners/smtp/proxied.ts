/**
 * Waits for the PROXY header on a fresh socket, within a time for the whole of it. What comes behind the header stays in
 * the socket: it is the client's. Says nothing to the peer, whatever happens.
 */
import type { Socket } from 'node:net'
import { parseProxyHeader } from './proxy-header.ts'

export type Introduction =
  /** `client` is null where the balancer speaks for itself. */
  | { readonly kind: 'introduced'; readonly client: string | null }
  | { readonly kind: 'bad'; readonly problem: string }
  /** Left before the header was whole; many checks of balancers do that. */
  | { readonly kind: 'gone' }

/** Milliseconds for the whole header. */
export const headerTime = 5_000

/** `settle` is called once. The socket needs an 'error' listener of somebody else's. */
export function awaitProxyHeader(socket: Socket, settle: (introduction: Introduction) => void, time = headerTime): void {
  let octets = Buffer.alloc(0)
  const finish = (introduction: Introduction) => {
    clearTimeout(timer)
    socket.off('readable', read).off('end', left).off('close', left)
    settle(introduction)
  }
  const left = () => finish({ kind: 'gone' })
  const read = () => {
    const chunk = socket.read() as Buffer | null
    if (chunk === null) return
    octets = Buffer.concat([octets, chunk])
    const header = parseProxyHeader(octets)
    if (header.kind === 'more') return
    if (header.kind === 'bad') return finish(header)
    if (octets.length > header.length) socket.unshift(octets.subarray(header.length))
    finish({ kind: 'introduced', client: header.client })
  }
  const timer = setTimeout(() => finish({ kind: 'bad', problem: `no whole PROXY header within ${time / 1000} s` }), time)
  socket.on('readable', read).on('end', left).on('close', left)
}
