/**
 * A private PostgreSQL in a folder of its own on a free port of loopback: role postgres with a password, nothing else. It
 * refuses to run as root, so root starts it as the user postgres. Killed, frozen and started again as a test says.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from './ports.ts'
import { findProgram, needService } from './services.ts'

const run = promisify(execFile)

export interface Postgres {
  readonly port: number
  readonly folder: string
  /** Of the role postgres. */
  readonly password: string
  /** `postgres://USER@127.0.0.1:PORT/postgres`. */
  url(user?: string): string
  /** Runs SQL as the role postgres and gives what psql prints, unaligned and without headings. */
  sql(text: string): Promise<string>
  /** Resolves when it answers. */
  start(): Promise<void>
  /** Ends it in order (immediate: as after a crash). Resolves when all its processes are gone. */
  stop(how?: 'fast' | 'immediate'): Promise<void>
  /** SIGKILL to all its processes at once. */
  kill(): Promise<void>
  /** Stops all its processes where they stand, and lets them go on. */
  freeze(): void
  thaw(): void
  /** Ends it and removes its folder. */
  remove(): Promise<void>
}

export interface PostgresOptions {
  /** More settings: `{ ssl: 'on' }`. Files are read from the data folder. */
  readonly settings?: Readonly<Record<string, string>>
  /** Put in the data folder, private: `{ 'server.key': … }`. */
  readonly files?: Readonly<Record<string, string>>
}

const root = process.getuid?.() === 0
const asPostgres = root ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', '--'] : []

function binaries(): string {
  const named = execFileSync(findProgram('pg_config')!, ['--bindir'], { encoding: 'utf8' }).trim()
  if (existsSync(path.join(named, 'initdb'))) return named
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a)) : []
  const found = versions.map(version => `/usr/lib/postgresql/${version}/bin`).find(folder => existsSync(path.join(folder, 'initdb')))
  if (found === undefined) throw new Error('PostgreSQL is here without initdb')
  return found
}

const command = (program: string, args: readonly string[]): [string, string[]] => {
  const [first, ...rest] = [...asPostgres, program, ...args]
  return [first!, rest]
}

interface Lay {
  readonly bin: string
  readonly folder: string
  readonly password: string
}

async function lay({ bin, folder, password }: Lay, { files = {}, settings = {} }: PostgresOptions): Promise<string> {
  // mkdtemp makes a private folder, and the server's user must get through it.
  await chmod(folder, 0o755)
  const secret = path.join(folder, 'password')
  await writeFile(secret, `${password}\n`)
  const home = path.join(folder, 'home')
  await mkdir(home)
  if (root) execFileSync('chown', ['postgres:postgres', home, secret])
  const data = path.join(home, 'data')
  await run(
    ...command(path.join(bin, 'initdb'), [
      '-D',
      data,
      '-U',
      'postgres',
      '-A',
      'scram-sha-256',
      `--pwfile=${secret}`,
      '-E',
      'UTF8',
      '--locale=C',
      '-N',
    ]),
    {
      cwd: home,
    },
  )
  for (const [name, text] of Object.entries(files)) {
    await writeFile(path.join(data, name), text, { mode: 0o600 })
    if (root) execFileSync('chown', ['postgres:postgres', path.join(data, name)])
  }
  const all = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: home,
    fsync: 'off',
    max_connections: '50',
    shared_buffers: '16MB',
    ...settings,
  }
  await writeFile(
    path.join(data, 'postgresql.auto.conf'),
    Object.entries(all)
      .map(([name, value]) => `${name} = '${value}'\n`)
      .join(''),
  )
  return data
}

/** The server and what it started, by their parent. */
function family(parent: number): number[] {
  const children = readdirSync('/proc').filter(name => {
    try {
      // The name stands in parentheses and may hold anything; the parent is the second field behind it.
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/stat`, 'utf8').replace(/^.*\)/s, '').trim().split(' ')[1] === String(parent)
    } catch {
      return false // it has ended
    }
  })
  return [parent, ...children.map(Number)]
}

const alive = (id: number): boolean => existsSync(`/proc/${id}`)

function signalAll(ids: readonly number[], signal: NodeJS.Signals): void {
  for (const id of ids) {
    try {
      process.kill(id, signal)
    } catch {
      // ended meanwhile
    }
  }
}

async function gone(ids: readonly number[]): Promise<void> {
  for (let left = 1_500; left > 0 && ids.some(alive); left--) await sleep(20)
  if (ids.some(alive)) throw new Error(`PostgreSQL is still running: ${ids.filter(alive).join(', ')}`)
}

/** Starts one and resolves when it answers. Throws ServiceMissing where there is no PostgreSQL. */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  needService('postgresql')
  const folder = await mkdtemp(path.join(tmpdir(), 'postern-postgres-'))
  const [bin, port, password] = [binaries(), await freePort(), 'a password of the tests']
  const data = await lay({ bin, folder, password }, options)
  let server: ChildProcess | null = null
  let output = ''
  const ids = (): number[] => (server?.pid === undefined ? [] : family(server.pid))
  process.on('exit', () => {
    signalAll(ids(), 'SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  const sql = async (text: string): Promise<string> => {
    const args = [
      '-X',
      '-q',
      '-A',
      '-t',
      '-v',
      'ON_ERROR_STOP=1',
      '-h',
      '127.0.0.1',
      '-p',
      String(port),
      '-U',
      'postgres',
      '-d',
      'postgres',
      '-c',
      text,
    ]
    const { stdout } = await run(path.join(bin, 'psql'), args, { env: { ...process.env, PGPASSWORD: password, PGCONNECT_TIMEOUT: '10' } })
    return stdout.trim()
  }

  async function start(): Promise<void> {
    const started = spawn(...command(path.join(bin, 'postgres'), ['-D', data, '-p', String(port)]), {
      cwd: path.dirname(data),
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    server = started
    started.stderr!.on('data', chunk => {
      output = (output + chunk).slice(-4_000)
    })
    started.on('exit', () => {
      if (server === started) server = null
    })
    for (let left = 600; left > 0; left--) {
      if (server !== started) throw new Error(`PostgreSQL ended at its start:\n${output}`)
      if (await sql('SELECT 1').catch(() => null)) return
      await sleep(50)
    }
    throw new Error(`PostgreSQL does not answer:\n${output}`)
  }

  async function end(signal: NodeJS.Signals, whom: (all: number[]) => number[]): Promise<void> {
    if (server === null) return
    const all = ids()
    const exit = once(server, 'exit')
    signalAll(whom(all), signal)
    signalAll(all, 'SIGCONT')
    await exit
    await gone(all)
  }

  await start()
  return {
    port,
    folder,
    password,
    url: (user = 'postgres') => `postgres://${user}@127.0.0.1:${port}/postgres`,
    sql,
    start,
    stop: (how = 'fast') => end(how === 'fast' ? 'SIGINT' : 'SIGQUIT', all => all.slice(0, 1)),
    kill: () => end('SIGKILL', all => all),
    freeze: () => signalAll(ids(), 'SIGSTOP'),
    thaw: () => signalAll(ids(), 'SIGCONT'),
    async remove() {
      await end('SIGKILL', all => all)
      await rm(folder, { recursive: true, force: true })
    },
  }
}
