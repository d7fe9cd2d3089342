/** The DNS servers of the tests themselves, asked with Node's own resolver: what they serve, and how they fail. */
import { Resolver } from 'node:dns/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DnsServer, startDns } from '../../support/dns.ts'
import { records, scriptedDns } from '../../support/scripted-dns.ts'
import { skipWithout } from '../../support/services.ts'

const missing = skipWithout('nsd')

function resolver(server: string, timeout = 10_000): Resolver {
  const made = new Resolver({ timeout, tries: 1 })
  made.setServers([server])
  return made
}

describe.skipIf(missing !== null)('nsd with a list of records', () => {
  const long = `v=DKIM1; p=${'A'.repeat(700)}`
  let dns: DnsServer
  beforeAll(async () => {
    dns = await startDns({
      zones: {
        'example.org': {
          TXT: ['v=spf1 "\\ -all', ['one ', 'two']],
          MX: ['10 mail.example.org', { exchange: 'b.example.org', priority: 20 }],
        },
        'sel._domainkey.example.org': { TXT: [long] },
        'mail.example.org': { A: ['192.0.2.7'], AAAA: ['2001:db8::7'] },
        '7.2.0.192.in-addr.arpa': { PTR: ['mail.example.org'] },
        'www.example.com': { CNAME: ['mail.example.org'] },
      },
    })
  })
  afterAll(() => dns?.stop())

  it('serves each type', async () => {
    const ask = resolver(dns.server)
    expect(await ask.resolveTxt('example.org')).toEqual(expect.arrayContaining([['v=spf1 "\\ -all'], ['one ', 'two']]))
    expect((await ask.resolveTxt('sel._domainkey.example.org')).map(strings => strings.join(''))).toEqual([long])
    expect(await ask.resolveMx('example.org')).toContainEqual(expect.objectContaining({ exchange: 'b.example.org', priority: 20 }))
    expect(await ask.resolve('7.2.0.192.in-addr.arpa', 'PTR')).toEqual(['mail.example.org'])
    expect(await ask.resolve4('www.example.com')).toEqual(['192.0.2.7'])
    expect(await ask.resolve6('mail.example.org')).toEqual(['2001:db8::7'])
  })

  it('says that other names do not exist, wherever they are', async () => {
    for (const name of ['nothing.example.org', 'example.net', 'a.b.c.test', '1.1.1.10.in-addr.arpa']) {
      await expect(resolver(dns.server).resolveTxt(name)).rejects.toMatchObject({ code: 'ENOTFOUND' })
    }
    await expect(resolver(dns.server).resolve4('example.org')).rejects.toMatchObject({ code: 'ENODATA' })
  })

  it('changes, falls silent, dies and comes back', async () => {
    const ask = resolver(dns.server)
    await dns.set({ 'example.org': { A: ['192.0.2.1'] } })
    expect(await ask.resolve4('example.org')).toEqual(['192.0.2.1'])
    dns.pause()
    await expect(resolver(dns.server, 300).resolve4('example.org')).rejects.toMatchObject({ code: 'ETIMEOUT' })
    dns.resume()
    expect(await ask.resolve4('example.org')).toEqual(['192.0.2.1'])
    await dns.kill()
    await expect(ask.resolve4('example.org')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await dns.start()
    expect(await ask.resolve4('example.org')).toEqual(['192.0.2.1'])
  })

  it('takes the text of a master file, and says what is wrong with a bad one', async () => {
    await dns.set('example.org. TXT "from text"\n*.example.org. A 192.0.2.9')
    expect(await resolver(dns.server).resolve4('any.example.org')).toEqual(['192.0.2.9'])
    await expect(startDns({ zones: 'example.org. A 192.0.2.999' })).rejects.toThrow(/192\.0\.2\.999|syntax error/)
    await expect(dns.set('example.org. BAD')).rejects.toThrow('error')
  })
})

it('a scripted server answers as it is told', async () => {
  const dns = await scriptedDns(question => (question.key === 'a.test' ? records(question, [{ data: '192.0.2.1' }]) : { rcode: 2 }))
  expect(await resolver(dns.server).resolve4('a.test')).toEqual(['192.0.2.1'])
  await expect(resolver(dns.server).resolve4('b.test')).rejects.toMatchObject({ code: 'ESERVFAIL' })
  expect(dns.questions.map(question => question.over)).toContain('udp')
  await dns.stop()
})
