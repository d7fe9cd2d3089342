import { expect, test } from 'vitest'
import { trustedPeers } from '../../../src/lib/trusted.ts'

const list = ['127.0.0.1', '10.0.0.0/8', '2001:db8::/32', '::1', '::ffff:192.0.2.0/120', '::ffff:198.51.100.1']

test.each([
  [null, true],
  ['127.0.0.1', true],
  ['127.0.0.2', false],
  ['::ffff:127.0.0.1', true],
  ['::ffff:7f00:1', true],
  ['10.0.0.0', true],
  ['10.255.255.255', true],
  ['9.255.255.255', false],
  ['11.0.0.0', false],
  ['2001:db8:ffff::1', true],
  ['2001:db9::', false],
  ['::1', true],
  ['::2', false],
  ['192.0.2.255', true],
  ['192.0.3.0', false],
  ['198.51.100.1', true],
  ['198.51.100.2', false],
  ['', false],
  ['localhost', false],
  ['10.0.0.0/8', false],
])('%s trusted: %s', (address, trusted) => {
  expect(trustedPeers(list)(address)).toBe(trusted)
})

test('an empty list trusts only the UNIX socket', () => {
  const nobody = trustedPeers([])
  expect([nobody(null), nobody('127.0.0.1'), nobody('::1')]).toEqual([true, false, false])
})

test('/0 is everybody of its family', () => {
  expect([trustedPeers(['0.0.0.0/0'])('203.0.113.9'), trustedPeers(['::/0'])('2001:db8::1')]).toEqual([true, true])
})

test.each(['', 'localhost', '10.0.0', '10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', '10.0.0.0/08', '10.0.0.0/x'])(
  'the entry %j is an error that names it',
  entry => {
    expect(() => trustedPeers(['127.0.0.1', entry])).toThrow(`'${entry}'`)
  },
)

test('a mapped network must be within the mapped range', () => {
  expect(() => trustedPeers(['::ffff:10.0.0.0/95'])).toThrow('prefix length')
  expect(trustedPeers(['::ffff:10.0.0.0/96'])('203.0.113.1')).toBe(true)
})
