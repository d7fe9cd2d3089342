/**
 * A DNS server whose every answer a test writes itself, for what no real server does on purpose: silent, late, cut short, with the
 * wrong id or question, garbage, enormous, slow. The same free port of 127.0.0.1 for UDP and TCP.
 */
import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Answer,
  type DecodedPacket,
  decode,
  encode,
  type Packet,
  type Question,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
} from 'dns-packet'

export interface ScriptedQuestion {
  /** As it came, in the case it came in. */
  readonly name: string
  /** Lower case, for looking up. */
  readonly key: string
  readonly type: string
  readonly id: number
  readonly over: 'udp' | 'tcp'
  readonly packet: DecodedPacket
  readonly octets: Buffer
}

/** A packet to be sent (id, question and flags are those of the query unless it says otherwise), octets, several, or null: silence. */
export type ScriptedAnswer = (Packet & { readonly rcode?: number }) | Uint8Array | readonly Uint8Array[] | null

export interface ScriptedDns {
  readonly port: number
  readonly server: string
  /** All questions that came, in order. */
  readonly questions: readonly ScriptedQuestion[]
  stop(): Promise<void>
}

/** `handler` may wait as long as it likes. Over TCP the length prefix is put before each piece of octets it gives. */
export async function scriptedDns(handler: (question: ScriptedQuestion) => ScriptedAnswer | Promise<ScriptedAnswer>): Promise<ScriptedDns> {
  const questions: ScriptedQuestion[] = []
  const streams = new Set<net.Socket>()
  let stopped = false
  const answer = async (octets: Buffer, over: 'udp' | 'tcp'): Promise<readonly Uint8Array[]> => {
    const packet = decode(octets)
    const { name, type } = packet.questions![0]!
    const question = { name, key: name.toLowerCase(), type, id: packet.id!, over, packet, octets }
    questions.push(question)
    return pieces(await handler(question), packet)
  }
  const { udp, tcp, port } = await bothOnOnePort()
  udp.on('message', async (octets, from) => {
    const pieces = await answer(octets, 'udp')
    // The handler may have taken longer than the server lived.
    if (!stopped) for (const piece of pieces) udp.send(piece, from.port, from.address, () => {})
  })
  tcp.on('connection', stream => {
    streams.add(stream)
    stream.on('close', () => streams.delete(stream)).on('error', () => {})
    readQuestions(stream, async octets => {
      for (const piece of await answer(octets, 'tcp')) stream.write(prefixed(piece))
    })
  })
  return {
    port,
    server: `127.0.0.1:${port}`,
    questions,
    async stop() {
      stopped = true
      for (const stream of streams) stream.destroy()
      await Promise.all([new Promise<void>(done => udp.close(done)), new Promise(done => tcp.close(done))])
    },
  }
}

/** An answer with these records, each `{ type, data, ttl }` and a name unless it is the question's. */
export const records = (question: ScriptedQuestion, list: readonly (Partial<Answer> & { data: unknown })[]): Packet => ({
  answers: list.map(record => ({ name: question.name, type: question.type, ttl: 300, class: 'IN', ...record }) as Answer),
})

function pieces(answer: ScriptedAnswer, query: DecodedPacket): readonly Uint8Array[] {
  if (answer === null) return []
  if (answer instanceof Uint8Array) return [answer]
  if (Array.isArray(answer)) return answer
  const { rcode = 0, flags = 0, ...rest } = answer as Packet & { rcode?: number }
  const base: Packet = { type: 'response', id: query.id!, questions: query.questions! }
  return [encode({ ...base, ...rest, flags: RECURSION_DESIRED | RECURSION_AVAILABLE | flags | rcode })]
}

const prefixed = (octets: Uint8Array) => Buffer.concat([Buffer.from([octets.length >> 8, octets.length & 255]), octets])

function readQuestions(stream: net.Socket, take: (octets: Buffer) => Promise<void>): void {
  let waiting = Buffer.alloc(0)
  stream.on('data', async chunk => {
    waiting = Buffer.concat([waiting, chunk])
    while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
      const octets = waiting.subarray(2, 2 + waiting.readUInt16BE(0))
      waiting = waiting.subarray(2 + octets.length)
      await take(octets)
    }
  })
}

async function bothOnOnePort(): Promise<{ udp: dgram.Socket; tcp: net.Server; port: number }> {
  for (let tries = 0; ; tries++) {
    const udp = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    await once(udp, 'listening')
    const { port } = udp.address()
    const tcp = net.createServer().listen(port, '127.0.0.1')
    try {
      await once(tcp, 'listening')
      return { udp, tcp, port }
    } catch (error) {
      // Somebody has the port for TCP: another one.
      udp.close()
      if (tries === 20) throw error
      await sleep(5)
    }
  }
}

/** One question to a server on 127.0.0.1 over UDP, for tests that want to see the packet. Rejects after `timeout` milliseconds. */
export async function ask(port: number, question: Question, timeout = 20_000): Promise<DecodedPacket> {
  const socket = dgram.createSocket('udp4')
  try {
    const answer = once(socket, 'message', { signal: AbortSignal.timeout(timeout) })
    socket.send(encode({ type: 'query', id: 1, flags: RECURSION_DESIRED, questions: [question] }), port, '127.0.0.1')
    const [octets] = (await answer) as [Buffer]
    return decode(octets)
  } finally {
    socket.close()
  }
}
