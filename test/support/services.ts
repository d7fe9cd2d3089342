/**
 * The programs of others that tests and benchmarks run: found where they are, installed where that is allowed (root on
 * Debian), named in a plain sentence where it is not. Never removes or replaces a package: --no-remove makes apt refuse.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import path from 'node:path'

interface Needs {
  readonly programs: readonly string[]
  readonly packages: readonly string[]
  /** A command that succeeds only where all of it is here, for what has no program of its own. */
  readonly probe?: readonly [string, ...string[]]
}

const SERVICES = {
  postfix: { programs: ['postfix', 'postconf', 'postqueue'], packages: ['postfix'] },
  'smtp-source': { programs: ['smtp-source'], packages: ['postfix'] },
  swaks: { programs: ['swaks'], packages: ['swaks'] },
  'swaks with TLS': { programs: ['swaks'], packages: ['swaks', 'libnet-ssleay-perl'], probe: ['perl', '-MNet::SSLeay', '-e1'] },
  redis: { programs: ['redis-server', 'redis-cli', 'redis-sentinel'], packages: ['redis-server', 'redis-sentinel', 'redis-tools'] },
  postgresql: { programs: ['psql', 'pg_config'], packages: ['postgresql'], probe: ['sh', '-c', 'ls /usr/lib/postgresql/*/bin/initdb'] },
  'postfix-pgsql': {
    programs: ['postfix'],
    packages: ['postfix', 'postfix-pgsql'],
    probe: ['sh', '-c', '/usr/sbin/postconf -m | grep -x pgsql'],
  },
  sidekiq: { programs: ['sidekiq', 'ruby'], packages: ['ruby-sidekiq', 'ruby-redis'], probe: ['ruby', '-e', 'require "redis"'] },
  'redis for Python': {
    programs: ['python3'],
    packages: ['python3', 'python3-redis'],
    probe: ['/usr/bin/python3', '-c', 'import redis'],
  },
  'redis for Ruby': { programs: ['ruby'], packages: ['ruby', 'ruby-redis'], probe: ['ruby', '-e', 'require "redis"'] },
  openssl: { programs: ['openssl'], packages: ['openssl'] },
  nsd: { programs: ['nsd'], packages: ['nsd'] },
  dnsmasq: { programs: ['dnsmasq'], packages: ['dnsmasq-base'] },
  opendkim: { programs: ['opendkim'], packages: ['opendkim'] },
  dovecot: { programs: ['dovecot'], packages: ['dovecot-core', 'dovecot-imapd', 'dovecot-lmtpd'] },
  haproxy: { programs: ['haproxy'], packages: ['haproxy'] },
  mail_room: { programs: ['mail_room'], packages: ['ruby-mail-room', 'ruby-faraday', 'ruby-charlock-holmes', 'ruby-redis'] },
  gcc: { programs: ['gcc'], packages: ['gcc', 'libc6-dev'] },
} as const satisfies Record<string, Needs>

export type Service = keyof typeof SERVICES

/** Something that a test needs is not here and could not be installed. The message says what, and what to do. */
export class ServiceMissing extends Error {
  override readonly name = 'ServiceMissing'
}

// Services live in sbin, which an ordinary user's PATH leaves out.
const folders = (): readonly string[] => [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin']

/** The absolute path of a program, or null. */
export function findProgram(name: string): string | null {
  for (const folder of folders()) {
    const file = path.join(folder, name)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // not here: the next folder
    }
  }
  return null
}

function missingPrograms(service: Service): string[] {
  const { programs, probe }: Needs = SERVICES[service]
  const missing = programs.filter(name => findProgram(name) === null)
  if (missing.length > 0 || probe === undefined) return missing
  const [command, ...args] = probe
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0 ? [] : [probe.join(' ')]
}

function mayInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && findProgram('apt-get') !== null
}

function apt(...args: readonly string[]): void {
  execFileSync('apt-get', args, {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 300_000,
  })
}

function install(packages: readonly string[]): string | null {
  const command = ['install', '-y', '--no-install-recommends', '--no-remove', ...packages]
  try {
    apt(...command)
    return null
  } catch {
    // The package lists may be old or absent: fetch them once and try again.
  }
  try {
    apt('update')
    apt(...command)
    return null
  } catch (error) {
    const said = String((error as { stderr?: unknown }).stderr ?? error).trim()
    return said.split('\n').at(-1) ?? 'apt-get failed'
  }
}

/** Makes sure that `service` is here. Throws ServiceMissing where it is not and may not, or could not, be installed. */
export function needService(service: Service): void {
  const missing = missingPrograms(service)
  if (missing.length === 0) return
  const packages = SERVICES[service].packages
  const wanted = `${service} is needed (${missing.join(', ')} not found)`
  if (!mayInstall()) throw new ServiceMissing(`${wanted}. Install it: apt-get install ${packages.join(' ')}`)
  const refused = install(packages)
  if (refused !== null) throw new ServiceMissing(`${wanted}, and apt-get could not install ${packages.join(' ')}: ${refused}`)
  const still = missingPrograms(service)
  if (still.length > 0) throw new ServiceMissing(`${wanted}, also after installing ${packages.join(' ')}`)
}

/**
 * For tests: null where all of `services` are here, else the sentence to skip with. Under CI=true a missing service is a
 * failure, so it throws: a suite that skips what it was written for must not be green there.
 */
export function skipWithout(...services: readonly Service[]): string | null {
  try {
    for (const service of services) needService(service)
    return null
  } catch (error) {
    if (!(error instanceof ServiceMissing) || process.env.CI === 'true') throw error
    return error.message
  }
}
