/**
 * Postfix with its limits off, and one way to know its recipients: a map of its own, or questions to Postern as the shipped
 * configuration asks them.
 */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../../test/support/ports.ts'
import { startPostfix } from '../../test/support/postfix.ts'
import { findProgram, needService } from '../../test/support/services.ts'
import type { Deciding, Kind } from './deciding.ts'
import type { KeyStores } from './key-stores.ts'
import { unlimited } from './postfix.ts'

/** What a Postfix asks: `hash` and `pgsql` are its own; a kind is Postern's socketmap, alone, with its policy service, or that alone. */
export type Asks = { readonly own: 'hash' | 'pgsql' } | { readonly kind: Kind; readonly map: boolean; readonly policy: boolean }

/** By the name of the subject. */
export const postfixes: Readonly<Record<string, Asks>> = {
  'map-hash': { own: 'hash' },
  'map-pgsql': { own: 'pgsql' },
  'map-signed': { kind: 'signed', map: true, policy: false },
  'map-file-1m': { kind: 'file-1m', map: true, policy: false },
  'map-redis': { kind: 'redis', map: true, policy: false },
  'map-sql': { kind: 'sql', map: true, policy: false },
  'policy-signed': { kind: 'signed', map: false, policy: true },
  'both-signed': { kind: 'signed', map: true, policy: true },
}

export interface Asking {
  readonly port: number
  processes(): readonly number[]
  stop(): Promise<void>
}

type Settings = Readonly<Record<string, string>>

const { smtpd_recipient_restrictions: withoutPolicy, ...limitsOff } = unlimited

async function start(folder: string, settings: Settings, asked?: Deciding): Promise<Asking> {
  const asks = asked === undefined ? {} : { asks: { socketmap: asked.ports.socketmap, policy: asked.ports.policy } }
  const smtpPort = await freePort()
  const options = { folder, smtpPort, lmtpPort: 9, configuration: 'lmtp', settings: { ...limitsOff, ...settings }, ...asks } as const
  const postfix = await startPostfix(options)
  return { port: smtpPort, processes: postfix.processes, stop: postfix.stop }
}

/** Restrictions and map as they are shipped, but for the one that takes no part. */
export function startAsking(folder: string, { map, policy }: { map: boolean; policy: boolean }, asked: Deciding): Promise<Asking> {
  const settings = {
    ...(map ? {} : { relay_recipient_maps: '' }),
    ...(policy ? {} : { smtpd_recipient_restrictions: withoutPolicy }),
  }
  return start(folder, settings, asked)
}

/** The addresses that will be asked for and are good; a larger table would take postmap half a minute. */
export async function startHash(folder: string, addresses: readonly string[]): Promise<Asking> {
  needService('postfix')
  const table = path.join(folder, 'recipients')
  await writeFile(table, addresses.map(address => `${address} OK\n`).join(''))
  await promisify(execFile)(findProgram('postmap')!, [`hash:${table}`])
  return start(folder, { smtpd_recipient_restrictions: withoutPolicy, relay_recipient_maps: `hash:${table}` })
}

/** Asked for whole addresses in our domain only. %u: the local part, made safe by Postfix. */
export async function startPgsql(folder: string, stores: KeyStores): Promise<Asking> {
  needService('postfix-pgsql')
  const { port, password } = await stores.postgres()
  const file = path.join(folder, 'pgsql.cf')
  const lines = {
    hosts: `inet:127.0.0.1:${port}`,
    user: 'postgres',
    password,
    dbname: 'postgres',
    domain: 'incoming.example.com',
    query: `SELECT 'OK' FROM keys WHERE key = substr('%u', ${'incoming+'.length + 1})`,
  }
  const text = Object.entries(lines).map(([name, value]) => `${name} = ${value}\n`)
  await writeFile(file, text.join(''), { mode: 0o600 })
  return start(folder, { smtpd_recipient_restrictions: withoutPolicy, relay_recipient_maps: `pgsql:${file}` })
}
