/**
 * Waits until a client has read what it was sent, or is gone. Leaves no listener behind: a session may see many such waits,
 * and how many is up to the client.
 */
import type { Writable } from 'node:stream'

export function drained(socket: Writable): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })
}
