// A small good configuration as data, for tests to change.
import { stringify } from 'yaml'
import type { Config } from '../../../src/config/config.ts'
import { parseConfig } from '../../../src/config/load.ts'
import type { ReadSecret } from '../../../src/config/secret.ts'

export const signing = Buffer.alloc(32, 7).toString('base64')
export const webhookText = `whsec_${Buffer.alloc(24, 9).toString('base64')}`

export const passwordText = 'let-me-in-please'

/** One of each kind of key; made anew, for tests that change it. */
const stores = () =>
  [
    {
      redis: {
        url: 'rediss://redis.example.com:6380/2',
        username: 'postern',
        password: { env: 'PASS' },
        ca: 'PEM-ca',
        key: 'reply:%{key}',
      },
    },
    {
      redis: {
        sentinel: { master: 'm', nodes: ['192.0.2.1:26379', '[::1]:26379'], password: { file: 'PASS' } },
        set: 'keys',
        timeout: '1s',
      },
    },
    { http: { url: 'https://app.example.com/keys', secret: { env: 'HOOK' } } },
    { sql: { url: 'postgres://postern@db.example.com/app', password: { env: 'PASS' }, query: 'SELECT 1 FROM k WHERE key = %{key}' } },
    { pattern: 'ticket-(?P<subject>[0-9]+)' },
    {
      cached: {
        key: {
          'any-of': [
            { file: 'keys.txt' },
            { 'all-of': [{ signed: { secrets: { 9: { file: 'sign-9' } } } }, { not: { file: 'revoked' } }] },
          ],
        },
        negative: '0s',
      },
    },
  ].map((key, i) => ({ name: `route-${i}`, key, processor: 'app', 'case-sensitive': i % 2 === 0 }))

/** One of each other kind of processor; made anew, for tests that change it. */
const others = () => ({
  raw: {
    webhook: {
      url: 'http://127.0.0.1:3000/raw',
      body: 'raw',
      'content-type': 'text/plain; charset=us-ascii',
      secret: [{ env: 'HOOK' }, { file: 'HOOK-2' }],
      auth: { jwt: { secret: { file: 'sign-jwt' }, header: 'X-Token', issuer: 'postern', audience: 'app', skew: '0s' } },
      headers: { 'X-Environment': 'test, or so' },
    },
  },
  basic: { webhook: { url: 'http://127.0.0.1/', auth: { basic: { username: 'postern', password: { env: 'PASS' } } } } },
  bearer: { webhook: { url: 'http://127.0.0.1/', auth: { bearer: { env: 'TOKEN' } }, event: { raw: 'omit', larger: 'omit' } } },
  stream: { 'redis-stream': { url: 'redis://127.0.0.1', 'max-length': 1000, event: { attachments: '0B' } } },
  jobs: { sidekiq: { sentinel: { master: 'm', nodes: ['192.0.2.1:26379'] }, password: { env: 'PASS' }, namespace: 'resque:gitlab' } },
  program: { command: { run: ['/usr/bin/env', ''], directory: '/var/empty', environment: { LANG: 'C.UTF-8' } } },
  folder: { maildir: { directory: 'var/mail' } },
})

/** Answers by name, so that no file is needed. */
export const read: ReadSecret = place => {
  const name = 'file' in place ? place.file : place.env
  if (name.startsWith('sign')) return { text: signing }
  if (name.startsWith('HOOK')) return { text: webhookText }
  if (name.startsWith('PEM-key')) return { text: '-----BEGIN EC PRIVATE KEY-----' }
  if (name.startsWith('PEM')) return { text: '-----BEGIN CERTIFICATE-----' }
  if (name.startsWith('PASS')) return { text: passwordText }
  return name.startsWith('TOKEN') ? { text: 'open-sesame-open-sesame' } : { problem: 'not there', allowed: 'a good name' }
}

export function good(): Record<string, unknown> {
  return {
    hostname: 'incoming.example.com',
    listeners: {
      smtp: {
        host: '127.0.0.1',
        port: 2525,
        tls: { certificate: 'PEM-certificate', key: 'PEM-key' },
        'proxy-protocol': ['192.0.2.0/24'],
      },
      lmtp: [
        { path: 'run/lmtp.sock', mode: '0600' },
        { host: '::1', port: 2424, trusted: ['::1', '10.0.0.0/8'] },
      ],
      socketmap: { host: '127.0.0.1', port: 2627 },
      policy: [
        { host: '127.0.0.1', port: 2626, trusted: ['10.0.0.0/8'] },
        { path: 'run/policy.sock', mode: '0666' },
      ],
      http: { host: '0.0.0.0', port: 8025, hosts: ['mail.example.com'], token: { env: 'TOKEN' } },
    },
    mailboxes: [
      {
        name: 'incoming',
        address: 'incoming+%{key}@incoming.example.com',
        routes: [
          { name: 'reply', key: { signed: { secrets: { 1: { file: 'sign-1' }, 2: { env: 'signing' } } } }, processor: 'app' },
          {
            name: 'list',
            key: { file: 'keys.txt' },
            processors: ['shelf', 'folder', 'app'],
            handoff: 'queued',
            require: 'none',
            bounces: true,
            screening: { automatic: 'tag' },
          },
        ],
      },
      { name: 'stores', address: '%{key}@stores.example.com', routes: stores() },
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
      ...others(),
    },
    delivery: { handoff: 'inline', inline: { deadline: '15s', late: 'defer' }, pause: { after: 0 } },
    content: { size: '8MiB', workers: 2 },
    links: { url: 'https://incoming.example.com/mail/', expires: '2d' },
    authentication: {
      dns: { servers: ['192.0.2.53', '[2001:db8::53]:5300'] },
      dmarc: 'report',
      require: 'authenticated',
      trusted: { relays: ['10.0.0.0/8', 'fc00::/7'], forwarders: ['192.0.2.0/24', 'Forwarder.example'], sealers: ['sealer.example'] },
    },
    notices: {
      from: 'postmaster@incoming.example.com',
      smtp: { host: 'relay.example.com', tls: 'required' },
      language: 'pt-BR',
    },
    limits: { 'message-size': '10MiB' },
    retention: { held: '90d' },
  }
}

export const load = (value: unknown): Config => parseConfig(stringify(value), 'postern.yaml', { read })
