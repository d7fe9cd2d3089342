/**
 * A real DNS server for tests: nsd with all names in one zone, the root, so that every name not listed gets NXDOMAIN. On a free
 * port of 127.0.0.1, in a folder of its own, ended with the process that started it. For servers that misbehave: scripted-dns.ts.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './ports.ts'
import { ask } from './scripted-dns.ts'
import { findProgram, needService } from './services.ts'

/** The records of one name. Names in them are absolute, with or without a final dot. */
export interface DnsRecords {
  /** One string a record, of any length; an array of strings is one record of just these strings. */
  readonly TXT?: readonly (string | readonly string[])[]
  readonly MX?: readonly (string | { readonly exchange: string; readonly priority: number })[]
  readonly A?: readonly string[]
  readonly AAAA?: readonly string[]
  readonly PTR?: readonly string[]
  /** Delegates the name: it and all below it then get a referral. */
  readonly NS?: readonly string[]
  readonly CNAME?: readonly string[]
  /** Seconds; for all records of this name. 300 unless told. */
  readonly TTL?: number
}

/** By name; or the text of a master file (RFC 1035 5) with $ORIGIN `.`, without SOA. */
export type DnsZones = Readonly<Record<string, DnsRecords>> | ReadonlyMap<string, DnsRecords> | string

export interface DnsServer {
  readonly port: number
  /** '127.0.0.1:PORT' */
  readonly server: string
  /** Puts these in the place of all records. Resolves when they are served. */
  set(zones: DnsZones): Promise<void>
  /** Silent, but there: packets wait in its socket. */
  pause(): void
  resume(): void
  /** SIGKILL; resolves when it is gone: then the port refuses. */
  kill(): Promise<void>
  /** After `kill`: the same port and records. */
  start(): Promise<void>
  /** Ends it for good and removes the folder. */
  stop(): Promise<void>
}

export interface DnsOptions {
  readonly zones?: DnsZones
  readonly port?: number
  /** Seconds for which "no such name" and "no such record" hold. 60 unless told. */
  readonly negative?: number
}

