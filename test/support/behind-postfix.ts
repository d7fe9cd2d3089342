/**
 * A real Postern behind a real Postfix with one of the shipped configurations, each in a folder of its own on free ports.
 * Besides the signed keys of postern.ts there is a mailbox `filed`, whose keys stand in a file that isn't there: its store is
 * down until a test writes it.
 */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { freePort, freePorts } from './ports.ts'
import { makePostern, type Postern, type PosternOptions, removeFolder, temporaryFolder } from './postern.ts'
import { type Postfix, type PostfixConfiguration, startPostfix } from './postfix.ts'

export interface SiteOptions extends Pick<PosternOptions, 'more' | 'authentication' | 'notices' | 'processor' | 'env' | 'mailboxes'> {
  readonly configuration: PostfixConfiguration
  /** Over the shipped main.cf: what the test needs, never what it is about. */
  readonly settings?: Readonly<Record<string, string>>
  /** Where Postfix takes notices. */
  readonly submissionPort?: number
}

export interface Site {
  readonly folder: string
  readonly postern: Postern
  readonly postfix: Postfix
  /** The key store of `filed`: written, it is up. */
  fileKeys(...keys: readonly string[]): Promise<void>
  /** swaks to Postfix; its whole dialog, whatever came of it. The client's address can be XCLIENT's. */
  swaks(...args: readonly string[]): Promise<string>
  stop(): Promise<void>
}

export async function startSite({ configuration, settings, submissionPort, mailboxes = [], ...options }: SiteOptions): Promise<Site> {
  const folder = await temporaryFolder(configuration)
  const [socketmap, policy] = await freePorts(2)
  const keyFile = path.join(folder, 'filed-keys')
  const postern = await makePostern({
    folder: path.join(folder, 'postern'),
    smtp: 'trusted: [127.0.0.1]',
    listeners: [`socketmap: { host: 127.0.0.1, port: ${socketmap} }`, `policy: { host: 127.0.0.1, port: ${policy} }`],
    mailboxes: [
      `{ name: filed, address: 'filed+%{key}@incoming.example.com', routes: [{ name: f, key: { file: ${keyFile} }, processor: app }] }`,
      ...mailboxes,
    ],
    ...options,
  })
  await postern.start()
  const postfix = await startPostfix({
    configuration,
    folder: path.join(folder, 'postfix'),
    smtpPort: await freePort(),
    ...(submissionPort === undefined ? {} : { submissionPort }),
    lmtpPort: configuration === 'before-queue' ? postern.ports.smtp : postern.ports.lmtp,
    ...(configuration === 'probes' ? {} : { asks: { socketmap: socketmap!, policy: policy! } }),
    settings: { smtpd_authorized_xclient_hosts: '127.0.0.1', ...settings },
  })
  return {
    folder,
    postern,
    postfix,
    fileKeys: (...keys) => writeFile(keyFile, keys.map(key => `${key}\n`).join('')),
    swaks: (...args) => swaks(postfix.smtpPort, args),
    async stop() {
      await postfix.stop()
      if (postern.running) await postern.end('SIGTERM')
      await removeFolder(folder)
    },
  }
}

function swaks(port: number, args: readonly string[]): Promise<string> {
  const words = ['--server', '127.0.0.1', '--port', String(port), '--helo', 'mail.example.org', '--timeout', '20', ...args]
  return new Promise(resolve => execFile('swaks', words, { timeout: 60_000 }, (_, stdout, stderr) => resolve(stdout + stderr)))
}

/** Looks until there is something; throws after `seconds`. */
export async function eventually<T>(look: () => Promise<T | undefined> | T | undefined, seconds = 30): Promise<T> {
  for (const until = Date.now() + seconds * 1_000; Date.now() < until; ) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error(`did not come to pass within ${seconds} s`)
}

/** Postfix took the message, with a 250 to the end of data. */
export const queued = /<- {2}250 2\.0\.0 Ok: queued as/
export const refusedAtRcpt = (dialog: string): boolean => !/-> DATA/.test(dialog)
