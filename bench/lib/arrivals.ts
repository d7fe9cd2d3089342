/**
 * The application: an HTTP server in this process that notes when it has the whole of a message, by the number in its Subject.
 * It answers at once. What it gets may be a raw message or an event that has the subject in clear.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Arrivals {
  readonly url: string
  /** performance.now() at which message `n` was there for the first time. Rejects after `patience` milliseconds. */
  arrived(n: number, patience: number): Promise<number>
  /** How many different messages, and how many calls. */
  readonly messages: number
  readonly calls: number
  close(): Promise<void>
}

export const subject = (n: number): string => `number-${n}-of-the-bench`
const pattern = /number-(\d+)-of-the-bench/

export async function listenForArrivals(): Promise<Arrivals> {
  const at = new Map<number, number>()
  const waiting = new Map<number, (at: number) => void>()
  let calls = 0
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const now = performance.now()
      response.end()
      calls++
      const n = Number(pattern.exec(Buffer.concat(pieces).toString('latin1'))?.[1] ?? Number.NaN)
      if (Number.isNaN(n) || at.has(n)) return
      at.set(n, now)
      waiting.get(n)?.(now)
      waiting.delete(n)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/inbound`,
    async arrived(n, patience) {
      const known = at.get(n)
      if (known !== undefined) return known
      const { promise, resolve, reject } = Promise.withResolvers<number>()
      waiting.set(n, resolve)
      const timer = setTimeout(() => reject(new Error(`message ${n} did not arrive within ${patience} ms`)), patience)
      return promise.finally(() => clearTimeout(timer))
    },
    get messages() {
      return at.size
    },
    get calls() {
      return calls
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
