/**
 * Real Redis servers for tests: one alone (with a password, with TLS), or a master with a replica and Sentinels that fail over quickly.
 * Each in a folder of its own, on free ports of 127.0.0.1, ended with the process that started it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis, type RedisOptions } from 'ioredis'
import { freePort, freePorts, waitForPort } from './ports.ts'
import { findProgram } from './services.ts'

export interface RedisServer {
  readonly port: number
  /** `redis://…` or `rediss://…`, without a password. */
  readonly url: string
  /** The UNIX socket, beside the port. */
  readonly socket: string
  /** Where its data and its log are. */
  readonly folder: string
  /** A client of its own for the test, connected; ended by `stop`. */
  client(): Promise<Redis>
  signal(signal: NodeJS.Signals): void
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** After `kill`: the same port and data. Resolves when it answers. */
  start(): Promise<void>
  /** Ends it for good and removes the folder. */
  stop(): Promise<void>
}

export interface RedisServerOptions {
  readonly port?: number
  readonly password?: string
  /** PEM files; the server speaks TLS alone then. `ca` is PEM text, for the test's own client. */
  readonly tls?: { readonly key: string; readonly certificate: string; readonly ca: string }
  /** Further settings, as on the command line: `['--appendfsync', 'always']`. Nothing is kept on disk unless told. */
  readonly settings?: readonly string[]
}

