/** The resolver against real servers: nsd, which knows all names, and dnsmasq. What it gives is held against node:dns where that can tell. */
import { spawn } from 'node:child_process'
import { Resolver as NodeResolver } from 'node:dns/promises'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createResolver, type Resolver, type ResolverOptions } from '../../../src/authentication/dns/resolver.ts'
import { type DnsServer, type DnsZones, startDns } from '../../support/dns.ts'
import { freePort } from '../../support/ports.ts'
import { ask } from '../../support/scripted-dns.ts'
import { findProgram, skipWithout } from '../../support/services.ts'

const key = `v=DKIM1; k=rsa; p=${'QUJD'.repeat(900)}`
const zones: DnsZones = {
  'example.org': {
    TXT: ['v=spf1 include:_spf.example.org -all', ['two ', 'strings'], 'caf\u00e9 "quoted" \\'],
    MX: ['20 backup.example.org', '10 mail.example.org'],
  },
  'short.example.org': { TXT: ['soon gone'], TTL: 5 },
  'big._domainkey.example.org': { TXT: [key] },
  'none.example.org': { MX: ['0 .'] },
  'mail.example.org': { A: ['192.0.2.7', '192.0.2.8'], AAAA: ['2001:db8::7', '2001:db8:0:0:1::'] },
  'www.example.com': { CNAME: ['mail.example.org'] },
  '7.2.0.192.in-addr.arpa': { PTR: ['mail.example.org'] },
  'delegated.example': { NS: ['ns1.example.org'] },
  'xn--bcher-kva.example': { TXT: ['books'] },
}

const made: Resolver[] = []
afterEach(() => {
  for (const resolver of made.splice(0)) resolver.close()
})

function resolverFor(servers: readonly string[], options: Partial<ResolverOptions> = {}): Resolver {
  const resolver = createResolver({ servers, timeout: 3_000, tries: 2, clock: Date.now, ...options })
  made.push(resolver)
  return resolver
}

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'records',
    error => error.code,
  )
async function timed<Result>(promise: Promise<Result>): Promise<[Result, number]> {
  const started = performance.now()
  return [await promise, performance.now() - started]
}

