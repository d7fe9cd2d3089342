/**
 * A real HTTP listener on a free port before a desk in memory, and a raw client: fetch would set Host and the Sec-Fetch
 * fields by itself.
 */
import { type IncomingHttpHeaders, request } from 'node:http'
import { onTestFinished } from 'vitest'
import { openHttp } from '../../../src/listeners/http/open.ts'
import type { ContentDoor, ForgetOrder, HttpParts, Readiness } from '../../../src/listeners/http/options.ts'
import type { Attachment, ParsedContent } from '../../../src/mail/content.ts'
import type { ProcessorStatus } from '../../../src/transaction/desk.ts'
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
  /** Changed by tests; `resume` knows the processors that stand here. */
  processors: ProcessorStatus[]
  /** Names that were resumed. */
  readonly resumed: string[]
  get(path: string, ask?: Ask): Promise<Answer>
  /** As a form of our own page sends it. */
  post(path: string, fields?: Record<string, string>, headers?: Record<string, string>): Promise<Answer>
  close(): Promise<void>
}

/** Gives the same content for every message, and these octets for its attachments. */
export const someDoor = (content: Partial<ParsedContent>, octets: readonly Uint8Array[] = []): ContentDoor => ({
  view: async id => (id === 'none' ? null : someContent(content)),
  attachment: async (_id, index) => {
    const one = content.attachments?.[index]
    return one === undefined ? null : { name: one.name, type: one.type, octets: octets[index] ?? new Uint8Array() }
  },
})

const someContent = (more: Partial<ParsedContent>): ParsedContent => ({
  status: 'parsed',
  header: [],
  subject: 'Re: a reply',
  from: [],
  replyTo: [],
  to: [],
  cc: [],
  date: null,
  messageId: '',
  inReplyTo: [],
  references: [],
  text: null,
  textFrom: null,
  html: null,
  reply: null,
  attachments: [],
  truncated: [],
  ...more,
})

export const someAttachment = (more: Partial<Attachment> = {}): Attachment => ({
  index: 0,
  name: 'a.pdf',
  type: 'application/pdf',
  size: 3,
  sha256: '0'.repeat(64),
  disposition: 'attachment',
  contentId: null,
  ...more,
})

export const someProcessor = (more: Partial<ProcessorStatus> = {}): ProcessorStatus => ({
  name: 'app',
  running: 1,
  allowed: 4,
  concurrency: 4,
  delivered: 10,
  retried: 2,
  failed: 1,
  paused: null,
  ...more,
})

export type Settings = Partial<Pick<HttpParts, 'hosts' | 'token' | 'content' | 'links'>> & { host?: string; path?: string }

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
    content: settings.content ?? null,
    links: settings.links ?? null,
    delivery: {
      processors: () => site.processors,
      resume: name => site.processors.some(one => one.name === name) && site.resumed.push(name) > 0,
    },
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
    processors: [],
    resumed: [],
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
