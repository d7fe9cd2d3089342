/**
 * One DNS server: a question in, a packet or silence out, within one time-out whatever it takes. Over UDP, then over TCP if the
 * answer is cut short; without EDNS or mixed case for a server that can't cope with them.
 */
import type { DecodedPacket } from 'dns-packet'
import type { ServerAddress } from './address.ts'
import { rcodeOf } from './answer.ts'
import { type Circuit, createCircuit } from './circuit.ts'
import { makeQuery, type Query, type QueryStyle, type Random, readPacket } from './query.ts'
import type { Question } from './question.ts'
import { askOverTcp } from './tcp.ts'
import { askOverUdp, type Reply } from './udp.ts'

export interface ServerOptions {
  /** Milliseconds. */
  readonly timeout: number
  readonly random: Random
  readonly clock: () => number
  readonly log: (text: string, fields: object) => void
  /** Ends all that is under way. */
  readonly signal: AbortSignal
}

export type Told =
  | { readonly kind: 'packet'; readonly packet: DecodedPacket }
  /** It answered, with octets that are no packet or with a truncated one that can't be had whole. */
  | { readonly kind: 'broken' }
  | { readonly kind: 'silence' }

export interface Server {
  readonly circuit: Circuit
  ask(question: Question): Promise<Told>
}

/** Answers whose letters came back in another case, in a row, before the server is believed not to keep it. */
const RECASED = 3
const PROBE_TIME = 1_000

export function createServer(address: ServerAddress, options: ServerOptions): Server {
  const { timeout, random, clock, log, signal } = options
  const habits = { edns: true, recased: 0 }
  const circuit = createCircuit({
    clock,
    probe: () => probe(address, options),
    changed(up) {
      if (!signal.aborted) log(up ? 'DNS server answers again' : 'DNS server gives no answer', { server: address.text })
    },
  })

  async function ask(question: Question): Promise<Told> {
    const until = performance.now() + timeout
    const told = await exchange({ question, until, style: { mixedCase: habits.recased < RECASED, edns: habits.edns } })
    circuit.told(told.kind !== 'silence')
    return told
  }

  async function exchange(step: Step): Promise<Told> {
    const query = makeQuery(step.question, step.style, random)
    const reply = await askOverUdp(address, query, { within: step.until - performance.now(), signal })
    if (reply.kind === 'silence') return reply
    if (step.style.mixedCase) {
      habits.recased = reply.recased ? habits.recased + 1 : 0
      // Perhaps a forgery, perhaps a server that doesn't keep the case: asked again with a new id from a new port.
      if (reply.recased) return exchange({ ...step, style: { ...step.style, mixedCase: false } })
    }
    return judge(step, query, reply)
  }

  async function judge(step: Step, query: Query, reply: Reply & { kind: 'packet' }): Promise<Told> {
    const packet = readPacket(reply.octets)
    if (packet === null) return broken
    if (step.style.edns && refusesEdns(packet)) {
      const plain = await exchange({ ...step, style: { ...step.style, edns: false } })
      if (plain.kind === 'packet' && !refusesEdns(plain.packet)) habits.edns = false
      return plain
    }
    return packet.flag_tc ? whole(query, step.until) : { kind: 'packet', packet }
  }

  async function whole(query: Query, until: number): Promise<Told> {
    const reply = await askOverTcp(address, query, { within: until - performance.now(), signal })
    const packet = reply.kind === 'packet' ? readPacket(reply.octets) : null
    return packet === null || packet.flag_tc ? broken : { kind: 'packet', packet }
  }

  return { circuit, ask }
}

interface Step {
  readonly question: Question
  readonly style: QueryStyle
  /** By performance.now(). */
  readonly until: number
}

const broken: Told = { kind: 'broken' }

const FORMERR = 1
const NOTIMP = 4

/** RFC 6891 7; an extended code is BADVERS at least, which the four bits of the header don't show. */
const refusesEdns = (packet: DecodedPacket): boolean =>
  [FORMERR, NOTIMP].includes(rcodeOf(packet)) ||
  (packet.additionals ?? []).some(record => record.type === 'OPT' && record.extendedRcode > 0)

/** The servers of the root are known to any server, and its refusal to tell would do. */
async function probe(address: ServerAddress, { timeout, random, signal }: ServerOptions): Promise<boolean> {
  const query = makeQuery({ name: '.', type: 'NS' }, { mixedCase: false, edns: false }, random)
  const reply = await askOverUdp(address, query, { within: Math.min(timeout, PROBE_TIME), signal })
  return reply.kind !== 'silence'
}
