/**
 * The container engine as the stack's test uses it: `docker compose` (v2) or `docker-compose` (1.29.2 and newer), whichever
 * is here; the variable COMPOSE names another. Everything runs under a project name of its own, on ports of its own.
 */
import { execFile, spawnSync } from 'node:child_process'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ROOT = path.resolve(import.meta.dirname, '../..')

export interface Engine {
  /** "docker-compose version 1.29.2, …" */
  readonly version: string
  /** Runs compose with these arguments; gives its standard output. Rejects with `stdout` and `stderr` where it fails. */
  compose(...args: readonly string[]): Promise<string>
  /** The health that the engine sees: "healthy", "starting" …; '' where there is no such container. */
  health(service: string): Promise<string>
  /** Waits until it is healthy; two minutes at most. */
  healthy(service: string): Promise<void>
}

const succeeds = (command: string, ...args: readonly string[]) =>
  spawnSync(command, args, { stdio: 'ignore', timeout: 20_000 }).status === 0

/** How compose is called here, or null. */
function composeCommand(): readonly string[] | null {
  const named = process.env.COMPOSE?.split(' ')
  const commands = named === undefined ? [['docker', 'compose'], ['docker-compose']] : [named]
  return commands.find(([program, ...args]) => succeeds(program!, ...args, 'version')) ?? null
}

/** The engine, or the sentence that says what is missing. */
export function findEngine(project: string, environment: Readonly<Record<string, string>>): Engine | string {
  const command = composeCommand()
  if (command === null) return 'No compose here: install docker-compose (1.29.2 or newer) or the compose plugin of docker.'
  if (!succeeds('docker', 'version')) return 'No container engine answers: start docker, or let DOCKER_HOST name one.'
  const [program, ...before] = command
  const options = { cwd: ROOT, env: { ...process.env, ...environment }, maxBuffer: 64 * 1024 * 1024, timeout: 900_000 }
  const compose = async (...args: readonly string[]) => (await run(program!, [...before, '-p', project, ...args], options)).stdout
  const health = async (service: string) => {
    const id = (await compose('ps', '-q', service)).trim()
    return id === '' ? '' : (await run('docker', ['inspect', '--format', '{{.State.Health.Status}}', id])).stdout.trim()
  }
  return {
    version: spawnSync(program!, [...before, 'version'], { encoding: 'utf8' }).stdout.split('\n')[0]!,
    compose,
    health,
    async healthy(service) {
      const until = Date.now() + 120_000
      for (let seen = await health(service); seen !== 'healthy'; seen = await health(service)) {
        if (Date.now() > until) throw new Error(`${service} is not healthy after two minutes, but “${seen}”`)
        await sleep(500)
      }
    },
  }
}
