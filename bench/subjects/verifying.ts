/**
 * Postern that verifies SPF, DKIM, DMARC and ARC of every message before its 250, through SMTP, into the default durable spool.
 * The route takes authenticated mail only, so that a run shows that each message was verified; every recipient is another one.
 */
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { freePorts } from '../../test/support/ports.ts'
import { count, raisedLimits, serve } from './postern.ts'
import type { Place, Subject } from './subject.ts'

export interface Verifying {
  /** "127.0.0.1:5300". */
  readonly dns: string
  /** Worker threads; 0 for one per core. */
  readonly workers: number
}

const configuration = (ports: readonly number[], { dns, workers }: Verifying) => ({
  hostname: 'incoming.example.com',
  listeners: {
    smtp: { host: '127.0.0.1', port: ports[0], 'early-talker': '0s' },
    http: { host: '127.0.0.1', port: ports[1] },
  },
  spool: { sqlite: { directory: 'spool' } },
  mailboxes: [
    {
      name: 'incoming',
      address: '%{key}@incoming.example.com',
      routes: [{ name: 'reply', key: { pattern: '[0-9]*r[0-9]*good' }, processor: 'shelf' }],
    },
  ],
  processors: { shelf: { inbox: {} } },
  limits: raisedLimits,
  // The client is on loopback: it must not count as one of ours, or SPF would not be asked.
  authentication: { workers, dns: { servers: [dns] }, require: 'authenticated', trusted: { relays: [] } },
})

export const startVerifying =
  (verifying: Verifying) =>
  async ({ folder, environment }: Place): Promise<Subject> => {
    const ports = (await freePorts(2)) as [number, number]
    const file = path.join(folder, 'postern.yaml')
    // JSON is YAML.
    await writeFile(file, JSON.stringify(configuration(ports, verifying)))
    const server = await serve({ folder, environment }, file, ports[0])
    return {
      port: ports[0],
      protocol: 'smtp',
      recipient: 'good@incoming.example.com',
      processes: () => [server.id],
      stored: async () => count(folder),
      stop: server.stop,
    }
  }
