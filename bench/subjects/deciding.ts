/**
 * Postern with one kind of key behind all four doors: socketmap, policy service, LMTP and SMTP, its limits raised. One process
 * for each kind, so that its memory and its time are that kind's alone.
 */
import { createWriteStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { freePorts, waitForPort } from '../../test/support/ports.ts'
import { type Door, doors } from '../lib/decide.ts'
import { signedQuestions, storedKey, storedKeys, storedQuestions } from '../lib/questions.ts'
import type { KeyStores } from './key-stores.ts'
import { raisedLimits, serve, unchecked } from './postern.ts'

export type Kind = 'signed' | 'file-1' | 'file-1m' | 'redis' | 'sql'
export const kinds: readonly Kind[] = ['signed', 'file-1', 'file-1m', 'redis', 'sql']

export interface Deciding {
  readonly ports: Readonly<Record<Door, number>>
  readonly process: number
  /** The file of questions that fit its keys. */
  readonly questions: string
  /** Seconds from the start of the process until all doors are open. */
  readonly ready: number
  stop(): Promise<void>
}

interface Prepared {
  /** `key:` of the route. */
  readonly key: object
  readonly questions: readonly string[]
}

type Prepare = (folder: string, stores: KeyStores) => Promise<Prepared>

const prepare: Readonly<Record<Kind, Prepare>> = {
  async signed(folder) {
    const secret = crypto.getRandomValues(new Uint8Array(32))
    await writeFile(path.join(folder, 'secret'), `${Buffer.from(secret).toString('base64')}\n`, { mode: 0o600 })
    return { key: { signed: { secrets: { 1: { file: 'secret' } } } }, questions: signedQuestions(secret) }
  },
  'file-1': folder => fileOf(folder, 1),
  'file-1m': folder => fileOf(folder, storedKeys),
  async redis(_folder, stores) {
    return { key: { redis: { url: await stores.redis(), key: 'reply:%{key}' } }, questions: storedQuestions(storedKeys) }
  },
  async sql(folder, stores) {
    const { url, password } = await stores.postgres()
    await writeFile(path.join(folder, 'password'), password, { mode: 0o600 })
    const key = { sql: { url: url(), password: { file: 'password' }, query: 'SELECT key AS subject FROM keys WHERE key = %{key}' } }
    return { key, questions: storedQuestions(storedKeys) }
  },
}

async function fileOf(folder: string, count: number): Promise<Prepared> {
  const file = path.join(folder, 'keys')
  function* lines() {
    for (let n = 1; n <= count; n++) yield `${storedKey(n)}\n`
  }
  await pipeline(lines, createWriteStream(file))
  return { key: { file: 'keys' }, questions: storedQuestions(count) }
}

/** Keys without case: else the socketmap, which is asked in lower case, would leave the decision to others. */
const configuration = (ports: Readonly<Record<Door, number>>, http: number, key: object) => {
  const at = (port: number) => ({ host: '127.0.0.1', port })
  return {
    hostname: 'incoming.example.com',
    listeners: {
      smtp: { ...at(ports.smtp), 'early-talker': '0s' },
      lmtp: { ...at(ports.lmtp), trusted: ['127.0.0.1'] },
      socketmap: at(ports.socketmap),
      policy: at(ports.policy),
      http: at(http),
    },
    spool: { sqlite: { directory: 'spool' } },
    mailboxes: [
      {
        name: 'incoming',
        address: 'incoming+%{key}@incoming.example.com',
        routes: [{ name: 'reply', key, 'case-sensitive': false, processor: 'shelf' }],
      },
    ],
    processors: { shelf: { inbox: {} } },
    authentication: unchecked,
    limits: raisedLimits,
  }
}

/** `folder` is empty, and this kind's alone. */
export async function startDeciding(kind: Kind, folder: string, stores: KeyStores): Promise<Deciding> {
  const { key, questions } = await prepare[kind](folder, stores)
  const [smtp, lmtp, socketmap, policy, http] = (await freePorts(5)) as [number, number, number, number, number]
  const ports = { smtp, lmtp, socketmap, policy }
  const file = path.join(folder, 'postern.yaml')
  const list = path.join(folder, 'questions')
  await writeFile(list, `${questions.join('\n')}\n`)
  // JSON is YAML.
  await writeFile(file, JSON.stringify(configuration(ports, http, key)))
  const began = performance.now()
  const server = await serve({ folder, environment: {} }, file, smtp)
  for (const door of doors) await waitForPort(ports[door])
  const ready = (performance.now() - began) / 1_000
  return { ports, process: server.id, questions: list, ready, stop: server.stop }
}
