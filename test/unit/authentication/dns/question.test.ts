/** Which names are asked for, in which form, and which never are. */
import { describe, expect, it } from 'vitest'
import { readServer, readServers } from '../../../../src/authentication/dns/address.ts'
import { readName } from '../../../../src/authentication/dns/question.ts'

const label = (length: number) => 'a'.repeat(length)
/** A name of just this many characters, of labels that are allowed. */
const long = (length: number) => `${`${label(63)}.`.repeat(3)}${label(length - 192)}`

describe('names that are asked for', () => {
  it.each([
    ['example.org', 'example.org'],
    ['EXAMPLE.Org.', 'example.org'],
    ['sel._domainkey.example.org', 'sel._domainkey.example.org'],
    ['org', 'org'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['_dmarc.BÜCHER.example', '_dmarc.xn--bcher-kva.example'],
    ['例え。テスト', 'xn--r8jz45g.xn--zckzah'],
    ['%{i}.x+y=z._spf.example.org', '%{i}.x+y=z._spf.example.org'],
    ['notlocalhost', 'notlocalhost'],
    ['localhost.example.org', 'localhost.example.org'],
    ['1.2.3.example', '1.2.3.example'],
    [label(63), label(63)],
    [long(253), long(253)],
    [`${long(253)}.`, long(253)],
  ])('%s', (given, name) => {
    expect(readName(given)).toEqual({ kind: 'name', name })
  })
})

describe('names known not to exist', () => {
  it.each([
    'localhost',
    'LOCALHOST.',
    'a.localhost',
    'invalid',
    'x.invalid',
    'localdomain',
    'mail.localdomain',
    '192.0.2.1',
    '2001:db8::1',
    '１９２.0.2.1',
  ])('%s', given => {
    expect(readName(given)).toEqual({ kind: 'none' })
  })
})

describe('what is no name', () => {
  it.each([
    '',
    '.',
    '..',
    '.example.org',
    'a..b',
    'example.org..',
    'a b.org',
    'a\n.org',
    'a\u0000b',
    `${label(64)}.org`,
    long(254),
    'ü'.repeat(300),
    'a'.repeat(5_000),
    '\ud800.org',
    'ü b.org',
  ])('%j', given => {
    expect(readName(given)).toEqual({ kind: 'bad' })
  })
})

describe('addresses of servers', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1', 53, 4],
    ['192.0.2.1:5300', '192.0.2.1', 5300, 4],
    ['2001:db8::1', '2001:db8::1', 53, 6],
    ['[2001:db8::1]', '2001:db8::1', 53, 6],
    ['[2001:db8::1]:65535', '2001:db8::1', 65_535, 6],
    ['fe80::1%eth0', 'fe80::1%eth0', 53, 6],
  ])('%s', (text, host, port, family) => {
    expect(readServer(text)).toEqual({ host, port, family, text })
  })

  it.each([
    '',
    'dns.example.org',
    'localhost:53',
    '192.0.2.1:0',
    '192.0.2.1:65536',
    '192.0.2.1:',
    '192.0.2.256',
    '[192.0.2.1]:53',
    '[]:53',
    '[::1',
    '::1:5300:x',
    '192.0.2.1:53:53',
  ])('%j is none', text => {
    expect(() => readServer(text)).toThrow('not the address of a DNS server')
  })

  it('are those of the system where none is told', () => {
    expect(readServers([]).length).toBeGreaterThan(0)
    expect(readServers(['192.0.2.1', '192.0.2.2']).map(({ host }) => host)).toEqual(['192.0.2.1', '192.0.2.2'])
  })
})
