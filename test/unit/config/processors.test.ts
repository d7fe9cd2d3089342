// Who receives mail: several processors of a route, when it is asked, and every kind with what is filled in.
import { describe, expect, test } from 'vitest'
import type { Config } from '../../../src/config/config.ts'
import { ConfigError } from '../../../src/config/load.ts'
import { good, load, webhookText } from './build.ts'

const KiB = 1024
const MiB = 1024 * KiB
const day = 86_400_000

const routesOf = (config: Config) => config.mailboxes[0]!.routes.map(({ processors, handoff }) => ({ processors, handoff }))

test('a route has a list of processors, whichever way it was written, and says when it is asked', () => {
  expect(routesOf(load(good()))).toEqual([
    { processors: ['app'], handoff: 'inline' },
    { processors: ['shelf', 'folder', 'app'], handoff: 'queued' },
  ])
  expect(routesOf(load({ ...good(), delivery: {} }))[0]?.handoff).toBe('queued')
  // An inbox can't be asked.
  expect(load(good()).mailboxes[2]!.routes[0]).toMatchObject({ processors: ['shelf'], handoff: 'queued' })
  expect(load(good()).mailboxes[0]?.routes[0]).not.toHaveProperty('processor')
})

test('who is asked is the first processor, and an inbox can’t be', () => {
  const routed = (route: object, delivery: object = { handoff: 'inline' }): Config => {
    const key = { file: 'keys.txt' }
    const [first, ...rest] = good().mailboxes as { routes: object[] }[]
    return load({ ...good(), delivery, mailboxes: [{ ...first, routes: [{ name: 'reply', key, ...route }] }, ...rest] })
  }
  const handoff = (route: object) => routesOf(routed(route))[0]?.handoff
  expect(handoff({ processor: 'app' })).toBe('inline')
  expect(handoff({ processor: 'app', handoff: 'queued' })).toBe('queued')
  expect(handoff({ processors: ['app', 'shelf'] })).toBe('inline')
  expect(handoff({ processors: ['shelf', 'app'] })).toBe('queued')
  expect(handoff({ processors: ['app', 'shelf'], handoff: 'inline' })).toBe('inline')
  for (const route of [{ processor: 'shelf' }, { processors: ['shelf', 'app'] }])
    expect(() => routed({ ...route, handoff: 'inline' }, {})).toThrow('nobody would be asked: "shelf" is an inbox')
})

const withApp = (app: object, more: object = {}): Config =>
  load({ ...good(), processors: { ...(good().processors as object), app }, links: undefined, ...more })
const url = 'http://127.0.0.1/'
const server = { url: 'redis://127.0.0.1' }

test('what nobody says of a webhook', () => {
  expect(withApp({ webhook: { url } }).processors.app).toEqual({
    webhook: { url, timeout: 10_000, concurrency: 8, body: 'event', event: { raw: 'inline', attachments: 256 * KiB, larger: 'omit' } },
  })
})

test.each(['redis-stream', 'sidekiq'])('a mark of %s has an hour at least, and as long as the attempts', kind => {
  const open = (mark: string | undefined, retry: object) =>
    withApp({ [kind]: { ...server, ...(mark === undefined ? {} : { mark }) } }, { delivery: { retry } })
  expect(() => open('1h', { first: '1m', for: '1h' })).not.toThrow()
  expect(() => open('59m', { first: '1m', for: '59m' })).toThrow(ConfigError)
  expect(() => open('59m', { first: '1m', for: '1h' })).toThrow(ConfigError)
  expect(() => open(undefined, { for: '7d' })).not.toThrow()
  expect(() => open(undefined, { for: '8d' })).toThrow(/forgotten before the last attempt/)
})

test('what nobody says of the other kinds', () => {
  expect(withApp({ 'redis-stream': server }).processors.app).toEqual({
    'redis-stream': {
      ...server,
      stream: 'postern:mail',
      raw: MiB,
      larger: 'omit',
      event: { content: true, attachments: 256 * KiB, larger: 'omit' },
      timeout: 10_000,
      concurrency: 16,
      mark: 7 * day,
    },
  })
  const job = { queue: 'default', class: 'EmailReceiverWorker', retry: false, timeout: 10_000, concurrency: 16, mark: 7 * day }
  expect(withApp({ sidekiq: server }).processors.app).toEqual({ sidekiq: { ...server, ...job } })
  expect(withApp({ command: { run: ['/bin/true'] } }).processors.app).toEqual({
    command: { run: ['/bin/true'], timeout: 60_000, concurrency: 4 },
  })
  expect(withApp({ maildir: { directory: 'd' } }).processors.app).toEqual({ maildir: { directory: 'd', concurrency: 4 } })
})

test('what is too large is a link where there are links, unless something else is said', () => {
  const links = { url: 'https://incoming.example.com' }
  const hook = (event: object, more: object) => withApp({ webhook: { url, event } }, more).processors.app
  const stream = (said: object, more: object) => withApp({ 'redis-stream': { ...server, ...said } }, more).processors.app
  expect(hook({}, { links })).toMatchObject({ webhook: { event: { larger: 'link', raw: 'inline' } } })
  expect(hook({ larger: 'omit' }, { links })).toMatchObject({ webhook: { event: { larger: 'omit' } } })
  expect(stream({}, { links })).toMatchObject({ 'redis-stream': { larger: 'link', event: { larger: 'link' } } })
  expect(stream({ larger: 'omit' }, { links })).toMatchObject({ 'redis-stream': { larger: 'omit', event: { larger: 'link' } } })
})

