/**
 * The servers in their order: the next one is asked when one is silent or can't say. Silence alone is worth another round. A
 * server that is down is left out, and with all of them down a question fails at once, so that mail is not held up by each one.
 */
import type { ServerAddress } from './address.ts'
import { type Continues, type Failed, type Found, readAnswer } from './answer.ts'
import type { Question } from './question.ts'
import { createServer, type Server, type ServerOptions } from './server.ts'

export interface UpstreamOptions extends ServerOptions {
  readonly servers: readonly ServerAddress[]
  /** Rounds over all servers. */
  readonly tries: number
}

/** `asked` is false where no server was asked: then the failure says nothing about the name. */
export type Upstream = (question: Question) => Promise<{ readonly answer: Found | Continues | Failed; readonly asked: boolean }>

const timedOut: Failed = { kind: 'failed', code: 'ETIMEOUT' }
const servfail: Failed = { kind: 'failed', code: 'ESERVFAIL' }

export function createUpstream({ servers: addresses, tries, ...options }: UpstreamOptions): Upstream {
  const servers = addresses.map(address => createServer(address, options))

  return async question => {
    let answer: Failed = timedOut
    let asked = false
    for (let round = 0; round < tries; round++) {
      const usable = await whoIsUp(servers)
      if (usable.length === 0) break
      const heard = await askInTurn(usable, question)
      asked = true
      if (heard.answer.kind !== 'failed') return { answer: heard.answer, asked }
      answer = heard.answer
      if (!heard.silence) break
    }
    return { answer, asked }
  }
}

async function whoIsUp(servers: readonly Server[]): Promise<readonly Server[]> {
  const up = servers.filter(({ circuit }) => circuit.up())
  if (up.length > 0) {
    for (const { circuit } of servers) circuit.probeIfDue()
    return up
  }
  const revived = servers.map(async ({ circuit }) => {
    await circuit.revive()
    if (!circuit.up()) throw new Error('still down')
  })
  // The first of them that is back, or all of them that are not.
  await Promise.any(revived).catch(() => {})
  return servers.filter(({ circuit }) => circuit.up())
}

/** The first answer; else the last failure, and whether any of them was silent. */
async function askInTurn(servers: readonly Server[], question: Question) {
  let answer: Found | Continues | Failed = timedOut
  let silence = false
  for (const server of servers) {
    const told = await server.ask(question)
    if (told.kind === 'silence') {
      silence = true
      continue
    }
    answer = told.kind === 'broken' ? servfail : readAnswer(told.packet, question)
    if (answer.kind !== 'failed') break
  }
  return { answer, silence }
}