export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'postern-redis-'))
  const port = options.port ?? (await freePort())
  const socket = path.join(folder, 'redis.sock')
  const daemon = makeDaemon('redis-server', serverSettings(options, { folder, port, socket }), port)
  const clients: Redis[] = []
  const { tls } = options
  await daemon.start()
  const server: RedisServer = {
    port,
    url: `${tls === undefined ? 'redis' : 'rediss'}://127.0.0.1:${port}`,
    socket,
    folder,
    async client() {
      const secure = tls === undefined ? {} : { tls: { ca: tls.ca } }
      const client = await connected({ port, ...(options.password === undefined ? {} : { password: options.password }), ...secure })
      clients.push(client)
      return client
    },
    signal: daemon.signal,
    kill: daemon.kill,
    async start() {
      await daemon.start()
      await loaded(server)
    },
    async stop() {
      for (const client of clients) client.disconnect()
      await daemon.kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
  await loaded(server)
  return server
}

function serverSettings({ password, tls, settings = [] }: RedisServerOptions, at: { folder: string; port: number; socket: string }) {
  const listening =
    tls === undefined
      ? ['--port', `${at.port}`]
      : ['--port', '0', '--tls-port', `${at.port}`, '--tls-auth-clients', 'no'].concat(
          ['--tls-key-file', tls.key, '--tls-cert-file', tls.certificate],
          ['--tls-ca-cert-file', tls.certificate],
        )
  const guarded = password === undefined ? [] : ['--requirepass', password, '--masterauth', password]
  const place = ['--bind', '127.0.0.1', '--dir', at.folder, '--unixsocket', at.socket, '--logfile', path.join(at.folder, 'log')]
  return [...listening, ...place, '--save', '', ...guarded, ...settings]
}

async function loaded(server: RedisServer): Promise<void> {
  const until = Date.now() + 30_000
  for (;;) {
    const client = await server.client()
    try {
      await client.ping()
      return
    } catch (error) {
      if (Date.now() > until) throw error
    } finally {
      client.disconnect()
    }
    await sleep(20)
  }
}

/** Gives up rather than try for ever: a test that can't reach its server should say so. */
async function connected(options: RedisOptions): Promise<Redis> {
  const { tls, ...plain } = options
  const client = new Redis({
    host: '127.0.0.1',
    ...plain,
    ...(tls === undefined ? {} : { tls }),
    lazyConnect: true,
    replyMapping: 'legacy',
  })
  client.on('error', () => {})
  await client.connect()
  return client
}

// ---------------------------------------------------------------- Sentinel

export interface RedisSentinel {
  /** What the Sentinels call the master. */
  readonly name: string
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  /** As they were at the start: after a failover `replica` is the master. */
  readonly master: RedisServer
  readonly replica: RedisServer
  /** One process a Sentinel, in the order of `nodes`. */
  readonly sentinels: readonly { signal(signal: NodeJS.Signals): void; kill(): Promise<void>; start(): Promise<void> }[]
  /** Resolves when the replica has all that the master had when it was called. */
  replicated(): Promise<void>
  /** The port of the master that Sentinel `index` names now. */
  masterPort(index?: number): Promise<number>
  /** Resolves when all living Sentinels name `port` and it says itself that it is the master. */
  switchedTo(server: RedisServer): Promise<void>
  stop(): Promise<void>
}

/** `sentinels`: 1 to 3; more than half of them must agree on a failover. A master that is silent for a second counts as down. */
export async function startSentinel(options: { sentinels?: 1 | 2 | 3; password?: string } = {}): Promise<RedisSentinel> {
  const { sentinels: count = 3, password } = options
  const secret = password === undefined ? {} : { password }
  const name = 'keys'
  const master = await startRedis(secret)
  const replica = await startRedis({
    ...secret,
    settings: ['--replicaof', '127.0.0.1', `${master.port}`, '--repl-diskless-sync-delay', '0'],
  })
  const folder = await mkdtemp(path.join(tmpdir(), 'postern-sentinel-'))
  const ports = await freePorts(count)
  const daemons: Daemon[] = []
  for (const port of ports) daemons.push(await makeSentinel({ folder, port, name, master: master.port, count, password }))
  await Promise.all(daemons.map(daemon => daemon.start()))
  const alive = new Set(daemons)
  const sentinel: RedisSentinel = {
    name,
    nodes: ports.map(port => ({ host: '127.0.0.1', port })),
    master,
    replica,
    sentinels: daemons.map(daemon => ({
      signal: daemon.signal,
      kill() {
        alive.delete(daemon)
        return daemon.kill()
      },
      start() {
        alive.add(daemon)
        return daemon.start()
      },
    })),
    replicated: () => caughtUp(master, replica),
    masterPort: (index = 0) => masterOf(ports[index]!, name),
    async switchedTo(server) {
      const living = ports.filter((_, index) => alive.has(daemons[index]!))
      await until(async () => (await Promise.all(living.map(port => masterOf(port, name)))).every(port => port === server.port))
      const client = await server.client()
      await until(async () => (await client.role())[0] === 'master')
    },
    async stop() {
      await Promise.all(daemons.map(daemon => daemon.kill()))
      await Promise.all([master.stop(), replica.stop()])
      await rm(folder, { recursive: true, force: true })
    },
  }
  await sentinel.replicated()
  await known(ports, name, count)
  return sentinel
}

interface SentinelSettings {
  readonly folder: string
  readonly port: number
  readonly name: string
  readonly master: number
  readonly count: number
  readonly password: string | undefined
}

async function makeSentinel({ folder, port, name, master, count, password }: SentinelSettings): Promise<Daemon> {
  const own = path.join(folder, `${port}`)
  await mkdir(own)
  const file = path.join(own, 'sentinel.conf')
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${own}`,
    `logfile ${path.join(own, 'log')}`,
    `sentinel monitor ${name} 127.0.0.1 ${master} ${Math.floor(count / 2) + 1}`,
    `sentinel down-after-milliseconds ${name} 1000`,
    `sentinel failover-timeout ${name} 3000`,
    ...(password === undefined ? [] : [`sentinel auth-pass ${name} ${password}`]),
  ]
  await writeFile(file, `${lines.join('\n')}\n`)
  return makeDaemon('redis-sentinel', [file], port)
}

async function masterOf(port: number, name: string): Promise<number> {
  const client = await connected({ port })
  try {
    const answer = (await client.call('SENTINEL', 'get-master-addr-by-name', name)) as [string, string]
    return Number(answer[1])
  } finally {
    client.disconnect()
  }
}

/** A failover needs Sentinels that know of each other and of the replica, which takes them a moment. */
async function known(ports: readonly number[], name: string, count: number): Promise<void> {
  for (const port of ports) {
    const client = await connected({ port })
    await until(async () => {
      const fields = (await client.call('SENTINEL', 'master', name)) as string[]
      const value = (field: string) => Number(fields[fields.indexOf(field) + 1])
      return value('num-slaves') === 1 && value('num-other-sentinels') === count - 1
    })
    client.disconnect()
  }
}

async function caughtUp(master: RedisServer, replica: RedisServer): Promise<void> {
  const [from, to] = await Promise.all([master.client(), replica.client()])
  const offset = async (client: Redis, field: string) =>
    Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(await client.info('replication'))?.[1])
  await until(async () => (await to.info('replication')).includes('master_link_status:up'))
  const goal = await offset(from, 'master_repl_offset')
  await until(async () => (await offset(to, 'slave_repl_offset')) >= goal)
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`after 30 s still not: ${condition}`)
    await sleep(50)
  }
}

// ---------------------------------------------------------------- processes

interface Daemon {
  start(): Promise<void>
  signal(signal: NodeJS.Signals): void
  kill(): Promise<void>
}

function makeDaemon(program: string, settings: readonly string[], port: number): Daemon {
  let child: ChildProcess | null = null
  const endWithUs = () => void child?.kill('SIGKILL')
  return {
    async start() {
      const started = spawn(findProgram(program)!, settings, { stdio: 'ignore' })
      child = started
      process.on('exit', endWithUs)
      started.once('exit', () => {
        process.off('exit', endWithUs)
        if (child === started) child = null
      })
      await waitForPort(port, 30_000, () => child === started)
    },
    signal: signal => void child?.kill(signal),
    async kill() {
      if (child === null) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}
