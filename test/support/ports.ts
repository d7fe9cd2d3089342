/**
 * Free ports on loopback, and waiting until something answers on one.
 * What can listen on port 0 itself should do so.
 */
import { once } from 'node:events'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Below the ports that the system gives to clients and to servers that take any (32,768 and above): there, what one test found free, or
 * gave back for a moment to start its server again, is soon another's.
 */
const range = { from: 10_000, to: 32_000 } as const

/** Where this process goes on looking. Processes that run side by side begin far from each other. */
const place = { next: range.from + ((process.pid * 521) % (range.to - range.from)) }

function nextPort(): number {
  const port = place.next
  place.next = port + 1 < range.to ? port + 1 : range.from
  return port
}

async function isFree(port: number): Promise<boolean> {
  const server = net.createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}

/** `count` different free ports of 127.0.0.1, none of which this process has been given before. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = []
  for (let tries = 0; ports.length < count; tries++) {
    if (tries === range.to - range.from) throw new Error(`no free ports from ${range.from} to ${range.to}`)
    const port = nextPort()
    if (await isFree(port)) ports.push(port)
  }
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