const missing = skipWithout('nsd')
describe.skipIf(missing !== null)('with nsd', () => {
  let dns: DnsServer
  beforeAll(async () => {
    dns = await startDns({ zones, negative: 7 })
  })
  afterAll(() => dns?.stop())

  it.each([
    ['example.org', 'TXT'],
    ['Example.ORG.', 'MX'],
    ['none.example.org', 'MX'],
    ['big._domainkey.example.org', 'TXT'],
    ['mail.example.org', 'A'],
    ['mail.example.org', 'AAAA'],
    ['www.example.com', 'A'],
    ['www.example.com', 'CNAME'],
    ['7.2.0.192.in-addr.arpa', 'PTR'],
    ['nothing.example.org', 'TXT'],
    ['nothing.example.net', 'A'],
    ['example.org', 'AAAA'],
    ['org', 'TXT'],
  ])('gives for %s %s what node:dns gives', async (name, type) => {
    const node = new NodeResolver({ timeout: 10_000, tries: 1 })
    node.setServers([dns.server])
    const sorted = (records: unknown[]) => records.map(record => JSON.stringify(record)).sort()
    const plain = (record: unknown) => {
      const { type: _, ...rest } = record as { type?: string }
      return typeof record === 'string' || Array.isArray(record) ? record : rest
    }
    const theirs = await node.resolve(name, type).then(
      records => sorted((records as unknown[]).map(plain)),
      error => error.code,
    )
    const ours = await resolverFor([dns.server])
      .resolve(name, type)
      .then(sorted, error => error.code)
    expect(ours).toEqual(theirs)
  })

  it('asks for Unicode names as A-labels', async () => {
    expect(await resolverFor([dns.server]).resolve('Bücher.example', 'TXT')).toEqual([['books']])
  })

  it('takes no referral for an answer', async () => {
    expect(await code(resolverFor([dns.server]).resolve('a.delegated.example', 'TXT'))).toBe('ESERVFAIL')
  })

  it('gets what a datagram can’t hold', async () => {
    const packet = await ask(dns.port, { name: 'big._domainkey.example.org', type: 'TXT' })
    expect(packet.flag_tc).toBe(true)
    const [strings] = (await resolverFor([dns.server]).resolve('big._domainkey.example.org', 'TXT')) as string[][]
    expect(strings!.join('')).toBe(key)
  })

  it('remembers answers for their time to live, and "none" for the zone’s', async () => {
    let now = 1_000_000
    const resolver = resolverFor([dns.server], { clock: () => now })
    const asks = async (name: string, type = 'TXT') => {
      const budget = resolver.budget(10, now + 20_000)
      await budget.resolve(name, type).catch(() => {})
      return budget.used()
    }
    for (const [name, life] of [
      ['short.example.org', 5_000],
      ['example.org', 300_000],
      ['nothing.example.org', 7_000],
      ['mail.example.org', 7_000],
    ] as const) {
      const started = now
      expect([name, await asks(name), await asks(name)]).toEqual([name, 1, 0])
      now = started + life - 1
      expect([name, await asks(name)]).toEqual([name, 0])
      now = started + life
      expect([name, await asks(name)]).toEqual([name, 1])
    }
  })

  it('fails in milliseconds while the server is silent, and recovers with it', async () => {
    const log: string[] = []
    const resolver = resolverFor([dns.server], { timeout: 500, log: text => log.push(text) })
    await resolver.resolve('example.org', 'TXT')
    dns.pause()
    const [first, took] = await timed(code(resolver.resolve('a.example.org', 'A')))
    expect(first).toBe('ETIMEOUT')
    expect(took).toBeGreaterThan(990)
    await Promise.all(['b', 'c'].map(name => code(resolver.resolve(`${name}.example.org`, 'A'))))
    await expect.poll(() => log).toEqual(['DNS server gives no answer'])
    // Two rounds are a second. This machine may stall so long, but not every time.
    let quick = Number.POSITIVE_INFINITY
    for (let turn = 0; turn < 5 && quick >= 800; turn++) {
      const names = Array.from({ length: 50 }, (_, at) => `d${at}.${turn}.example.org`)
      const [later, time] = await timed(Promise.all(names.map(name => code(resolver.resolve(name, 'A')))))
      expect(new Set(later)).toEqual(new Set(['ETIMEOUT']))
      quick = time
    }
    expect(quick).toBeLessThan(800)
    // What is remembered needs no server.
    expect(await resolver.resolve('example.org', 'TXT')).toHaveLength(3)
    dns.resume()
    await expect.poll(() => code(resolver.resolve('mail.example.org', 'A'))).toBe('records')
    expect(log).toEqual(['DNS server gives no answer', 'DNS server answers again'])
    expect(await code(resolver.resolve('d1.0.example.org', 'A'))).toBe('ENOTFOUND')
  })

  it('knows at once that nobody is there', async () => {
    const resolver = resolverFor([dns.server])
    await dns.kill()
    try {
      const [failed, took] = await timed(code(resolver.resolve('example.org', 'TXT')))
      expect(failed).toBe('ETIMEOUT')
      // Before a time-out.
      expect(took).toBeLessThan(2_900)
    } finally {
      await dns.start()
    }
    await expect.poll(() => code(resolver.resolve('mail.example.org', 'A'))).toBe('records')
  })

  it('goes on to the next server, and soon without waiting for the dead one', async () => {
    const dead = await startDns()
    dead.pause()
    try {
      const log: object[] = []
      const resolver = resolverFor([dead.server, dns.server], { timeout: 2_000, log: (_, fields) => log.push(fields) })
      const [answers, took] = await timed(Promise.all(['TXT', 'MX', 'A'].map(type => code(resolver.resolve('example.org', type)))))
      expect(answers).toEqual(['records', 'records', 'ENODATA'])
      expect(took).toBeGreaterThan(1_900)
      await expect.poll(() => log).toEqual([{ server: dead.server }])
      const [next, quick] = await timed(code(resolver.resolve('mail.example.org', 'A')))
      expect(next).toBe('records')
      expect(quick).toBeLessThan(1_900)
    } finally {
      dead.resume()
      await dead.stop()
    }
  })

  it('waits for no packet after the deadline of a budget', async () => {
    const resolver = resolverFor([dns.server], { timeout: 20_000 })
    dns.pause()
    const [failed, took] = await timed(code(resolver.budget(10, Date.now() + 100).resolve('example.org', 'TXT')))
    dns.resume()
    expect(failed).toBe('ETIMEOUT')
    expect(took).toBeGreaterThan(80)
    expect(took).toBeLessThan(10_000)
    // The question went on: its answer is here for the next one.
    await expect
      .poll(async () => {
        const budget = resolver.budget(1, Date.now() + 10_000)
        await budget.resolve('example.org', 'TXT')
        return budget.used()
      })
      .toBe(0)
  })

  it('ends what is under way when it is closed', async () => {
    const resolver = resolverFor([dns.server], { timeout: 20_000 })
    dns.pause()
    const waiting = timed(code(resolver.resolve('example.org', 'TXT')))
    setTimeout(() => resolver.close(), 50)
    const [failed, took] = await waiting
    dns.resume()
    expect(failed).toBe('ECANCELLED')
    expect(took).toBeLessThan(10_000)
    expect(await code(resolver.resolve('example.org', 'TXT'))).toBe('ECANCELLED')
  })

  it('asks a thousand questions at once', async () => {
    const resolver = resolverFor([dns.server], { timeout: 30_000 })
    const codes = await Promise.all(Array.from({ length: 1_000 }, (_, at) => code(resolver.resolve(`n${at}.example.org`, 'A'))))
    expect(new Set(codes)).toEqual(new Set(['ENOTFOUND']))
  })
})

