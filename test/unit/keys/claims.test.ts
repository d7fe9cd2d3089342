import { expect, test } from 'vitest'
import { joinClaims } from '../../../src/keys/claims.ts'
import type { Claims } from '../../../src/transaction/ports.ts'

test.each<[Claims, Claims, Claims | null]>([
  [{}, {}, {}],
  [{ subject: '1' }, {}, { subject: '1' }],
  [{}, { subject: '1' }, { subject: '1' }],
  [{ subject: '1' }, { subject: '1' }, { subject: '1' }],
  [{ subject: '1' }, { subject: '2' }, null],
  [{ subject: '' }, { subject: '2' }, null],
  [{ expires: 5 }, { expires: 3 }, { expires: 3 }],
  [{ expires: 3 }, { expires: 5 }, { expires: 3 }],
  [{ expires: 3 }, {}, { expires: 3 }],
  [{}, { expires: 3 }, { expires: 3 }],
  [{ keyId: '1' }, { keyId: '2' }, { keyId: '1' }],
  [{}, { keyId: '2' }, { keyId: '2' }],
  [{ senderHash: true }, {}, { senderHash: true }],
  [{}, { senderHash: true }, { senderHash: true }],
  [{ senderHash: true }, { senders: ['ann@example.net'] }, { senderHash: true, senders: ['ann@example.net'] }],
  [{ senders: ['ann@example.net'] }, { senders: ['example.net'] }, { senders: ['ann@example.net'] }],
  [{ senders: [] }, { senders: ['ann@example.net'] }, { senders: [] }],
])('%j and %j', (a, b, joined) => {
  expect(joinClaims(a, b)).toEqual(joined)
})

test.each([
  [['ann@example.com', 'bob@example.com'], ['bob@example.com', 'eve@example.com'], ['bob@example.com']],
  [['Ann@Example.com'], ['ann@example.com'], ['Ann@Example.com']],
  [['example.com'], ['ann@example.com', 'ann@sub.example.com', 'eve@example.net'], ['ann@example.com']],
  [['ann@example.com', 'eve@example.net'], ['EXAMPLE.com'], ['ann@example.com']],
  [['@example.com'], ['ann@example.com'], ['ann@example.com']],
  [['@example.com'], ['example.com'], ['@example.com']],
  [['example.com', 'ann@example.com'], ['example.com'], ['example.com', 'ann@example.com']],
  [['ann@example.com'], ['bob@example.com'], []],
  [['ann@example.com'], [], []],
  [['.example.com'], ['ann@sub.example.com', 'ann@example.com'], ['ann@sub.example.com']],
  [['*.example.com'], ['sub.example.com', 'example.com', '.sub.example.com'], ['sub.example.com', '.sub.example.com']],
  [['.example.com'], ['*.sub.example.com', 'badexample.com'], ['*.sub.example.com']],
  [['.example.com'], ['.example.com'], ['.example.com']],
  [['bücher.example'], ['xn--bcher-kva.example'], ['bücher.example']],
  [['\u212aim@example.com'], ['kim@example.com'], []],
  [['ann@bücher.example'], ['xn--bcher-kva.example'], ['ann@bücher.example']],
  [['"a@example.net"@example.com'], ['example.net'], []],
])('senders %j and %j have in common %j', (a, b, common) => {
  expect(joinClaims({ senders: a }, { senders: b })).toEqual({ senders: common })
  expect(joinClaims({ senders: b }, { senders: a })!.senders!.map(plain).sort()).toEqual(common.map(plain).sort())
  expect(joinClaims({ senders: a }, {})).toEqual({ senders: a })
  expect(joinClaims({}, { senders: a })).toEqual({ senders: a })
})

const plain = (sender: string) => sender.toLowerCase().replace(/^@/, '').replace('bücher', 'xn--bcher-kva')
