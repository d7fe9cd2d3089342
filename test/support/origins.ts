/**
 * The three ways Postern stands in the world, each with a real DNS server: the MX itself, behind Postfix by LMTP, and behind
 * Postfix before its queue. A client's address is its own on loopback, or XCLIENT's, which Postfix hands on by XFORWARD.
 */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Site, startSite } from './behind-postfix.ts'
import { type DnsServer, type DnsZones, startDns } from './dns.ts'
import { makePostern, type Postern, removeFolder, temporaryFolder } from './postern.ts'
import type { Postfix } from './postfix.ts'

export type DeploymentName = 'MX' | 'lmtp' | 'before-queue'

export interface Mail {
  /** The client's address: one of 127.0.0.0/8 that works in all deployments. */
  readonly client: string
  /** '' for the null reverse-path. */
  readonly sender: string
  readonly to: string
  /** Header and body; lines end with LF or CRLF. */
  readonly message: string
}

export interface Deployment {
  readonly name: DeploymentName
  readonly postern: Postern
  readonly dns: DnsServer
  /** null where Postern is the MX itself. */
  readonly postfix: Postfix | null
  /** The whole dialog, as swaks shows it. */
  send(mail: Mail): Promise<string>
  stop(): Promise<void>
}

export interface DeploymentOptions {
  readonly zones: DnsZones
  /** The rest of `authentication`, on one line: `dmarc: enforce`. The DNS server is added. */
  readonly authentication?: string
  readonly notices?: string
  readonly more?: string
  readonly mailboxes?: readonly string[]
  readonly processor?: string
  readonly env?: Readonly<Record<string, string>>
  /** Of Postfix. */
  readonly settings?: Readonly<Record<string, string>>
  /** Where Postfix takes notices. */
  readonly submissionPort?: number
}

/** Short, since a test waits for it; nobody on loopback counts as ours. */
const section = (server: string, rest: string) =>
  `{ dns: { servers: ['${server}'], timeout: 500ms, tries: 1 }, trusted: { relays: [] }${rest === '' ? '' : `, ${rest}`} }`

export async function startDeployment(name: DeploymentName, options: DeploymentOptions): Promise<Deployment> {
  const { zones, authentication = '', settings, submissionPort, ...rest } = options
  const dns = await startDns({ zones })
  const shared = { ...rest, authentication: section(dns.server, authentication) }
  try {
    if (name === 'MX') return await startMx(dns, shared)
    const postfix = { ...(settings === undefined ? {} : { settings }), ...(submissionPort === undefined ? {} : { submissionPort }) }
    return behind(name, dns, await startSite({ configuration: name, ...shared, ...postfix }))
  } catch (error) {
    await dns.stop()
    throw error
  }
}

async function startMx(dns: DnsServer, options: Omit<Parameters<typeof makePostern>[0], 'folder'>): Promise<Deployment> {
  const folder = await temporaryFolder('mx')
  const postern = await makePostern({ folder: path.join(folder, 'postern'), ...options })
  await postern.start()
  return {
    name: 'MX',
    postern,
    dns,
    postfix: null,
    send: mail => swaks(folder, mail, ['--port', String(postern.ports.smtp), '--local-interface', mail.client]),
    async stop() {
      if (postern.running) await postern.end('SIGTERM')
      await dns.stop()
      await removeFolder(folder)
    },
  }
}

function behind(name: DeploymentName, dns: DnsServer, site: Site): Deployment {
  const { postern, postfix, folder } = site
  return {
    name,
    postern,
    dns,
    postfix,
    send: mail =>
      swaks(folder, mail, ['--port', String(postfix.smtpPort), '--xclient-addr', mail.client, '--xclient-name', '[UNAVAILABLE]']),
    async stop() {
      await site.stop()
      await dns.stop()
    },
  }
}

let serial = 0

async function swaks(folder: string, { sender, to, message }: Mail, words: readonly string[]): Promise<string> {
  const file = path.join(folder, `message-${++serial}.eml`)
  await writeFile(file, message.replace(/\r?\n/g, '\r\n'), 'latin1')
  const envelope = ['--from', sender === '' ? '<>' : sender, '--to', to, '--data', `@${file}`]
  const all = ['--server', '127.0.0.1', '--helo', 'mail.example.org', '--timeout', '30', ...words, ...envelope]
  return new Promise(resolve => execFile('swaks', all, { timeout: 60_000 }, (_, stdout, stderr) => resolve(stdout + stderr)))
}
