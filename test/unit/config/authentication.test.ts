// authentication and notices: defaults, every limit on both sides, what comes out settled.
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { ConfigError, parseConfig } from '../../../src/config/load.ts'
import { good, load, read } from './build.ts'

const reportOf = (change: object): string => {
  try {
    parseConfig(stringify({ ...good(), ...change }), 'postern.yaml', { read })
    return 'accepted'
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

const second = 1_000
const from = 'postmaster@incoming.example.com'
const smtp = { host: '127.0.0.1' }

test('defaults', () => {
  const { authentication, notices, mailboxes } = load({ ...good(), authentication: undefined, notices: { from, smtp } })
  expect(authentication).toEqual({
    check: true,
    workers: 0,
    dns: { servers: [], timeout: 3 * second, tries: 2, queries: 100, time: 15 * second },
    spf: 'report',
    dmarc: 'enforce',
    trusted: { relays: ['127.0.0.0/8', '::1'], forwarders: [], sealers: [] },
  })
  expect(notices).toEqual({ from, smtp: { host: '127.0.0.1', port: 25, tls: 'opportunistic' }, language: 'en', per: 86_400_000 })
  expect(mailboxes[0]?.routes.map(({ require, bounces }) => [require, bounces])).toEqual([
    [undefined, false],
    ['none', true],
  ])
  expect(load({ ...good(), notices: undefined }).notices).toBeUndefined()
})

test('a route asks for what it says, else for what all ask for', () => {
  expect(load(good()).mailboxes.map(({ routes }) => routes[0]?.require)).toEqual(Array(4).fill('authenticated'))
  expect(load(good()).mailboxes[0]?.routes[1]?.require).toBe('none')
})

test('unchecked, nothing is enforced', () => {
  const { authentication } = load({ ...good(), authentication: { check: false }, notices: undefined })
  expect(authentication).toMatchObject({ check: false, spf: 'report', dmarc: 'report' })
})

test('names of domains are folded', () => {
  expect(load(good()).authentication.trusted.forwarders).toEqual(['192.0.2.0/24', 'forwarder.example'])
})

describe('authentication, on both sides of its limits', () => {
  const dns = (key: string, value: unknown) => ({ dns: { [key]: value } })
  const trusted = (key: string, value: unknown) => ({ trusted: { [key]: [value] } })
  const rows: readonly (readonly [object, boolean])[] = [
    [{ workers: 64 }, true],
    [{ workers: 65 }, false],
    [{ workers: -1 }, false],
    [{ check: 'no' }, false],
    [dns('timeout', '100ms'), true],
    [dns('timeout', '99ms'), false],
    [{ dns: { timeout: '30s', time: '30s' } }, true],
    [{ dns: { timeout: '30001ms', time: '1m' } }, false],
    [{ dns: { timeout: '2s', time: '1999ms' } }, false],
    [dns('tries', 1), true],
    [dns('tries', 0), false],
    [dns('tries', 5), true],
    [dns('tries', 6), false],
    [dns('queries', 10), true],
    [dns('queries', 9), false],
    [dns('queries', 1_000), true],
    [dns('queries', 1_001), false],
    [{ dns: { timeout: '1s', time: '1s' } }, true],
    [{ dns: { timeout: '999ms', time: '999ms' } }, false],
    [dns('time', '1m'), true],
    [dns('time', '61s'), false],
    ...['127.0.0.1', '127.0.0.1:1', '127.0.0.1:65535', '2001:db8::1', '[2001:db8::1]:53'].map(
      server => [dns('servers', [server]), true] as const,
    ),
    ...[
      '',
      'localhost',
      '127.0.0.1:0',
      '127.0.0.1:65536',
      '127.0.0.1:',
      '[2001:db8::1]',
      '[127.0.0.1]:53',
      '256.0.0.1',
      'fe80::1%lo',
      '1',
    ].map(server => [dns('servers', [server]), false] as const),
    [dns('servers', '127.0.0.1'), false],
    ...['10.0.0.0/8', 'fc00::/7', '::ffff:10.0.0.0/104', '::1'].map(network => [trusted('relays', network), true] as const),
    ...['0.0.0.0/0', '10.0.0.0/7', '::/0', '2000::/6', '::ffff:0:0/96', '::ffff:10.0.0.0/103', 'example.com'].map(
      network => [trusted('relays', network), false] as const,
    ),
    ...['192.0.2.1', '2001:db8::/32', 'example.com', 'a.b-c.xn--p1ai'].map(entry => [trusted('forwarders', entry), true] as const),
    ...[
      '0.0.0.0/0',
      '192.0.2',
      '192.0.2.1/33',
      'com',
      'example.com.',
      '.example.com',
      '*.example.com',
      'bücher.example',
      'a@b.example',
      '',
    ].map(entry => [trusted('forwarders', entry), false] as const),
    [trusted('sealers', 'Google.com'), true],
    ...['192.0.2.1', '192.0.2.0/24', 'com', 'a_b.example', `${'a.'.repeat(127)}example`].map(
      entry => [trusted('sealers', entry), false] as const,
    ),
    [{ spf: 'reject' }, false],
    [{ dmarc: 'none' }, false],
    [{ require: 'bound' }, true],
    [{ require: 'anybody' }, false],
  ]
  test.each(rows)('%j is accepted: %s', (authentication, accepted) => {
    const report = reportOf({ authentication })
    if (accepted) expect(report).toBe('accepted')
    else expect(report).toMatch(/: authentication\./)
  })
  test.each([
    ['15s', false],
    ['15001ms', true],
  ])('a transaction of %s is longer than 15s of DNS: %s', (time, accepted) => {
    const report = reportOf({ limits: { 'transaction-time': time }, authentication: undefined })
    expect(report).toMatch(accepted ? /^accepted$/ : /limits\.transaction-time: over before the DNS is given up/)
  })
})

describe('notices, on both sides of their limits', () => {
  const password = { env: 'PASS' }
  const rows: readonly (readonly [object, boolean])[] = [
    [{}, true],
    [{ per: '1h' }, true],
    [{ per: '59m' }, false],
    [{ per: '7d' }, true],
    [{ per: '169h' }, false],
    ...['en', 'de', 'pt-BR', 'zh-Hant-TW', 'gsw'].map(language => [{ language }, true] as const),
    ...['', 'e', 'EN', 'english', '../en', 'en/..', 'en-'].map(language => [{ language }, false] as const),
    ...['', 'postmaster', 'a@b@c', 'Post <a@example.com>', 'bücher@example.com', 'a b@example.com', 'a@example.com\n'].map(
      from => [{ from }, false] as const,
    ),
    [{ from: undefined }, false],
    [{ smtp: undefined }, false],
    [{ smtp: {} }, false],
    [{ smtp: { ...smtp, port: 1 } }, true],
    [{ smtp: { ...smtp, port: 0 } }, false],
    [{ smtp: { ...smtp, port: 65_535 } }, true],
    [{ smtp: { ...smtp, port: 65_536 } }, false],
    [{ smtp: { ...smtp, tls: 'maybe' } }, false],
    [{ smtp: { host: 'a b' } }, false],
    [{ smtp: { host: '::1' } }, true],
    [{ smtp: { ...smtp, username: 'u' } }, false],
    [{ smtp: { ...smtp, password } }, false],
    ...['127.0.0.1', '::1', 'localhost'].map(host => [{ smtp: { host, tls: 'none', username: 'u', password } }, true] as const),
    ...['none', 'opportunistic'].map(tls => [{ smtp: { host: '192.0.2.1', tls, username: 'u', password } }, false] as const),
    ...['required', 'implicit'].map(tls => [{ smtp: { host: '192.0.2.1', tls, username: 'u', password, ca: 'PEM-ca' } }, true] as const),
    ...['none', 'opportunistic'].map(tls => [{ smtp: { ...smtp, tls, ca: 'PEM-ca' } }, false] as const),
  ]
  test.each(rows)('%j is accepted: %s', (notices, accepted) => {
    const report = reportOf({ notices: { from, smtp, ...notices } })
    if (accepted) expect(report).toBe('accepted')
    else expect(report).toMatch(/: notices\./)
  })
})

test('a processor can’t have the name under which notices are kept', () => {
  const processors = { ...(good().processors as object), '(notice)': { inbox: {} } }
  expect(reportOf({ processors })).toContain('not accepted as a key')
})
