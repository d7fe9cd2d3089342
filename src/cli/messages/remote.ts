/**
 * The desk of a running server, by its API (docs/api.md), over TCP or a UNIX socket. What the server refuses is a Failure with
 * the server's own words.
 */
import { type IncomingMessage, request } from 'node:http'
import type { Content } from '../../mail/content.ts'
import type { MessageFilter, MessageView, Redelivered } from '../../transaction/desk.ts'
import { Failure } from '../failure.ts'
import type { Changed, MessagesDesk } from './desk.ts'

/** One HTTP listener of the configuration, as it is reached from here. */
export interface Door {
  readonly at: { readonly host: string; readonly port: number } | { readonly path: string }
  readonly token: string | null
}

/** Milliseconds without a sign of the server. */
const patience = 60_000

export const doorName = ({ at }: Door): string =>
  'path' in at ? at.path : `http://${at.host.includes(':') ? `[${at.host}]` : at.host}:${at.port}`

/** null where nobody listens there. Throws a Failure where it is somebody else. */
export async function remoteDesk(door: Door): Promise<MessagesDesk | null> {
  const where = doorName(door)
  const alive = await exchange(door, 'GET', '/healthz').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') return null
    throw new Failure(`${where} can’t be asked: ${error.message}`)
  })
  if (alive === null) return null
  if (alive.statusCode !== 200 || (await text(alive)) !== 'OK\n') throw new Failure(`${where} is no server of ours: it has no /healthz`)
  const ask = asker(door)
  return {
    where,
    running: true,
    list: async filter =>
      (await ask('GET', `/api/messages?${query({ limit: 500, ...filter })}`)) as Awaited<ReturnType<MessagesDesk['list']>>,
    count: async filter => ((await ask('GET', `/api/messages/count?${query(filter)}`)) as { count: number }).count,
    view: async id => (await ask('GET', path(id), [404])) as MessageView | null,
    content: async id => (await ask('GET', `${path(id)}/content`, [404, 503])) as Content | null,
    raw: id => raw(door, id),
    redeliver: async (id, how) => changed(await exchange(door, 'POST', `${path(id)}/${how}`), where),
    redeliverMany: async (filter, how) => (await ask('POST', `/api/messages/${how}?${query(filter)}`)) as Redelivered,
    close: async () => undefined,
  }
}

const path = (id: string): string => `/api/messages/${encodeURIComponent(id.toWellFormed())}`

function query(filter: MessageFilter): string {
  const times = new Set(['since', 'until'])
  const values = Object.entries(filter).filter(([, value]) => value !== undefined)
  return new URLSearchParams(
    values.map(([name, value]): [string, string] => [name, times.has(name) ? new Date(value).toISOString() : String(value)]),
  ).toString()
}

function exchange({ at, token }: Door, method: string, url: string): Promise<IncomingMessage> {
  const where = 'path' in at ? { socketPath: at.path } : { host: at.host, port: at.port }
  const headers = { host: 'localhost', ...(token === null ? {} : { authorization: `Bearer ${token}` }) }
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...where, method, path: url, headers, timeout: patience }, resolve)
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${patience / 1000} s`)))
    outgoing.on('error', reject)
    outgoing.end()
  })
}

async function text(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** Resolves to the answer's JSON, or to null for a status of `none`. */
function asker(door: Door): (method: string, url: string, none?: readonly number[]) => Promise<unknown> {
  return async (method, url, none = []) => {
    const answer = await exchange(door, method, url).catch((error: Error) => {
      throw new Failure(`${doorName(door)} can’t be asked: ${error.message}`)
    })
    const body = await text(answer)
    if (none.includes(answer.statusCode!)) return null
    if (answer.statusCode !== 200) throw refused(doorName(door), answer.statusCode!, body)
    return parsed(body) ?? refusedThrow(doorName(door), answer.statusCode, body)
  }
}

async function changed(answer: IncomingMessage, where: string): Promise<Changed> {
  const body = await text(answer)
  const value = parsed(body) as { count?: number; error?: { message?: string } } | null
  if (answer.statusCode === 200 && typeof value?.count === 'number') return { count: value.count }
  if ((answer.statusCode === 404 || answer.statusCode === 409) && value?.error?.message !== undefined)
    return { problem: value.error.message }
  throw refused(where, answer.statusCode!, body)
}

async function raw(door: Door, id: string): Promise<AsyncIterable<Uint8Array> | null> {
  const answer = await exchange(door, 'GET', `${path(id)}/raw`)
  if (answer.statusCode === 200) return answer
  const body = await text(answer)
  if (answer.statusCode === 404) return null
  throw refused(doorName(door), answer.statusCode!, body)
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}

function refused(where: string, status: number, body: string): Failure {
  const { error } = (parsed(body) ?? {}) as { error?: { message?: string } }
  return new Failure(`${where} answers ${status}: ${error?.message ?? body.slice(0, 500)}`)
}

function refusedThrow(where: string, status: number, body: string): never {
  throw refused(where, status, body)
}
