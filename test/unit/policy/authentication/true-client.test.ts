import { describe, expect, test } from 'vitest'
import { type Hop, spfAtRcpt, trueClient } from '../../../../src/policy/authentication/true-client.ts'

const hop = (address: string | null): Hop => ({ address, name: null, helo: address === null ? null : `helo-${address}` })
const isRelay = (address: string): boolean => address.startsWith('10.') || address === '127.0.0.1'

describe('the client SPF is asked about', () => {
  test.each<[string, string | null, readonly (string | null | 'unreadable')[], string | null]>([
    ['the socket’s peer', '192.0.2.1', [], '192.0.2.1'],
    ['the peer, whatever Received says', '192.0.2.1', ['198.51.100.7'], '192.0.2.1'],
    ['whom our relay names', '10.0.0.1', ['192.0.2.1'], '192.0.2.1'],
    ['whom the last of our relays names', '127.0.0.1', ['10.0.0.1', '10.0.0.2', '192.0.2.1', '198.51.100.7'], '192.0.2.1'],
    ['nobody: XFORWARD without an address', null, ['192.0.2.1'], null],
    ['nobody: one of ours, and no Received field', '10.0.0.1', [], null],
    ['nobody: only ours', '10.0.0.1', ['127.0.0.1', '10.0.0.3'], null],
    ['nobody: our relay got it from a socket', '10.0.0.1', [null, '192.0.2.1'], null],
    ['nobody: a field that can’t be read', '10.0.0.1', ['unreadable', '192.0.2.1'], null],
  ])('%s', (_, client, received, expected) => {
    const found = trueClient({ client: hop(client), received: received.map(to => (to === 'unreadable' ? null : hop(to))), isRelay })
    expect(found?.address ?? null).toBe(expected)
    if (found !== null) expect(found.helo).toBe(`helo-${expected}`)
  })

  test.each([
    ['192.0.2.1', true],
    ['10.0.0.1', false],
    [null, false],
  ])('%s is asked about at RCPT: %s', (address, expected) => expect(spfAtRcpt({ address }, isRelay)).toBe(expected))
})
