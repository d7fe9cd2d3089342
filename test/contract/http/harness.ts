/**
 * A real HTTP listener on a free port before a desk in memory, and a raw client: fetch would set Host and the Sec-Fetch
 * fields by itself.
 */
import { type IncomingHttpHeaders, request } from 'node:http'
import { onTestFinished } from 'vitest'
import { openHttp } from '../../../src/listeners/http/open.ts'
import type { ForgetOrder, HttpParts, Readiness } from '../../../src/listeners/http/options.ts'
import { type FakeDesk, fakeDesk } from '../../support/fake-desk.ts'

export const token = 'a-token-of-24-characters'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Ask {
  readonly method?: string
  readonly headers?: Record<string, string | string[]>
  readonly body?: string
}

export interface Site {
  readonly desk: FakeDesk
  readonly port: number
  readonly notified: (string | undefined)[]
  /** What was asked to be forgotten. Each but a mailbox named `nowhere` counts for 3. */
  readonly forgotten: ForgetOrder[]
  readonly logged: { level: string; text: string; fields: object }[]
  readiness: Readiness
  get(path: string, ask?: Ask): Promise<Answer>
  /** As a form of our own page sends it. */
  post(path: string, fields?: Record<string, string>, headers?: Record<string, string>): Promise<Answer>
  close(): Promise<void>
}

export type Settings = Partial<Pick<HttpParts, 'hosts' | 'token'>> & { host?: string; path?: string }

export async function openSite(settings: Settings = {}): Promise<Site> {
  const desk = fakeDesk()
  const notified: (string | undefined)[] = []
  const forgotten: ForgetOrder[] = []
  const logged: { level: string; text: string; fields: object }[] = []
  const at = (level: string) => (fields: object, text: string) => void logged.push({ level, text, fields })
  const where = settings.path === undefined ? { host: settings.host ?? '127.0.0.1', port: 0 } : { path: settings.path }
  const listener = await openHttp({
    ...where,
    hosts: settings.hosts ?? [],
    token: settings.token === undefined ? token : settings.token,
    desk,
    readiness: () => site.readiness,
    notify: processor => void notified.push(processor),
    forget: what => (what.mailbox === 'nowhere' ? null : forgotten.push(what) && 3),
    version: '1.2.3',
    log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
  })
  onTestFinished(() => listener.close())
  const socket = settings.path === undefined ? { host: '127.0.0.1', port: listener.port } : { socketPath: settings.path }
  const site: Site = {
    desk,
    port: listener.port,
    notified,
    forgotten,
    logged,
    readiness: { ready: true, checks: [{ name: 'spool', ok: true, detail: 'var/spool' }] },
    get: (path, ask = {}) => exchange(socket, path, ask),
    post: (path, fields = {}, headers = {}) =>
      exchange(socket, path, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin', ...headers },
        body: new URLSearchParams(fields).toString(),
      }),
    close: () => listener.close(),
  }
  return site
}

type Where = { host: string; port: number } | { socketPath: string }

function exchange(where: Where, path: string, { method = 'GET', headers = {}, body = '' }: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sized = body === '' && method === 'GET' ? headers : { ...headers, 'content-length': String(Buffer.byteLength(body)) }
    const outgoing = request({ ...where, path, method, headers: { host: 'localhost', ...sized }, agent: false }, answer => {
      const chunks: Buffer[] = []
      answer.on('data', chunk => chunks.push(chunk))
      answer.on('end', () => resolve({ status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(chunks).toString() }))
      answer.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
