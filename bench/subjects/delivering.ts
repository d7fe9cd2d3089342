/**
 * Postern as its users run it, handing mail over at once: `serve` with a configuration file, the durable spool, signed keys, and one
 * processor, taking mail by LMTP. Everything that is on by default is on, but for what asks the DNS.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { freePorts } from '../../test/support/ports.ts'
import { mint, raisedLimits, serve, unchecked } from './postern.ts'
import type { Place } from './subject.ts'

export interface Delivering {
  readonly lmtpPort: number
  readonly recipient: string
  processes(): readonly number[]
  stop(): Promise<void>
}

export async function startDelivering({ folder, environment }: Place, processor: object): Promise<Delivering> {
  const [lmtpPort, httpPort] = (await freePorts(2)) as [number, number]
  const file = path.join(folder, 'postern.yaml')
  await mkdir(path.join(folder, 'keys'))
  const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')
  await writeFile(path.join(folder, 'keys', '1'), `${secret}\n`, { mode: 0o600 })
  const configuration = {
    hostname: 'incoming.example.com',
    listeners: {
      lmtp: { host: '127.0.0.1', port: lmtpPort, trusted: ['127.0.0.1'] },
      http: { host: '127.0.0.1', port: httpPort },
    },
    spool: { sqlite: { directory: 'spool' } },
    mailboxes: [
      {
        name: 'incoming',
        address: 'incoming+%{key}@incoming.example.com',
        routes: [{ name: 'reply', key: { signed: { secrets: { 1: { file: 'keys/1' } } } }, processor: 'app' }],
      },
    ],
    processors: { app: processor },
    authentication: unchecked,
    limits: raisedLimits,
  }
  // JSON is YAML.
  await writeFile(file, JSON.stringify(configuration, null, 2))
  const recipient = await mint(file, folder)
  const server = await serve({ folder, environment }, file, lmtpPort)
  return { lmtpPort, recipient, processes: () => [server.id], stop: server.stop }
}
