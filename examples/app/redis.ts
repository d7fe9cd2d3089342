/**
 * As much of a Redis client as this application needs (RESP2): one command, one connection, one reply. A real application
 * takes a library; this one shall run without any.
 */
import { connect } from 'node:net'

export type RedisReply = string | number | null | readonly RedisReply[]

/** Sends one command to `url` (redis://host:port). Rejects when Redis can't be reached, is silent for 2 s, or reports an error. */
export function redis(url: string, ...words: readonly string[]): Promise<RedisReply> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port || 6379) })
    let received = Buffer.alloc(0)
    socket.setTimeout(2000, () => socket.destroy(new Error('Redis gives no answer')))
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('Redis closed the connection')))
    socket.on('data', chunk => {
      received = Buffer.concat([received, chunk])
      const read = readReply(received, 0)
      if (read === null) return
      if (read.error === undefined) resolve(read.value)
      else reject(new Error(read.error))
      socket.end()
    })
    socket.write(`*${words.length}\r\n${words.map(word => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`)
  })
}

interface Read {
  readonly value: RedisReply
  readonly error?: string
  /** Where the next reply begins. */
  readonly end: number
}

/** The reply that begins at `start`; null while a part of it is missing. */
export function readReply(octets: Buffer, start: number): Read | null {
  const lineEnd = octets.indexOf('\r\n', start)
  if (lineEnd < 0) return null
  const kind = octets.toString('latin1', start, start + 1)
  const line = octets.toString('utf8', start + 1, lineEnd)
  const end = lineEnd + 2
  if (kind === '+') return { value: line, end }
  if (kind === '-') return { value: null, error: line, end }
  if (kind === ':') return { value: Number(line), end }
  if (kind === '$') return line === '-1' ? { value: null, end } : readText(octets, end, Number(line))
  if (kind === '*') return readList(octets, end, Number(line))
  return { value: null, error: 'not the protocol of Redis', end }
}

function readText(octets: Buffer, start: number, length: number): Read | null {
  if (octets.length < start + length + 2) return null
  return { value: octets.toString('utf8', start, start + length), end: start + length + 2 }
}

function readList(octets: Buffer, start: number, count: number): Read | null {
  const items: RedisReply[] = []
  let end = start
  while (items.length < count) {
    const item = readReply(octets, end)
    if (item === null) return null
    items.push(item.value)
    end = item.end
  }
  return { value: items, end }
}
