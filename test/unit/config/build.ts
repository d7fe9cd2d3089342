// A small good configuration as data, for tests to change.
import { stringify } from 'yaml'
import type { Config } from '../../../src/config/config.ts'
import { parseConfig } from '../../../src/config/load.ts'
import type { ReadSecret } from '../../../src/config/secret.ts'

export const signing = Buffer.alloc(32, 7).toString('base64')
export const webhookText = `whsec_${Buffer.alloc(24, 9).toString('base64')}`

/** Answers by name, so that no file is needed. */
export const read: ReadSecret = place => {
  const name = 'file' in place ? place.file : place.env
  if (name.startsWith('sign')) return { text: signing }
  if (name.startsWith('HOOK')) return { text: webhookText }
  return name.startsWith('TOKEN') ? { text: 'open-sesame-open-sesame' } : { problem: 'not there', allowed: 'a good name' }
}

export function good(): Record<string, unknown> {
  return {
    hostname: 'incoming.example.com',
    listeners: {
      smtp: { host: '127.0.0.1', port: 2525 },
      lmtp: [
        { path: 'run/lmtp.sock', mode: '0600' },
        { host: '::1', port: 2424, trusted: ['::1', '10.0.0.0/8'] },
      ],
      http: { host: '0.0.0.0', port: 8025, hosts: ['mail.example.com'], token: { env: 'TOKEN' } },
    },
    mailboxes: [
      {
        name: 'incoming',
        address: 'incoming+%{key}@incoming.example.com',
        routes: [
          { name: 'reply', key: { signed: { secrets: { 1: { file: 'sign-1' }, 2: { env: 'signing' } } } }, processor: 'app' },
          { name: 'list', key: { file: 'keys.txt' }, processor: 'shelf', screening: { automatic: 'tag' } },
        ],
      },
      { name: 'open', address: 'hello@incoming.example.com', key: 'none', routes: [{ name: 'all', processor: 'shelf' }] },
      {
        name: 'dedicated',
        address: 'git@incoming.example.com',
        references: 'reply-%{key}@incoming.example.com',
        routes: [{ name: 'reply', key: { file: 'keys.txt' }, processor: 'app' }],
      },
    ],
    processors: {
      app: { webhook: { url: 'http://127.0.0.1:3000/inbound', secret: { env: 'HOOK' }, timeout: '5s' } },
      shelf: { inbox: {} },
    },
    limits: { 'message-size': '10MiB' },
    retention: { held: '90d' },
  }
}

export const load = (value: unknown): Config => parseConfig(stringify(value), 'postern.yaml', read)
