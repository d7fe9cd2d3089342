/**
 * Postfix's own smtp-sink, speaking LMTP or SMTP: takes all mail and keeps each message as a file. Where a test gives it to Postfix
 * as the way to everybody else, a bounce to a stranger would end here.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { freePort, waitForPort } from './ports.ts'
import { findProgram } from './services.ts'

export interface Sink {
  readonly port: number
  /** Every message so far, with smtp-sink's X-Rcpt-Args and X-Mail-Args fields before it. */
  messages(): Promise<readonly string[]>
  stop(): Promise<void>
}

export interface SinkOptions {
  /** Speaks SMTP in place of LMTP. */
  readonly smtp?: boolean
  /** More options of smtp-sink: `['-f', 'RCPT', '-B', '550 5.1.1 No such user']`. */
  readonly words?: readonly string[]
}

/** `folder` is made; the messages stand there. */
export async function startSink(folder: string, { smtp = false, words: more = [] }: SinkOptions = {}): Promise<Sink> {
  await mkdir(folder, { recursive: true })
  const port = await freePort()
  // It won't run as root; its folder is then its user's. Files are named by a random number behind `mail.`.
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  await chmod(folder, 0o777)
  const words = [...(smtp ? [] : ['-L']), ...user, ...more, '-d', 'mail.', `127.0.0.1:${port}`, '100']
  const child = spawn(findProgram('smtp-sink')!, words, { cwd: folder, stdio: 'ignore' })
  const ended = once(child, 'exit')
  const atExit = () => child.kill('SIGKILL')
  process.on('exit', atExit)
  await waitForPort(port, 30_000, () => child.exitCode === null)
  return {
    port,
    messages: async () =>
      Promise.all(
        (await readdir(folder)).filter(name => name.startsWith('mail.')).map(name => readFile(path.join(folder, name), 'latin1')),
      ),
    async stop() {
      child.kill('SIGTERM')
      await ended
      process.off('exit', atExit)
    },
  }
}
