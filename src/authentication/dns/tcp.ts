/**
 * One query over TCP (RFC 7766), for answers that don't fit into a datagram. The answer is 65,535 octets long at most: its length
 * stands before it. One packet that isn't the answer, or more than was announced, ends it.
 */
import net from 'node:net'
import type { ServerAddress } from './address.ts'
import type { Query } from './query.ts'
import { type Reply, silence, type Wait } from './udp.ts'

export function askOverTcp(server: ServerAddress, query: Query, { within, signal }: Wait): Promise<Reply> {
  if (signal.aborted) return Promise.resolve(silence)
  return new Promise(resolve => {
    const socket = net.connect({ host: server.host, port: server.port, family: server.family })
    const end = (reply: Reply) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      socket.destroy()
      resolve(reply)
    }
    const stop = () => end(silence)
    // What arrived while the thread was busy is looked at first (udp.ts).
    const timer = setTimeout(() => setImmediate(stop), Math.max(0, within))
    signal.addEventListener('abort', stop)
    const take = collect()
    socket.on('error', stop).on('end', stop)
    socket.on('data', chunk => {
      const octets = take(chunk)
      if (octets !== null) end(judge(query, octets))
    })
    socket.once('connect', () => socket.write(framed(query.octets)))
  })
}

// The sequence numbers keep forgers out who can't see the packets: the case of the letters isn't needed here.
function judge(query: Query, octets: Uint8Array): Reply {
  return query.matches(octets) === 'other' ? silence : { kind: 'packet', octets, recased: false }
}

const framed = (octets: Uint8Array): Uint8Array => Buffer.concat([Buffer.from([octets.length >> 8, octets.length & 255]), octets])

/** Gives the first packet when it is complete, however it is cut into pieces. */
function collect(): (chunk: Buffer) => Uint8Array | null {
  const chunks: Buffer[] = []
  let size = 0
  let wanted = Number.POSITIVE_INFINITY
  return chunk => {
    chunks.push(chunk)
    size += chunk.length
    if (size < 2) return null
    if (wanted === Number.POSITIVE_INFINITY) wanted = 2 + Buffer.concat(chunks).readUInt16BE(0)
    return size < wanted ? null : Buffer.concat(chunks).subarray(2, wanted)
  }
}
