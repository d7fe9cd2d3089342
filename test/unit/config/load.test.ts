// From YAML to the settled configuration: defaults, units, merged settings, frozen and hidden things.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { ConfigError, loadConfig, parseConfig } from '../../../src/config/load.ts'
import { processorTime } from '../../support/processor-time.ts'
import { good, load, passwordText, read, signing, webhookText } from './build.ts'

const reportOf = (text: string): string => {
  try {
    parseConfig(text, 'postern.yaml', { read })
    return 'accepted'
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

test('defaults are those of the design', () => {
  const { limits, retention, delivery, content, screening, log, spool } = load({
    ...good(),
    limits: undefined,
    retention: undefined,
    delivery: undefined,
    content: undefined,
  })
  expect(limits).toEqual({
    'message-size': 25 * 2 ** 20,
    recipients: 100,
    connections: 1_000,
    'connections-per-network': 50,
    'unknown-recipients': 10,
    errors: 20,
    'messages-per-key': 1_000,
    'messages-per-sender': 1_000,
    'messages-per-pair': 300,
    'transaction-time': 600_000,
    'idle-time': 300_000,
    'minimum-rate': 1_024,
    'relay-grace': 5 * 86_400_000,
    'rate-grace': 30_000,
  })
  const day = 86_400_000
  expect(retention).toEqual({ delivered: 7 * day, discarded: 7 * day, held: 30 * day, failed: 30 * day, transactions: day })
  expect(delivery).toEqual({
    handoff: 'queued',
    inline: { deadline: 20_000, late: 'queue' },
    retry: { first: 60_000, factor: 2, max: day / 2, for: 3 * day },
    pause: { after: 10, longest: 60_000 },
  })
  const MiB = 2 ** 20
  expect(content).toEqual({
    workers: 1,
    time: 10_000,
    memory: 256 * MiB,
    size: 32 * MiB,
    parts: 1_000,
    depth: 30,
    addresses: 2_000,
    header: 256 * 1024,
    text: MiB,
    html: 2 * MiB,
  })
  expect(screening).toEqual({ automatic: 'discard', vacation: 'ignore', 'null-reverse-path': 'refuse' })
  expect(log).toEqual({ level: 'info' })
  expect(spool).toEqual({ sqlite: { directory: 'var/spool', 'minimum-free': 128 * 2 ** 20 } })
})

test('one listener or a list of them come out as lists, with their place', () => {
  const { listeners } = load(good())
  const plain = { tls: null, proxyProtocol: [], earlyTalker: 0 }
  expect(listeners.smtp).toEqual([
    {
      at: { host: '127.0.0.1', port: 2525 },
      peer: 'origin',
      trusted: [],
      lineEndings: 'reject',
      tls: { certificate: 'PEM-certificate', key: 'PEM-key', required: false },
      proxyProtocol: ['192.0.2.0/24'],
      earlyTalker: 200,
    },
  ])
  expect(listeners.lmtp).toEqual([
    { ...plain, at: { path: 'run/lmtp.sock', mode: 0o600 }, peer: 'relay', trusted: [], lineEndings: 'normalize' },
    { ...plain, at: { host: '::1', port: 2424 }, peer: 'relay', trusted: ['::1', '10.0.0.0/8'], lineEndings: 'normalize' },
  ])
  expect(listeners.socketmap).toEqual([{ at: { host: '127.0.0.1', port: 2627 }, trusted: ['127.0.0.0/8', '::1'] }])
  expect(listeners.policy).toEqual([
    { at: { host: '127.0.0.1', port: 2626 }, trusted: ['10.0.0.0/8'] },
    { at: { path: 'run/policy.sock', mode: 0o666 }, trusted: ['127.0.0.0/8', '::1'] },
  ])
  expect(listeners.http[0]).toMatchObject({ at: { host: '0.0.0.0', port: 8025 }, hosts: ['mail.example.com'] })
  expect(listeners.http[0]?.token?.reveal()).toBe('open-sesame-open-sesame')
})

test('only clients from anywhere wait for the greeting, unless the operator says otherwise', () => {
  const place = { host: '127.0.0.1', port: 0 }
  const waits = (more: object) => {
    const lmtp = { ...place, trusted: ['127.0.0.1'], ...more }
    const { listeners } = load({
      ...good(),
      listeners: {
        smtp: [
          { ...place, ...more },
          { ...place, ...more, peer: 'relay' },
        ],
        lmtp,
      },
    })
    return [...listeners.smtp, ...listeners.lmtp].map(listener => listener.earlyTalker)
  }
  expect(waits({})).toEqual([200, 0, 0])
  expect(waits({ 'early-talker': '0s' })).toEqual([0, 0, 0])
  expect(waits({ 'early-talker': '10s' })).toEqual([10_000, 10_000, 10_000])
  expect(() => waits({ 'early-talker': '10001ms' })).toThrow(/early-talker: not accepted/)
})

test('line endings follow the peer, unless the operator says otherwise', () => {
  const listeners = {
    smtp: [
      { host: '127.0.0.1', port: 0 },
      { host: '127.0.0.1', port: 0, peer: 'relay' },
    ],
  }
  const endings = (more: object) => load({ ...good(), listeners, ...more }).listeners.smtp.map(listener => listener.lineEndings)
  expect(endings({})).toEqual(['reject', 'normalize'])
  expect(endings({ 'line-endings': 'normalize' })).toEqual(['normalize', 'normalize'])
  expect(endings({ 'line-endings': 'reject' })).toEqual(['reject', 'reject'])
})

test('a route takes over the screening settings that it doesn’t change', () => {
  const { mailboxes } = load({ ...good(), screening: { 'null-reverse-path': 'accept' } })
  expect(mailboxes[0]?.routes.map(route => route.screening)).toEqual([
    { automatic: 'discard', vacation: 'ignore', 'null-reverse-path': 'accept' },
    { automatic: 'tag', vacation: 'ignore', 'null-reverse-path': 'accept' },
  ])
  const plain = load(good()).mailboxes[0]?.routes.map(route => route.screening['null-reverse-path'])
  expect(plain, 'the second is for bounces').toEqual(['refuse', 'accept'])
})

test('postmaster’s mail goes where the operator says, else to an inbox, else to one that is added', () => {
  expect(load({ ...good(), postmaster: 'app' }).postmaster).toBe('app')
  expect(load(good()).postmaster).toBe('shelf')
  const webhook = { app: { webhook: { url: 'http://127.0.0.1/' } } }
  const mailboxes = [{ name: 'm', address: 'a+%{key}@example.com', routes: [{ name: 'r', key: { file: 'k' }, processor: 'app' }] }]
  const added = load({ ...good(), mailboxes, processors: webhook })
  expect(added.postmaster).toBe('postmaster')
  expect(added.processors.postmaster).toEqual({ inbox: {} })
})

test('secrets are there for who asks, and in no print', () => {
  const config = load(good())
  const key = config.mailboxes[0]?.routes[0]?.key
  expect(key !== undefined && 'signed' in key && key.signed.secrets[1]?.reveal()).toEqual(new Uint8Array(32).fill(7))
  const { app } = config.processors
  expect(app !== undefined && 'webhook' in app && app.webhook.secret?.[0]?.reveal()).toBe(webhookText)
  for (const print of [JSON.stringify(config), inspect(config, { depth: 20 })]) {
    for (const secret of [signing, webhookText, passwordText, 'open-sesame']) expect(print).not.toContain(secret)
  }
  expect(JSON.stringify(config)).toContain('environment HOOK')
})

test('everything is frozen', () => {
  const config = load(good())
  expect(() => Object.assign(config.limits, { recipients: 1 })).toThrow(TypeError)
  expect(() => (config.mailboxes as unknown[]).push(1)).toThrow(TypeError)
  expect(() => Object.assign(config.mailboxes[0]!.routes[0]!.screening, { automatic: 'tag' })).toThrow(TypeError)
})

test('a byte order mark, CRLF line ends, anchors and quoted key ids do no harm', () => {
  const text = stringify(good()).replaceAll('\n', '\r\n')
  expect(reportOf(`\ufeff${text}`)).toBe('accepted')
  expect(reportOf(text.replace(' 1:', ' "1":'))).toBe('accepted')
  const place = '{ host: 127.0.0.1, port: 0 }'
  const anchored = stringify({ ...good(), listeners: 'HERE' }).replace('HERE', `{ smtp: &a ${place}, http: *a }`)
  expect(reportOf(anchored)).toBe('accepted')
})

describe('a file as large as may be', () => {
  const fill = (item: (i: number) => string): string => {
    let text = stringify(good())
    for (let i = 0; text.length < 1024 * 1024 - 100; i++) text += item(i)
    return text
  }
  test.each([
    ['unknown keys', (i: number) => `k${i}: 1\n`, /has \d+ problems; 100 of them follow\n/],
    ['keys that stand twice', () => 'hostname: a.example\n', /this key stands here twice/],
    ['aliases', (i: number) => (i === 0 ? 'x: &x 1\nl:\n' : '- *x\n'), /more than 100 aliases/],
    ['mappings', (i: number) => (i === 0 ? 'l:\n' : '- {a: 1}\n'), /l: unknown key/],
  ])('of %s is refused in good time', (_what, item, expected) => {
    const text = fill(item)
    expect(processorTime(() => expect(reportOf(text)).toMatch(expected))).toBeLessThan(15_000)
  })
  test('a hundred problems are told one by one, and one more is counted', () => {
    const keys = (count: number): string =>
      stringify({ ...good(), ...Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 1])) })
    expect(reportOf(keys(100)).match(/unknown key/g)).toHaveLength(100)
    expect(reportOf(keys(100))).not.toContain('of them follow')
    expect(reportOf(keys(101)).match(/unknown key/g)).toHaveLength(100)
    expect(reportOf(keys(101))).toMatch(/^postern\.yaml: has 101 problems; 100 of them follow$/m)
  })
  test('a hundred aliases may stand, one more may not', () => {
    const aliases = (count: number): string => `${stringify(good())}x: &x 1\nl: [${Array<string>(count).fill('*x').join(', ')}]\n`
    expect(reportOf(aliases(100))).not.toContain('aliases')
    expect(reportOf(aliases(101))).toContain('more than 100 aliases')
  })
})