export async function startDns({ zones = {}, port: wanted, negative = 60 }: DnsOptions = {}): Promise<DnsServer> {
  needService('nsd')
  const folder = await mkdtemp(path.join(tmpdir(), 'postern-nsd-'))
  const port = wanted ?? (await freePort())
  const served = { zones, serial: 1 }
  const write = () => writeFile(path.join(folder, 'root.zone'), masterFile(served.zones, served.serial, negative))
  await writeFile(path.join(folder, 'nsd.conf'), settings(folder, port))
  const daemon = makeDaemon(folder, port)
  const start = async () => {
    await write()
    daemon.start()
    await serving(port, served.serial, daemon)
  }
  await start().catch(async error => {
    await daemon.kill()
    throw error
  })
  return {
    port,
    server: `127.0.0.1:${port}`,
    async set(next) {
      served.zones = next
      served.serial += 1
      await write()
      daemon.signal('SIGHUP', 'alone')
      await serving(port, served.serial, daemon)
    },
    pause: () => daemon.signal('SIGSTOP'),
    resume: () => daemon.signal('SIGCONT'),
    kill: daemon.kill,
    start,
    async stop() {
      await daemon.kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function settings(folder: string, port: number): string {
  const file = (name: string) => `"${path.join(folder, name)}"`
  // Response rate limiting is on in Debian's build: without these it drops what a test sends quickly.
  return [
    'server:',
    `  ip-address: 127.0.0.1@${port}`,
    ...[
      'username: ""',
      'chroot: ""',
      'database: ""',
      'server-count: 1',
      'pidfile: ""',
      'tcp-count: 200',
      'rrl-ratelimit: 0',
      'rrl-whitelist-ratelimit: 0',
    ],
    `  zonesdir: "${folder}"`,
    ...['xfrdfile', 'zonelistfile', 'logfile'].map(name => `  ${name}: ${file(name)}`),
    'remote-control:',
    '  control-enable: no',
    'zone:',
    '  name: "."',
    '  zonefile: "root.zone"',
    '',
  ].join('\n')
}

// ---------------------------------------------------------------- the master file (RFC 1035 5)

function masterFile(zones: DnsZones, serial: number, negative: number): string {
  const head = ['$ORIGIN .', '$TTL 300', `. IN SOA ns.invalid. admin.invalid. ${serial} 3600 600 86400 ${negative}`, '. IN NS ns.invalid.']
  if (typeof zones === 'string') return [...head, zones, ''].join('\n')
  const names = zones instanceof Map ? [...zones] : Object.entries(zones as Readonly<Record<string, DnsRecords>>)
  return [...head, ...names.flatMap(([name, records]) => lines(name, records)), ''].join('\n')
}

function lines(name: string, { TTL, ...records }: DnsRecords): string[] {
  const owner = `${absolute(name)} ${TTL ?? 300} IN`
  return Object.entries(records).flatMap(([type, values]) =>
    (values ?? []).map((value: unknown) => `${owner} ${type} ${rdata(type, value)}`),
  )
}

function rdata(type: string, value: unknown): string {
  if (type === 'TXT') return (typeof value === 'string' ? pieces(value) : (value as readonly string[])).map(quoted).join(' ')
  if (type === 'MX') {
    const [priority, exchange] = typeof value === 'string' ? value.split(/\s+/) : mxPair(value as { exchange: string; priority: number })
    return `${priority} ${absolute(exchange!)}`
  }
  return type === 'A' || type === 'AAAA' ? String(value) : absolute(String(value))
}

const mxPair = ({ exchange, priority }: { exchange: string; priority: number }) => [`${priority}`, exchange]

/** A character string holds 255 octets at most (RFC 1035 3.3): longer text is several of them. */
const pieces = (text: string): readonly string[] => {
  const octets = Buffer.from(text, 'utf8').toString('latin1')
  return octets === '' ? [''] : octets.match(/.{1,255}/gs)!
}

const escaped = (character: string) => `\\${character.charCodeAt(0).toString().padStart(3, '0')}`
const quoted = (text: string) => `"${text.replace(/[^ !#-[\]-~]/g, escaped)}"`
const absolute = (name: string) =>
  name === '' || name === '.' ? '.' : `${name.replace(/\.$/, '').replace(/[^!#-'*-:<-?A-[\]-~]/g, escaped)}.`

// ---------------------------------------------------------------- the process

interface Daemon {
  start(): void
  alive(): boolean
  /** To nsd and its children; `alone`: to the first process only. */
  signal(signal: NodeJS.Signals, alone?: 'alone'): void
  kill(): Promise<void>
  /** The errors it wrote since it was started or last asked. */
  errors(): Promise<string>
}

function makeDaemon(folder: string, port: number): Daemon {
  const log = path.join(folder, 'logfile')
  let read = 0
  let child: ChildProcess | null = null
  // nsd answers in child processes, so it leads a process group of its own that is signalled as a whole.
  const signal = (name: NodeJS.Signals, alone?: 'alone') => {
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    process.kill(alone === undefined ? -child.pid : child.pid, name)
  }
  const end = () => signal('SIGKILL')
  return {
    start() {
      // The kernel ends it with its parent, also where that is killed and can end nothing itself.
      const nsd = ['--pdeathsig', 'KILL', findProgram('nsd')!, '-d', '-c', path.join(folder, 'nsd.conf')]
      child = spawn('setpriv', nsd, { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
      child.stderr?.on('data', text => void appendFile(log, text).catch(() => {}))
      process.once('exit', end)
    },
    alive: () => child !== null && child.exitCode === null && child.signalCode === null,
    signal,
    async kill() {
      process.removeListener('exit', end)
      if (child === null || child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      end()
      await gone
      await released(port)
    },
    async errors() {
      const text = await readFile(log, 'utf8').catch(() => '')
      const fresh = text.slice(read)
      read = text.length
      return fresh
        .split('\n')
        .filter(line => line.includes('error:'))
        .join('; ')
    },
  }
}

/** The children outlive the first process by a moment, and hold its socket. */
async function released(port: number): Promise<void> {
  for (const until = Date.now() + 20_000; ; await sleep(5)) {
    const socket = dgram.createSocket('udp4')
    const bound = once(socket, 'listening').then(
      () => true,
      () => false,
    )
    socket.bind(port, '127.0.0.1')
    const free = await bound
    socket.close()
    if (free) return
    if (Date.now() > until) throw new Error(`nsd doesn't leave port ${port}`)
  }
}

/** Resolves when the zone with this serial number is what the server answers with. */
async function serving(port: number, serial: number, daemon: Daemon): Promise<void> {
  const until = Date.now() + 30_000
  for (;;) {
    const answer = await ask(port, { name: '.', type: 'SOA' }, 200).catch(() => null)
    const [soa] = answer?.answers ?? []
    if (soa?.type === 'SOA' && soa.data.serial === serial) return
    const errors = await daemon.errors()
    if (errors !== '' || !daemon.alive() || Date.now() > until) throw new Error(`nsd doesn't serve the records: ${errors}`)
    await sleep(20)
  }
}
