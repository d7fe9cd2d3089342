/**
 * Starts, kills, freezes and restarts an application that knows keys (keys-application-server.ts), on one port of loopback.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { freePort } from './ports.ts'

export interface KeysApplication {
  readonly url: string
  readonly secret: string
  start(): Promise<void>
  kill(): Promise<void>
  freeze(): void
  thaw(): void
}

/** `keys`: what it answers for each key, as docs/keys.md says. It isn't started yet. */
export async function keysApplication(keys: Readonly<Record<string, object>>): Promise<KeysApplication> {
  const port = await freePort()
  const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`
  let child: ChildProcess | null = null
  process.on('exit', () => child?.kill('SIGKILL'))
  return {
    url: `http://127.0.0.1:${port}/keys?a=b`,
    secret,
    async start() {
      const script = path.join(import.meta.dirname, 'keys-application-server.ts')
      const started = spawn(process.execPath, [script, String(port), JSON.stringify(keys), secret], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      child = started
      const ended = once(started, 'exit').then(() => Promise.reject(new Error('the application ended at its start')))
      ended.catch(() => {})
      await Promise.race([once(started.stdout!, 'data'), ended])
    },
    async kill() {
      if (child === null || child.exitCode !== null || child.signalCode !== null) return
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
  }
}