test('problems inside an alias are placed where they are written', () => {
  const text = stringify({ ...good(), listeners: 'HERE' }).replace('HERE', '{ smtp: &a { host: 127.0.0.1, port: x }, http: *a }')
  expect(reportOf(text)).toContain('postern.yaml:2:48: listeners.smtp.port: not accepted')
  expect(reportOf(text)).toContain('postern.yaml:2:48: listeners.http.port: not accepted')
})

const limitsAtBothSides: readonly (readonly [string, unknown, boolean])[] = [
  ['message-size', '1KiB', true],
  ['message-size', '1023B', false],
  ['message-size', '1GiB', true],
  ['message-size', '1073741825B', false],
  ['recipients', 1, true],
  ['recipients', 0, false],
  ['recipients', 10_000, true],
  ['recipients', 10_001, false],
  ['connections', 100_000, true],
  ['connections', 100_001, false],
  ['unknown-recipients', 1_000_000_000, true],
  ['unknown-recipients', 1_000_000_001, false],
  ['messages-per-key', 0, true],
  ['messages-per-key', -1, false],
  ['messages-per-sender', 1_000_000_000, true],
  ['messages-per-sender', 1_000_000_001, false],
  ['messages-per-pair', 0, true],
  ['messages-per-pair', 1_000_000_001, false],
  ['transaction-time', '1s', true],
  ['transaction-time', '999ms', false],
  ['idle-time', '1d', true],
  ['idle-time', '25h', false],
  ['minimum-rate', '0B', true],
  ['relay-grace', '0s', true],
  ['relay-grace', '30d', true],
  ['relay-grace', '721h', false],
]
test.each(limitsAtBothSides)('limits.%s: %s is accepted: %s', (key, value, accepted) => {
  const unchecked = { authentication: { check: false }, notices: undefined, delivery: undefined }
  const report = reportOf(stringify({ ...good(), ...unchecked, limits: { [key]: value } }))
  if (accepted) expect(report).toBe('accepted')
  else expect(report).toContain(`limits.${key}: not accepted`)
})

