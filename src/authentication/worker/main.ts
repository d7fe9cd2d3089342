/**
 * The thread that checks messages: its own resolver with its own memory, many checks at a time, because most of their time is the
 * DNS's. Answers every request exactly once, but for those whose message broke off.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { createBoundedMap } from '../../lib/bounded-map.ts'
import { createResolver } from '../dns/resolver.ts'
import type { KeptKeys } from '../keys.ts'
import { createLookups, type Lookups } from '../lookups.ts'
import { checkMessage } from '../message.ts'
import { checkSpf } from '../spf.ts'
import type { Reply, Request, WorkerStart } from '../wire.ts'
import { createInflow, type Inflow, wholePieces } from './inflow.ts'
import { createTurns } from './turns.ts'

const port = parentPort!
const { hostname, dns } = workerData as WorkerStart
const clock = (): number => Date.now()
const reply = (message: Reply): void => port.postMessage(message)
const resolver = createResolver({
  servers: dns.servers,
  timeout: dns.timeout,
  tries: dns.tries,
  clock,
  log: (text, fields) => reply({ kind: 'log', text, fields }),
})
const keys: KeptKeys = createBoundedMap(1000)
const inflows = new Map<number, Inflow>()
const turn = createTurns()

/** The other half is for what stands in the message. */
const mostForSpf = Math.ceil(dns.queries / 2)
const lookupsFor = (queries: number): Lookups => createLookups(resolver.budget(Math.max(0, queries), clock() + dns.time))

type Asked<K extends Request['kind']> = Extract<Request, { kind: K }>

async function answerSpf({ id, question }: Asked<'spf'>): Promise<void> {
  const lookups = lookupsFor(mostForSpf)
  reply({ kind: 'spf', id, answer: await checkSpf(question, { hostname, lookups, time: dns.time }) })
}

async function answerMessage({ id, facts, octets }: Asked<'message'>): Promise<void> {
  // Aliases may bring SPF over its half; a sender's record must not cost the author's domain its own.
  const lookups = lookupsFor(dns.queries - Math.min(facts.spf.queries, mostForSpf))
  try {
    const pieces = octets === null ? openInflow(id) : wholePieces(octets, turn)
    reply({ kind: 'message', id, answer: await checkMessage(facts, pieces, { lookups, keys }) })
  } finally {
    inflows.delete(id)
  }
}

function openInflow(id: number): Inflow['pieces'] {
  const inflow = createInflow(() => reply({ kind: 'taken', id }), turn)
  inflows.set(id, inflow)
  return inflow.pieces
}

const orFail = (id: number, answering: Promise<void>): void =>
  void answering.catch(error => reply({ kind: 'failed', id, error: String((error as Error)?.stack ?? error) }))

const on: { readonly [K in Request['kind']]: (request: Asked<K>) => void } = {
  spf: request => orFail(request.id, answerSpf(request)),
  message: request => orFail(request.id, answerMessage(request)),
  piece: ({ id, octets }) => inflows.get(id)?.push(octets),
  end: ({ id }) => inflows.get(id)?.end(),
  broken: ({ id }) => inflows.get(id)?.break(),
  close: () => {
    resolver.close()
    port.close()
  },
}

port.on('message', (request: Request) => (on[request.kind] as (request: Request) => void)(request))
reply({ kind: 'ready' })