test('one secret or several come out as a list, in their order', () => {
  const secretsOf = (name: string) => {
    const processor = load(good()).processors[name]!
    return 'webhook' in processor ? processor.webhook.secret?.map(secret => secret.reveal()) : null
  }
  expect([secretsOf('app'), secretsOf('raw'), secretsOf('basic')]).toEqual([[webhookText], [webhookText, webhookText], undefined])
})

test('links lose the slash at their end', () => {
  expect(load(good()).links).toEqual({ url: 'https://incoming.example.com/mail', expires: 2 * day })
  expect(load({ ...good(), links: undefined })).not.toHaveProperty('links')
})

describe('at both sides of what is allowed', () => {
  const command = (more: object) => ({ command: { run: ['/bin/true'], ...more } })
  const hook = (more: object) => ({ webhook: { url, ...more } })
  test.each<[string, object, boolean]>([
    ['a program', { command: { run: ['/bin/true'] } }, true],
    ['a program by name', { command: { run: ['true'] } }, false],
    ['99 arguments', { command: { run: ['/bin/true', ...Array<string>(99).fill('')] } }, true],
    ['100 arguments', { command: { run: ['/bin/true', ...Array<string>(100).fill('')] } }, false],
    ['a long argument', { command: { run: ['/bin/true', 'a'.repeat(10_000)] } }, true],
    ['a longer one', { command: { run: ['/bin/true', 'a'.repeat(10_001)] } }, false],
    ['100 ms', command({ timeout: '100ms' }), true],
    ['99 ms', command({ timeout: '99ms' }), false],
    ['an hour', command({ timeout: '1h' }), true],
    ['61 minutes', command({ timeout: '61m' }), false],
    ['100 runs', command({ concurrency: 100 }), true],
    ['101 runs', command({ concurrency: 101 }), false],
    ['a variable', command({ environment: { _a1: '' } }), true],
    ['a variable that begins with a digit', command({ environment: { '1a': '' } }), false],
    ['a variable of ours', command({ environment: { POSTERN_: '' } }), false],
    ['no header fields', hook({ headers: {} }), true],
    ['a field’s value with a space at its end', hook({ headers: { a: 'b ' } }), false],
    ['a field’s value that isn’t ASCII', hook({ headers: { a: 'ü' } }), false],
    ['a field of the connection', hook({ headers: { 'Proxy-Anything': 'a' } }), false],
    ['a media type', hook({ body: 'raw', 'content-type': 'text/plain' }), true],
    ['no media type', hook({ body: 'raw', 'content-type': 'text' }), false],
    ['attachments of 64 MiB', hook({ event: { attachments: '64MiB' } }), true],
    ['attachments of 65 MiB', hook({ event: { attachments: '65MiB' } }), false],
    ['HS256', hook({ auth: { jwt: { secret: { file: 'sign' } } } }), true],
    ['HS384, with 32 octets', hook({ auth: { jwt: { secret: { file: 'sign' }, algorithm: 'HS384' } } }), false],
    ['a user of 255 characters', hook({ auth: { basic: { username: 'a'.repeat(255), password: { env: 'PASS' } } } }), true],
    ['a user of 256 characters', hook({ auth: { basic: { username: 'a'.repeat(256), password: { env: 'PASS' } } } }), false],
    ['a mark that lasts as long as the attempts', { sidekiq: { ...server, mark: '3d' } }, true],
    ['a mark that is forgotten before', { sidekiq: { ...server, mark: '71h' } }, false],
    ['messages of 256 MiB', { 'redis-stream': { ...server, raw: '256MiB' } }, true],
    ['messages of 257 MiB', { 'redis-stream': { ...server, raw: '257MiB' } }, false],
    ['an address beside Sentinels', { sidekiq: { ...server, sentinel: { master: 'm', nodes: ['h:1'] } } }, true],
  ])('%s', (_name, app, accepted) => {
    if (accepted) expect(Object.keys(withApp(app).processors.app!)).toEqual(Object.keys(app))
    else expect(() => withApp(app)).toThrow(ConfigError)
  })

  test.each<[object, object, boolean]>([
    [{ handoff: 'inline', inline: { deadline: '19s' } }, { 'transaction-time': '20s' }, true],
    [{ handoff: 'inline', inline: { deadline: '20s' } }, { 'transaction-time': '20s' }, false],
    [{ handoff: 'queued', inline: { deadline: '20s' } }, { 'transaction-time': '20s' }, true],
    [{ inline: { deadline: '100ms' } }, {}, true],
    [{ inline: { deadline: '99ms' } }, {}, false],
    [{ inline: { deadline: '5m' } }, {}, true],
    [{ inline: { deadline: '301s' } }, {}, false],
    [{ pause: { longest: '1s' } }, {}, true],
    [{ pause: { longest: '999ms' } }, {}, false],
  ])('delivery: %j with %j', (delivery, limits, accepted) => {
    const inTime = () => load({ ...good(), delivery, limits, authentication: { dns: { time: '1s', timeout: '1s' } } })
    if (accepted) expect(inTime).not.toThrow()
    else expect(inTime).toThrow(/deadline|longest|transaction-time/)
  })
})
