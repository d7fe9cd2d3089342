/**
 * Reads the corpus of test/messages/authentication: messages, what was known of their senders, what is expected, and the DNS
 * that they were written for, served by nsd but for the names that give no answer.
 */
import dgram from 'node:dgram'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { corpusFolder, type KeyName, publicKey } from './corpus-sign.ts'
import { type DnsRecords, startDns } from './dns.ts'
import { scriptedDns } from './scripted-dns.ts'

export interface CorpusCase {
  readonly name: string
  readonly about: string
  readonly client: string | null
  readonly helo: string | null
  /** '' for the null reverse-path. */
  readonly sender: string
  readonly recipients: readonly string[]
  /** When we got it; ten seconds after it was signed unless told. */
  readonly received: number
  readonly rules: {
    readonly spf?: 'report' | 'enforce'
    readonly dmarc?: 'report' | 'enforce'
    readonly require?: 'none' | 'authenticated' | 'bound'
    readonly senders?: readonly string[]
  }
  readonly trusted: { readonly sealers?: readonly string[]; readonly forwarders?: readonly string[] }
  /** Part of an Authentication (see matches); `verdicts`: "accept" or the kind and its reason, by peer. */
  readonly expect: Readonly<Record<string, unknown>> & { readonly verdicts: 'any' | { readonly origin: string; readonly relay: string } }
  readonly octets: Buffer
}

const usualTime = '2026-03-01T12:00:10Z'

export function corpusCases(): readonly CorpusCase[] {
  const names = readdirSync(corpusFolder).filter(file => file.endsWith('.eml'))
  return names.map(file => {
    const name = file.slice(0, -'.eml'.length)
    const written = JSON.parse(readFileSync(path.join(corpusFolder, `${name}.json`), 'utf8'))
    const received = Date.parse(written.received ?? usualTime)
    return { rules: {}, trusted: {}, ...written, name, received, octets: readFileSync(path.join(corpusFolder, file)) }
  })
}

interface Zone {
  readonly records: Readonly<Record<string, DnsRecords>>
  /** Names at or below which nothing is answered but SERVFAIL. */
  readonly unavailable: readonly string[]
}

/** Public keys stand as %{rsa2048} in the file. */
export function corpusZone(): Zone {
  const keyPattern = /%\{(rsa\d+|other2048|ed25519)\}/g
  const text = readFileSync(path.join(corpusFolder, 'zone.json'), 'utf8')
  return JSON.parse(text.replace(keyPattern, (_, name: string) => publicKey(name as KeyName)))
}

export async function startCorpusDns(): Promise<{ readonly server: string; stop(): Promise<void> }> {
  const { records, unavailable } = corpusZone()
  const dns = await startDns({ zones: records })
  const front = await scriptedDns(({ key, octets }) => {
    if (unavailable.some(name => key === name || key.endsWith(`.${name}`))) return { rcode: 2 }
    return forward(octets, dns.port)
  })
  return {
    server: front.server,
    async stop() {
      await front.stop()
      await dns.stop()
    },
  }
}

/** As it came, EDNS and all; null, which is silence, where there is no answer. */
async function forward(octets: Uint8Array, port: number): Promise<Uint8Array | null> {
  const socket = dgram.createSocket('udp4')
  try {
    const answer = once(socket, 'message', { signal: AbortSignal.timeout(10_000) })
    socket.send(octets, port, '127.0.0.1')
    return ((await answer) as [Buffer])[0]
  } catch {
    return null
  } finally {
    socket.close()
  }
}

/**
 * What of `expected` is not so in `found`, a line each. Mappings may hold more than is expected, lists may not. "any" is
 * anything, "not X" anything else than X, "not positive" a number up to 0 or null.
 */
export function differences(found: unknown, expected: unknown, at = ''): readonly string[] {
  if (expected === 'any') return []
  if (expected === 'not positive') return found === null || (typeof found === 'number' && found <= 0) ? [] : [`${at}: ${found} is positive`]
  if (typeof expected === 'string' && expected.startsWith('not ')) return found === expected.slice(4) ? [`${at}: is ${found}`] : []
  if (typeof expected !== 'object' || expected === null) {
    return Object.is(found, expected) ? [] : [`${at}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`]
  }
  if (typeof found !== 'object' || found === null) return [`${at}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`]
  if (Array.isArray(expected) && Array.isArray(found) && expected.length !== found.length) {
    return [`${at}: ${JSON.stringify(found)} has ${found.length} items, not ${expected.length}`]
  }
  return Object.entries(expected).flatMap(([key, inner]) => differences((found as Record<string, unknown>)[key], inner, `${at}.${key}`))
}
