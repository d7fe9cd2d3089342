/**
 * Postern as its users run it: `serve` with a configuration file, the default durable spool, a signed key, the log in a
 * file. The one place that knows how the benchmarks start it and count what it holds.
 */
import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { freePorts } from '../../test/support/ports.ts'
import { type Started, startProcess } from '../lib/process.ts'
import type { Place, Subject } from './subject.ts'

const cli = path.join(import.meta.dirname, '..', '..', 'src', 'cli.ts')

/** `raised` for what the machine can do; `default` for what an attacker's network gets. */
export type Limits = 'raised' | 'default'

export interface PosternOptions {
  readonly protocol: 'smtp' | 'lmtp'
  readonly limits: Limits
}

/** `limits:` for what the machine can do. */
export const raisedLimits = {
  connections: 10_000,
  'connections-per-network': 10_000,
  'unknown-recipients': 1_000_000_000,
  errors: 1_000_000_000,
  recipients: 10_000,
  'messages-per-key': 0,
  'messages-per-sender': 0,
  'messages-per-pair': 0,
} as const

/** These benches measure how mail is taken; what authentication costs is measured by itself. */
export const unchecked = { check: false } as const

const configuration = (ports: readonly number[], limits: Limits) => `hostname: incoming.example.com
listeners:
  smtp: { host: 127.0.0.1, port: ${ports[0]}${limits === 'raised' ? ', early-talker: 0s' : ''} }
  lmtp: { host: 127.0.0.1, port: ${ports[1]}, trusted: [127.0.0.1] }
  http: { host: 127.0.0.1, port: ${ports[2]} }
spool: { sqlite: { directory: spool } }
mailboxes:
  - name: incoming
    address: incoming+%{key}@incoming.example.com
    routes:
      - name: reply
        key: { signed: { secrets: { 1: { file: keys/1 } } } }
        processor: shelf
processors:
  shelf: { inbox: {} }
authentication: ${JSON.stringify(unchecked)}
${limits === 'raised' ? `limits: ${JSON.stringify(raisedLimits)}` : ''}
`

export async function mint(file: string, folder: string): Promise<string> {
  const words = [
    'keys',
    'mint',
    '--mailbox',
    'incoming',
    '--route',
    'reply',
    '--subject',
    'ticket-42',
    '--expires',
    '30d',
    '--json',
    '--config',
    file,
  ]
  const { stdout } = await promisify(execFile)(process.execPath, [cli, ...words], { cwd: folder })
  return (JSON.parse(stdout) as { address: string }).address
}

/** Messages and deliveries in the spool. They differ where a repeat added nothing. */
export function count(folder: string): number {
  const database = new DatabaseSync(path.join(folder, 'spool', 'spool.db'), { readOnly: true })
  try {
    const one = (table: string) => Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n)
    return Math.min(one('messages'), one('deliveries'))
  } finally {
    database.close()
  }
}

/** As npm start does it, in the folder of `place`. Resolves when `port` takes connections. */
export function serve({ folder, environment }: Place, file: string, port: number): Promise<Started> {
  const args = ['--max-semi-space-size=4', '--initial-old-space-size=64', cli, 'serve', '--config', file]
  const compiled = { NODE_COMPILE_CACHE: path.join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'node') }
  return startProcess({ program: process.execPath, args, folder, environment: { ...compiled, ...environment }, port })
}

export const startPostern =
  ({ protocol, limits }: PosternOptions) =>
  async ({ folder, environment }: Place): Promise<Subject> => {
    const ports = await freePorts(3)
    const file = path.join(folder, 'postern.yaml')
    await mkdir(path.join(folder, 'keys'))
    await writeFile(path.join(folder, 'keys', '1'), `${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')}\n`, {
      mode: 0o600,
    })
    await writeFile(file, configuration(ports, limits))
    const recipient = await mint(file, folder)
    const port = ports[protocol === 'smtp' ? 0 : 1]!
    const server = await serve({ folder, environment }, file, port)
    return { port, protocol, recipient, processes: () => [server.id], stored: async () => count(folder), stop: server.stop }
  }
