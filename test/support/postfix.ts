/**
 * A private Postfix in a folder of its own, made from the shipped files of postfix/: they are copied as they are, then
 * `postconf -e` changes ports, folders and what the caller names, nothing else. Needs root, as Postfix does; several run
 * side by side. What it starts works below its own queue folder, and by that every process is found and ended again.
 */
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { chmod, chown, copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { waitForPort } from './ports.ts'
import { findProgram, needService } from './services.ts'

const run = promisify(execFile)
const SHIPPED = path.join(import.meta.dirname, '..', '..', 'postfix')

export type PostfixConfiguration = 'lmtp' | 'before-queue' | 'probes'

export interface PostfixOptions {
  /** Absolute; made if absent. Everything of this instance goes there. */
  readonly folder: string
  readonly smtpPort: number
  /** Where Postern's LMTP listens, on 127.0.0.1; for `before-queue` its second SMTP listener. */
  readonly lmtpPort: number
  /** Where Postern answers questions about recipients, for `lmtp` and `before-queue`. */
  readonly asks?: { readonly socketmap: number; readonly policy: number }
  /** Which shipped configuration: a folder of postfix/. `lmtp` where `asks` is given, else `probes`. */
  readonly configuration?: PostfixConfiguration
  /** A port on 127.0.0.1 where it takes notices for everybody: the lines of the shipped master.cf for that, switched on. */
  readonly submissionPort?: number
  /** More lines of main.cf, over the shipped ones: `{ in_flow_delay: '0s' }`. */
  readonly settings?: Readonly<Record<string, string>>
  /** For `postfix start`. Daemons see only what import_environment names. */
  readonly environment?: Readonly<Record<string, string>>
}

/** What `postqueue -j` says of one message. */
export interface QueuedMessage {
  readonly queue_name: string
  readonly queue_id: string
  readonly sender: string
  readonly recipients: readonly { readonly address: string; readonly delay_reason?: string }[]
}

export interface Postfix {
  readonly smtpPort: number
  readonly folder: string
  queue(): Promise<readonly QueuedMessage[]>
  /** The whole mail log. */
  log(): string
  /** Runs a Postfix program on this instance: `command('postqueue', '-f')`. Resolves with its output. */
  command(program: string, ...args: readonly string[]): Promise<string>
  /** Gives it a message as a program of its own host would: past all checks of smtpd. Lines end with LF. */
  submit(mail: { readonly sender: string; readonly recipients: readonly string[]; readonly message: string }): Promise<void>
  /** Ids of all processes of this instance. */
  processes(): readonly number[]
  /** Ends all of them. May be called twice. */
  stop(): Promise<void>
}

async function userIds(): Promise<{ user: number; group: number }> {
  const [user, group] = await Promise.all([run('id', ['-u', 'postfix']), run('id', ['-g', 'postfix'])])
  return { user: Number(user.stdout), group: Number(group.stdout) }
}

/** Postfix's daemons run as the user postfix: each folder above theirs must let them through, and mkdtemp makes private ones. */
async function letThrough(folder: string): Promise<void> {
  const top = path.resolve(os.tmpdir())
  for (let at = folder; at.startsWith(`${top}${path.sep}`); at = path.dirname(at)) {
    const { mode } = await stat(at)
    if ((mode & 0o011) !== 0o011) await chmod(at, (mode & 0o777) | 0o011)
  }
}

/** The parameters of the shipped files that say where Postern is. */
function places({ lmtpPort, asks }: PostfixOptions, configuration: PostfixConfiguration): Record<string, string> {
  const at = (port: number) => `inet:127.0.0.1:${port}`
  return {
    ...(configuration === 'before-queue' ? { postern_smtp: `[127.0.0.1]:${lmtpPort}` } : { postern_lmtp: at(lmtpPort) }),
    ...(asks === undefined ? {} : { postern_recipients: at(asks.socketmap), postern_policy: at(asks.policy) }),
  }
}

async function lay(options: PostfixOptions): Promise<string> {
  const { folder, smtpPort, configuration = options.asks === undefined ? 'probes' : 'lmtp' } = options
  const at = (name: string) => path.join(folder, name)
  for (const name of ['etc', 'queue', 'data', 'log']) await mkdir(at(name), { recursive: true, mode: 0o755 })
  await letThrough(folder)
  const { user, group } = await userIds()
  await chown(at('data'), user, group)
  await chmod(at('data'), 0o700)
  for (const file of ['main.cf', 'master.cf']) await copyFile(path.join(SHIPPED, configuration, file), path.join(at('etc'), file))
  const settings = {
    queue_directory: at('queue'),
    data_directory: at('data'),
    maillog_file: path.join(at('log'), 'mail.log'),
    maillog_file_prefixes: at('log'),
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    ...places(options, configuration),
    ...options.settings,
  }
  const postconf = findProgram('postconf')!
  await run(postconf, ['-c', at('etc'), '-e', ...Object.entries(settings).map(([name, value]) => `${name}=${value}`)])
  await run(postconf, ['-c', at('etc'), '-M', '-e', `smtp/inet=127.0.0.1:${smtpPort} inet n - n - - smtpd`])
  if (options.submissionPort !== undefined) await switchNoticesOn(path.join(at('etc'), 'master.cf'), options.submissionPort)
  return at('etc')
}

/** The lines for notices that are shipped commented out. */
async function switchNoticesOn(file: string, port: number): Promise<void> {
  const master = await readFile(file, 'utf8')
  const lines = /^#127\.0\.0\.1:2587 .*\n(?:# .*\n)+#notices .*\n/m
  if (!lines.test(master)) throw new Error(`${file} has no lines for notices`)
  const on = (all: string) => all.replace(/^#/gm, '').replace(':2587', `:${port}`)
  await writeFile(file, master.replace(lines, on))
}

/** Master and all its daemons stand in the queue folder: whoever stands there is ours. */
function processesIn(queue: string): readonly number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(id => {
      try {
        // Somebody may have removed the folder before the processes: the kernel says so behind the name.
        const folder = readlinkSync(`/proc/${id}/cwd`).replace(/ \(deleted\)$/, '')
        return folder === queue || folder.startsWith(`${queue}/`)
      } catch {
        return false // it has ended, or is not ours to look at
      }
    })
    .map(Number)
}

function killAll(queue: string): void {
  for (const id of processesIn(queue)) {
    try {
      process.kill(id, 'SIGKILL')
    } catch {
      // ended meanwhile
    }
  }
}

async function end(etc: string, queue: string): Promise<void> {
  await run(findProgram('postfix')!, ['-c', etc, 'stop']).catch(() => {}) // it says "not running" by failing
  for (let left = 200; left > 0 && processesIn(queue).length > 0; left--) await sleep(50)
  for (let left = 400; left > 0 && processesIn(queue).length > 0; left--) {
    killAll(queue)
    await sleep(50)
  }
  const left = processesIn(queue)
  if (left.length > 0) throw new Error(`Postfix in ${queue} is still running: ${left.join(', ')}`)
}

const failure = (what: string, error: unknown, log: string) => {
  const { stderr = '', message } = error as { stderr?: string; message: string }
  return new Error(`${what}: ${stderr.trim() || message}\n${log}`, { cause: error })
}

/** Starts a Postfix and resolves when it takes connections. Throws ServiceMissing where there is no Postfix, Error with its log where it won't start. */
export async function startPostfix(options: PostfixOptions): Promise<Postfix> {
  needService('postfix')
  if (process.getuid?.() !== 0) throw new Error('Postfix can only be started by root')
  const etc = await lay(options)
  const queue = path.join(options.folder, 'queue')
  const logFile = path.join(options.folder, 'log', 'mail.log')
  const log = () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '')
  const atExit = () => killAll(queue)
  process.on('exit', atExit)
  const stop = async () => {
    await end(etc, queue)
    process.off('exit', atExit)
  }
  const command = async (program: string, ...args: readonly string[]) => {
    const file = findProgram(program)
    if (file === null) throw new Error(`no program ${program}`)
    return (await run(file, ['-c', etc, ...args], { maxBuffer: 1 << 28 })).stdout
  }
  try {
    execFileSync(findProgram('postfix')!, ['-c', etc, 'start'], {
      env: { ...process.env, ...options.environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    await waitForPort(options.smtpPort)
  } catch (error) {
    const said = failure('Postfix does not start', error, log())
    await stop()
    throw said
  }
  return {
    smtpPort: options.smtpPort,
    folder: options.folder,
    queue: async () =>
      (await command('postqueue', '-j'))
        .split('\n')
        .filter(Boolean)
        .map(line => JSON.parse(line) as QueuedMessage),
    log,
    command,
    submit: async ({ sender, recipients, message }) => {
      execFileSync(findProgram('sendmail')!, ['-C', etc, '-i', '-f', sender, ...recipients], { input: message, timeout: 60_000 })
    },
    processes: () => processesIn(queue),
    stop,
  }
}
