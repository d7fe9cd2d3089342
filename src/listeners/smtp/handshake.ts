/**
 * The TLS handshake behind STARTTLS (RFC 3207 4), over a socket that is in use already. Ends within a time of its own:
 * nobody else looks at the clock while it lasts. Whatever was left unread in the clear goes into the handshake and fails it.
 */
import type { Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'

/** Milliseconds. */
export const handshakeTime = 30_000

/**
 * `settle` is called once: with null when the connection is secure, else, as the socket closes, with what went wrong. Who
 * wants to end the connection from now on destroys the socket that this gives, never the one below it.
 */
export function startHandshake(below: Socket, context: SecureContext, settle: (failure: string | null) => void): TLSSocket {
  const socket = new TLSSocket(below, { isServer: true, secureContext: context })
  let failure = 'the client left during the handshake'
  const note = (error: Error) => {
    failure = error.message
  }
  const timer = setTimeout(() => {
    failure = `no handshake within ${handshakeTime / 1000} s`
    socket.destroy()
  }, handshakeTime)
  const done = (outcome: string | null) => {
    clearTimeout(timer)
    socket.off('secure', secure).off('close', closed).off('end', left)
    settle(outcome)
  }
  const secure = () => done(null)
  const closed = () => done(failure)
  const left = () => void socket.destroy()
  // 'secure' and '_tlsError' are what Node's own TLS server listens to; a failed handshake emits no 'error'.
  socket.on('secure', secure).on('close', closed).on('_tlsError', note).on('error', note)
  // Neither does a broken record later on, and Node leaves that socket open, deaf, where no server of its own made it.
  socket.on('_tlsError', () => socket.destroy())
  // Only one that is read notices a client that closes its side. There is nothing to lose before 'secure': `settle` reads on.
  socket.on('end', left).resume()
  return socket
}