describe.skipIf(skipWithout('dnsmasq') !== null)('with dnsmasq', () => {
  it('gives the same kinds of answers', async () => {
    const port = await freePort()
    const records = [
      '--txt-record=example.org,v=spf1 -all',
      '--mx-host=example.org,mail.example.org,10',
      '--host-record=mail.example.org,192.0.2.7,2001:db8::7',
    ]
    const quiet = [
      '--no-daemon',
      '--conf-file=/dev/null',
      '--no-resolv',
      '--no-hosts',
      '--user=root',
      '--bind-interfaces',
      '--log-facility=-',
    ]
    const child = spawn(
      findProgram('dnsmasq')!,
      [...quiet, `--port=${port}`, '--listen-address=127.0.0.1', '--local=/org/', '--local-ttl=60', ...records],
      { stdio: 'ignore' },
    )
    try {
      await expect
        .poll(() =>
          ask(port, { name: 'example.org', type: 'TXT' }, 100).then(
            () => true,
            () => false,
          ),
        )
        .toBe(true)
      const { resolve } = resolverFor([`127.0.0.1:${port}`])
      expect(await resolve('example.org', 'TXT')).toEqual([['v=spf1 -all']])
      expect(await resolve('example.org', 'MX')).toEqual([{ exchange: 'mail.example.org', priority: 10 }])
      expect(await resolve('mail.example.org', 'AAAA')).toEqual(['2001:db8::7'])
      expect(await resolve('7.2.0.192.in-addr.arpa', 'PTR')).toEqual(['mail.example.org'])
      expect(await code(resolve('nothing.example.org', 'A'))).toBe('ENOTFOUND')
      expect(await code(resolve('example.org', 'A'))).toBe('ENODATA')
      // It has nobody to ask for other names.
      expect(await code(resolve('example.net', 'A'))).toBe('EREFUSED')
    } finally {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    }
  })
})
