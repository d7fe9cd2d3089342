/**
 * Free ports on loopback, and waiting until something answers on one.
 * A port found free may be taken by another process before it is used: what can listen on port 0 itself should do so.
 */
import { once } from 'node:events'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** `count` different free ports of 127.0.0.1. All are held at once while looking, so that none comes twice. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map(server => once(server, 'listening')))
  const ports = servers.map(server => (server.address() as net.AddressInfo).port)
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  return port!
}

function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = net.connect(port, '127.0.0.1')
    const end = (up: boolean) => {
      socket.destroy()
      resolve(up)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}

/** Resolves when 127.0.0.1:`port` takes connections; throws after `timeout` milliseconds, or when `alive` says there is nobody to wait for. */
export async function waitForPort(port: number, timeout = 30_000, alive: () => boolean = () => true): Promise<void> {
  const until = Date.now() + timeout
  while (!(await answers(port))) {
    if (!alive()) throw new Error(`nothing will listen on 127.0.0.1:${port}: its process has ended`)
    if (Date.now() > until) throw new Error(`nothing listens on 127.0.0.1:${port} after ${timeout} ms`)
    await sleep(25)
  }
}