test('a signing secret has 32 octets or more, a webhook secret 24 to 64', () => {
  const withSecret = (text: string) => (key: string) => {
    try {
      parseConfig(stringify(good()), 'f', { read: place => ('env' in place && place.env === key ? { text } : read(place)) })
      return true
    } catch {
      return false
    }
  }
  const base64 = (octets: number) => Buffer.alloc(octets, 1).toString('base64')
  expect([31, 32, 1024, 1025].map(n => withSecret(base64(n))('signing'))).toEqual([false, true, true, false])
  expect([23, 24, 64, 65].map(n => withSecret(`whsec_${base64(n)}`)('HOOK'))).toEqual([false, true, true, false])
  expect([15, 16, 1000, 1001].map(n => withSecret('x'.repeat(n))('TOKEN'))).toEqual([false, true, true, false])
})

test('a file that can’t be read or is too large is a ConfigError', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-'))
  try {
    await expect(loadConfig(join(folder, 'none.yaml'))).rejects.toThrow(/none.yaml: is not there$/)
    await expect(loadConfig(folder)).rejects.toThrow(/is a folder$/)
    await writeFile(join(folder, 'big.yaml'), `#${'x'.repeat(1024 * 1024)}`)
    await expect(loadConfig(join(folder, 'big.yaml'))).rejects.toThrow(/larger than 1 MiB$/)
    await writeFile(join(folder, 'fits.yaml'), `#${'x'.repeat(1024 * 1024 - 1)}`)
    await expect(loadConfig(join(folder, 'fits.yaml'))).rejects.toThrow(/the file is empty/)
  } finally {
    await rm(folder, { recursive: true })
  }
})
