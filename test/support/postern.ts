/**
 * A real Postern: its own process, started by the command line as an operator would, in a folder of its own on free ports.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import type { MessageRow, MessageView } from '../../src/transaction/desk.ts'
import type { TransactionRow } from '../../src/transaction/ports.ts'
import { freePorts } from './ports.ts'

const source = path.join(import.meta.dirname, '..', '..', 'src', 'cli.ts')
const node = process.execPath

export interface PosternOptions {
  readonly folder: string
  /** Appended to the configuration: `limits: { … }`. What it says of limits stands beside `manyMessages`. */
  readonly more?: string
  /** The section, on one line. Left out, nothing is verified and no DNS is asked: most tests are about something else. */
  readonly authentication?: string
  /** The section, on one line; it needs an `authentication` that checks. */
  readonly notices?: string
  /** More listeners, a line each: `policy: { host: 127.0.0.1, port: 2626 }`. */
  readonly listeners?: readonly string[]
  /** More of the SMTP listener: `trusted: [127.0.0.1]`. */
  readonly smtp?: string
  /** More mailboxes, each a YAML mapping on one line. */
  readonly mailboxes?: readonly string[]
  /** Instead of the inbox: `{ webhook: { … } }`. */
  readonly processor?: string
  readonly env?: Readonly<Record<string, string>>
  /** Another command line than the one of src: a built one. */
  readonly cli?: string
}

export interface Postern {
  readonly folder: string
  readonly config: string
  readonly ports: { readonly smtp: number; readonly lmtp: number; readonly http: number }
  start(): Promise<void>
  /** Ends the process; resolves to its exit status, or the signal it died of. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>
  signal(signal: NodeJS.Signals): void
  readonly running: boolean
  /** Log lines of all starts. */
  log(): readonly Record<string, unknown>[]
  /** `postern ARGS`; rejects with stdout, stderr and code as execFile does. */
  run(...args: readonly string[]): Promise<{ stdout: string; stderr: string }>
  mint(subject: string, ...more: readonly string[]): Promise<string>
  get<T>(url: string): Promise<T>
  post(url: string): Promise<Response>
  /** All rows of the list, page by page. */
  messages(query?: string): Promise<readonly MessageRow[]>
  message(id: string): Promise<MessageView>
  raw(id: string): Promise<Buffer>
  transactions(query: string): Promise<readonly TransactionRow[]>
}

export const temporaryFolder = (name: string): Promise<string> => mkdtemp(path.join(tmpdir(), `postern-${name}-`))
export const removeFolder = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true })

/** Tests send thousands of messages from one sender to one key. */
const manyMessages = ['messages-per-key', 'messages-per-sender', 'messages-per-pair']

/** `more` with limits that say nothing else of how many messages may come. */
function withLimits(more: string): string {
  const raised = manyMessages.filter(name => !more.includes(name)).map(name => `${name}: 0`)
  if (raised.length === 0) return more
  return /^limits: \{/m.test(more)
    ? more.replace(/^limits: \{ */m, `limits: { ${raised.join(', ')}, `)
    : `limits: { ${raised.join(', ')} }\n${more}`
}

const yaml = (
  ports: readonly number[],
  {
    more = '',
    authentication = '{ check: false }',
    notices,
    processor = '{ inbox: {} }',
    listeners = [],
    smtp = '',
    mailboxes = [],
  }: PosternOptions,
) => `hostname: incoming.example.com
listeners:
  smtp: { host: 127.0.0.1, port: ${ports[0]}${smtp && `, ${smtp}`} }
  lmtp: { host: 127.0.0.1, port: ${ports[1]}, trusted: [127.0.0.1] }
  http: { host: 127.0.0.1, port: ${ports[2]} }
${listeners.map(line => `  ${line}\n`).join('')}spool: { sqlite: { directory: spool, minimum-free: 1MiB } }
mailboxes:
  - name: incoming
    address: incoming+%{key}@incoming.example.com
    routes:
      - name: reply
        key: { signed: { secrets: { 1: { file: keys/1, create: true } } } }
        processor: app
${mailboxes.map(line => `  - ${line}\n`).join('')}processors:
  app: ${processor}
  shelf: { inbox: {} }
postmaster: shelf
authentication: ${authentication}
${notices === undefined ? '' : `notices: ${notices}\n`}${withLimits(more)}
`

export async function makePostern(options: PosternOptions): Promise<Postern> {
  const { folder, cli = source } = options
  await mkdir(folder, { recursive: true })
  const [smtp, lmtp, http] = await freePorts(3)
  const config = path.join(folder, 'postern.yaml')
  await writeFile(config, yaml([smtp!, lmtp!, http!], options))
  const env = { ...process.env, ...options.env }
  let child: ChildProcess | null = null
  let output = ''
  const base = `http://127.0.0.1:${http}`
  const killAtExit = () => child?.kill('SIGKILL')
  process.on('exit', killAtExit)

  async function start(): Promise<void> {
    const from = output.length
    const started = spawn(node, [cli, 'serve', '--config', config], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    child = started
    const gather = (chunk: Buffer) => {
      output += chunk.toString()
    }
    started.stdout.on('data', gather)
    started.stderr.on('data', gather)
    started.on('exit', () => {
      if (child === started) child = null
    })
    const until = Date.now() + 30_000
    while (!output.slice(from).includes('"msg":"ready"')) {
      if (child !== started) throw new Error(`Postern ended at its start:\n${output.slice(from)}`)
      if (Date.now() > until) throw new Error(`Postern is not ready:\n${output.slice(from)}`)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }

  async function get<T>(url: string): Promise<T> {
    const response = await fetch(base + url)
    if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }

  return {
    folder,
    config,
    ports: { smtp: smtp!, lmtp: lmtp!, http: http! },
    start,
    async end(signal) {
      if (child === null) throw new Error('Postern is not running')
      const ending = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
      child.kill(signal)
      const [code, by] = await ending
      return code ?? by!
    },
    signal: signal => void child?.kill(signal),
    get running() {
      return child !== null
    },
    log: () =>
      output
        .split('\n')
        .filter(line => line.startsWith('{'))
        .map(line => JSON.parse(line) as Record<string, unknown>),
    run: (...args) => promisify(execFile)(node, [cli, ...args, '--config', config], { cwd: folder, env }),
    async mint(subject, ...more) {
      const args = [
        'keys',
        'mint',
        '--mailbox',
        'incoming',
        '--route',
        'reply',
        '--subject',
        subject,
        '--json',
        '--config',
        config,
        ...more,
      ]
      const { stdout } = await promisify(execFile)(node, [cli, ...args], { cwd: folder, env })
      return (JSON.parse(stdout) as { address: string }).address
    },
    get,
    post: url => fetch(base + url, { method: 'POST' }),
    async messages(query = '') {
      const rows: MessageRow[] = []
      let before = ''
      for (;;) {
        const page = await get<{ messages: MessageRow[]; next: string | number | null }>(`/api/messages?limit=500&${query}${before}`)
        rows.push(...page.messages)
        if (page.next === null) return rows
        before = `&before=${page.next}`
      }
    },
    message: id => get<MessageView>(`/api/messages/${id}`),
    async raw(id) {
      const response = await fetch(`${base}/api/messages/${id}/raw`)
      if (!response.ok) throw new Error(`raw ${id}: ${response.status}`)
      return Buffer.from(await response.arrayBuffer())
    },
    async transactions(query) {
      return (await get<{ transactions: TransactionRow[] }>(`/api/transactions?${query}`)).transactions
    },
  }
}
