/**
 * Where a listener listens: a TCP address or the path of a UNIX socket. Only a socket file that nobody answers at is taken
 * away; any other file there is an error of the configuration, and a server that lives is left alone.
 */
import { chmod, lstat, unlink } from 'node:fs/promises'
import { connect, type Server } from 'node:net'

/** A TCP address, or a path with the mode its socket file gets (0o660 …). */
export type Place = { readonly host: string; readonly port: number } | { readonly path: string; readonly mode: number }

/** Rejects, with nothing left open, where the place can't be had. */
export async function bind(server: Server, place: Place): Promise<void> {
  if (!('path' in place)) return listen(server, () => server.listen(place.port, place.host))
  await removeStale(place.path)
  await listen(server, () => server.listen(place.path))
  try {
    await chmod(place.path, place.mode)
  } catch (error) {
    server.close()
    throw error
  }
}

/** The port of a TCP listener, the one that was given for port 0 too. */
export function portOf(server: Server): number | null {
  const bound = server.address()
  return bound !== null && typeof bound === 'object' ? bound.port : null
}

/** "127.0.0.1:2525", "[::1]:2525" or a path. */
export function placeText(place: Place, port: number | null): string {
  if ('path' in place) return place.path
  return place.host.includes(':') ? `[${place.host}]:${port}` : `${place.host}:${port}`
}

function listen(server: Server, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => {
      server.off('listening', listening)
      reject(error)
    }
    const listening = () => {
      server.off('error', failed)
      resolve()
    }
    server.once('error', failed).once('listening', listening)
    start()
  })
}

/** A socket file that refuses connections is what a killed server left behind. */
async function removeStale(path: string): Promise<void> {
  const there = await lstat(path).catch(() => null)
  if (there === null || !there.isSocket()) return
  if (await refusesConnections(path)) await unlink(path)
}

/** Only ECONNREFUSED says that nobody listens: a server may be busy (EAGAIN) or not ours to ask (EACCES). */
function refusesConnections(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(false)
    })
    probe.once('error', error => resolve('code' in error && error.code === 'ECONNREFUSED'))
  })
}
