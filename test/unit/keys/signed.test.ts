import { createSecretKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { inspectSignedKey, mintSignedKey, signedKeys } from '../../../src/keys/signed.ts'
import { senderHash, senderMatches } from '../../../src/keys/signed-tag.ts'
import type { KeyCheck } from '../../../src/transaction/ports.ts'
import { secrets, type VerifyVector, vectors } from './vectors.ts'

const verifier = signedKeys({ secrets })
const secret = secrets.get('1')!
const place = { secret, keyId: 1, mailbox: 'incoming', route: 'reply' }
const envelope = { recipient: '', sender: '', client: null }

function expected({ result, subject, keyId, expires, key }: VerifyVector): KeyCheck {
  if (result === 'unknown') return { kind: 'unknown' }
  if (result === 'expired') return { kind: 'expired', expired: expires! * 1000 }
  const bound = (inspectSignedKey(key) as { senderHash: string | null }).senderHash === null ? {} : { senderHash: true as const }
  const until = expires === undefined ? {} : { expires: expires * 1000 }
  return { kind: 'valid', claims: { subject: subject!, keyId: keyId!, ...until, ...bound } }
}

describe('the vectors', () => {
  test.each(vectors.verify)('$name', vector => {
    const { mailbox, route, key, at } = vector
    expect(verifier.verify({ ...envelope, mailbox, route, key, at: at * 1000 })).toEqual(expected(vector))
  })

  test.each(vectors.mint)('mint: $name', ({ key, expires, ...rest }) => {
    const more = expires === undefined ? {} : { expires: expires * 1000 }
    expect(mintSignedKey({ ...rest, ...more, secret: secrets.get(String(rest.keyId))! })).toBe(key)
  })

  test('tell each of the ways apart in which a key is none', () => {
    const problems = new Set(
      vectors.verify.map(({ key }) => inspectSignedKey(key)).map(found => ('problem' in found ? found.problem : 'none')),
    )
    expect(problems).toEqual(new Set(['none', 'length', 'alphabet', 'padding', 'version', 'fields']))
  })
})

test.each([
  ['key id 0, well signed', 'fields'],
  ['reserved bit 2, well signed', 'fields'],
  ['reserved bit 3, well signed', 'fields'],
  ['subject empty, well signed', 'fields'],
  ['subject of 33 octets, well signed', 'fields'],
  ['subject not UTF-8, well signed', 'fields'],
  ['foreign version 2, well signed', 'version'],
  ['padding bit set', 'padding'],
  ['with a hyphen inside', 'alphabet'],
  ['longer than any key', 'length'],
])('%s: the problem is %s', (name, problem) => {
  expect(inspectSignedKey(vectors.verify.find(vector => vector.name === name)?.key ?? '')).toEqual({ problem })
})

test('a byte order mark is part of a subject like any other character', () => {
  expect(inspectSignedKey(mintSignedKey({ ...place, subject: '\ufeffa' }))).toMatchObject({ subject: '\ufeffa' })
})

describe('a key bound to a sender', () => {
  const bound = (sender: string, more: object = {}) => mintSignedKey({ ...place, subject: 'ticket-42', sender, ...more })
  const ask = (key: string, author?: string, at = 0) =>
    verifier.verify({ ...envelope, ...place, key, at, ...(author === undefined ? {} : { author }) })
  const sendersOf = (key: string, author: string) => {
    const check = ask(key, author)
    return check.kind === 'valid' ? check.claims.senders : check.kind
  }

  test('says that it is bound, and asked with an author whether it is bound to that one', () => {
    const key = bound('ann@example.net')
    expect(ask(key)).toEqual({ kind: 'valid', claims: { subject: 'ticket-42', keyId: '1', senderHash: true } })
    expect(ask(key, 'ann@example.net')).toEqual({
      kind: 'valid',
      claims: { subject: 'ticket-42', keyId: '1', senders: ['ann@example.net'] },
    })
    expect(ask(key, 'bob@example.net')).toEqual({ kind: 'valid', claims: { subject: 'ticket-42', keyId: '1', senders: [] } })
    expect(ask(key, '')).toMatchObject({ claims: { senders: [] } })
  })

  test.each(vectors.mint.filter(({ sender }) => sender !== undefined))('vector: $name', ({ key, sender }) => {
    expect(sendersOf(key, sender!)).toEqual([sender])
    expect(sendersOf(key, `x${sender}`)).toEqual([])
  })

  test.each([
    ['ann@example.net', 'ANN@Example.NET'],
    ['Ann@Example.net', 'ann@example.net'],
    ['"ann"@example.net', 'ann@example.net'],
    ['"ann b"@example.net', '"ann b"@example.net'],
    ['ann@bücher.example', 'ann@xn--bcher-kva.example'],
    ['ann@BÜCHER.example', 'ann@bücher.example'],
    ['ann@xn--bcher-kva.example', 'ann@bücher.example'],
    ['ann@XN--BCHER-KVA.example', 'ann@bücher.example'],
    ['änn@example.net', 'änn@example.net'],
  ])('%s may write as %s', (sender, author) => {
    expect(sendersOf(bound(sender), author)).toEqual([author])
  })

  test('a domain in letters that somebody else hashed as it stands is found too', () => {
    const hash = senderHash(createSecretKey(secret), 't', 'ann@bücher.example')
    expect(senderMatches(createSecretKey(secret), hash, { subject: 't', author: 'ann@xn--bcher-kva.example' })).toBe(true)
  })

  test.each([
    ['ann@example.net', 'ann@example.net.example'],
    ['ann@example.net', 'ann@sub.example.net'],
    ['ann@example.net', 'example.net'],
    ['ann@example.net', ' ann@example.net'],
    ['ann@bücher.example', 'ann@bucher.example'],
    ['änn@example.net', 'ÄNN@example.net'],
  ])('%s may not write as %s', (sender, author) => {
    expect(sendersOf(bound(sender), author)).toEqual([])
  })

  test('a key that is not bound says nothing of senders, whoever asks', () => {
    expect(ask(mintSignedKey({ ...place, subject: 'a' }), 'ann@example.net')).toEqual({
      kind: 'valid',
      claims: { subject: 'a', keyId: '1' },
    })
  })

  test('expires, and is unknown elsewhere, whoever asks', () => {
    expect(ask(bound('ann@example.net', { expires: 1000 }), 'ann@example.net', 1000)).toEqual({ kind: 'expired', expired: 1000 })
    expect(ask(bound('ann@example.net', { route: 'other' }), 'ann@example.net')).toEqual({ kind: 'unknown' })
  })

  test('the hash of one subject is not that of another', () => {
    const hash = (subject: string) => (inspectSignedKey(bound('ann@example.net', { subject })) as { senderHash: string }).senderHash
    expect(hash('a')).not.toBe(hash('b'))
  })

  test.each([
    '',
    'ann',
    'example.net',
    '@example.net',
    'Ann <ann@example.net>',
    'a@b@',
    'ann@example.net, bob@example.net',
    'ann@exa mple.net',
  ])('mint refuses the sender %j', sender => {
    expect(() => bound(sender)).toThrow(RangeError)
    expect(() => bound(sender)).toThrow(/one address, not "/)
  })
})

describe('rotation', () => {
  test('each of several secrets verifies, a dropped one no longer', () => {
    const old = mintSignedKey({ ...place, subject: 'a' })
    const check = (ids: readonly string[]) =>
      signedKeys({ secrets: new Map(ids.map(id => [id, secrets.get(id)!])) }).verify({ ...envelope, ...place, key: old, at: 0 })
    expect(check(['1', '2'])).toMatchObject({ kind: 'valid' })
    expect(check(['2'])).toEqual({ kind: 'unknown' })
    expect(check([])).toEqual({ kind: 'unknown' })
  })

  test('one verifier asked for several places keeps them apart', () => {
    const key = mintSignedKey({ ...place, subject: 'a' })
    const ask = (route: string) => verifier.verify({ ...envelope, ...place, route, key, at: 0 })
    expect([ask('reply'), ask('other'), ask('reply')].map(check => (check as KeyCheck).kind)).toEqual(['valid', 'unknown', 'valid'])
  })
})

describe('limits', () => {
  test('a local part of 64 octets holds incoming+, a subject of 9 octets and an expiry', () => {
    const longest = (subject: number, expires?: number) =>
      `incoming+${mintSignedKey({ ...place, subject: 's'.repeat(subject), ...(expires === undefined ? {} : { expires }) })}`.length
    expect(longest(9, 1000)).toBe(53)
    expect(longest(16, 1000)).toBe(64)
    expect(longest(17, 1000)).toBeGreaterThan(64)
    expect(longest(20)).toBe(64)
    expect(longest(21)).toBeGreaterThan(64)
    expect(`incoming+${mintSignedKey({ ...place, subject: 's'.repeat(10), expires: 1000, sender: 'a@example.net' })}`).toHaveLength(64)
  })

  test.each([
    ['subject of 0 octets', { subject: '' }, /1 to 32 octets/],
    ['subject of 33 octets', { subject: 'x'.repeat(33) }, /1 to 32 octets.* 33/],
    ['subject of 17 letters that take 34 octets', { subject: 'ä'.repeat(17) }, /34/],
    ['half a surrogate pair', { subject: 'a\ud800' }, /surrogate/],
    ['key id 0', { keyId: 0 }, /1 to 255/],
    ['key id 256', { keyId: 256 }, /1 to 255/],
    ['key id 1.5', { keyId: 1.5 }, /1 to 255/],
    ['key id "01"', { keyId: '01' }, /1 to 255/],
    ['key id "one"', { keyId: 'one' }, /1 to 255/],
    ['secret of 31 octets', { secret: secret.subarray(1) }, /at least 32 octets, this one 31/],
    ['expiry after the last second', { expires: 0xffff_ffff * 1000 + 1 }, /2106/],
    ['expiry 0', { expires: 0 }, /1970/],
    ['expiry that is no number', { expires: Number.NaN }, /1970/],
  ])('mint refuses a %s', (_, wrong, message) => {
    const mint = () => mintSignedKey({ ...place, subject: 'ticket-42', ...wrong })
    expect(mint).toThrow(RangeError)
    expect(mint).toThrow(message)
  })

  test.each([
    ['subject of 32 octets', { subject: 'x'.repeat(32) }],
    ['subject of 16 letters that take 32 octets', { subject: 'ä'.repeat(16) }],
    ['key id 255', { keyId: 255 }],
    ['key id "7"', { keyId: '7' }],
    ['last second', { expires: 0xffff_ffff * 1000 }],
    ['first second', { expires: 1 }],
  ])('mint takes a %s', (_, right) => {
    const key = mintSignedKey({ ...place, subject: 'ticket-42', ...right })
    expect(inspectSignedKey(key)).not.toHaveProperty('problem')
  })

  test('a part of a second is rounded up: a key is never good for less than was asked', () => {
    expect(inspectSignedKey(mintSignedKey({ ...place, subject: 'a', expires: 1001 }))).toMatchObject({ expires: 2000 })
  })

  test('the verifier refuses a short secret and a foreign key id', () => {
    expect(() => signedKeys({ secrets: new Map([[1, secret.subarray(1)]]) })).toThrow(/at least 32/)
    expect(() => signedKeys({ secrets: new Map([['256', secret]]) })).toThrow(/1 to 255/)
  })
})

test('what is inspected needs no secret, and the sender hash differs by subject and secret', () => {
  const hash = (more: object) => {
    const found = inspectSignedKey(mintSignedKey({ ...place, subject: 'a', sender: 'ann@example.net', ...more }))
    return 'problem' in found ? null : found.senderHash
  }
  expect(hash({})).toMatch(/^[0-9a-f]{12}$/)
  expect(hash({ sender: 'ANN@Example.Net' })).toBe(hash({}))
  expect(new Set([hash({}), hash({ subject: 'b' }), hash({ secret: secrets.get('2')! }), hash({ sender: 'bob@example.net' })]).size).toBe(4)
})

test('a key in any case is the same key, and what has not the form of one can be none', () => {
  const key = mintSignedKey({ ...place, subject: 'ticket-42' })
  const checks = [key, key.toUpperCase(), `${key.slice(0, 9)}${key.slice(9).toUpperCase()}`].map(spelled =>
    verifier.verify({ ...envelope, mailbox: 'incoming', route: 'reply', key: spelled, at: 0 }),
  )
  expect([verifier.foldsCase, ...checks.map(({ kind }) => kind)]).toEqual([true, 'valid', 'valid', 'valid'])
  expect([key, key.toUpperCase(), `${key.slice(0, -8)}aaaaaaaa`].map(verifier.mayBe)).toEqual([true, true, true])
  expect(['nobody', `${key}=`, key.slice(1), ''].map(verifier.mayBe)).toEqual([false, false, false, false])
})
