/**
 * Keys bound to a sender whom the verifier knows only as a hash: alone and in every combination they say that they are bound, and
 * asked with an author they name him, or nobody. What is said with an author is never said to somebody else.
 */
import { describe, expect, test } from 'vitest'
import { allOf } from '../../../src/keys/all-of.ts'
import { anyOf } from '../../../src/keys/any-of.ts'
import { cached } from '../../../src/keys/cached.ts'
import { not } from '../../../src/keys/not.ts'
import { patternKeys } from '../../../src/keys/pattern.ts'
import { mintSignedKey, signedKeys } from '../../../src/keys/signed.ts'
import type { KeyVerifier } from '../../../src/transaction/ports.ts'
import { later, stored } from './stores.ts'
import { now, queryFor } from './suite.ts'

const secret = Buffer.alloc(32, 7)
const options = { mailbox: 'incoming', route: 'reply', secret, keyId: 1, subject: 'ticket-42' }
const key = mintSignedKey({ ...options, sender: 'Ann@example.net' })
const open = mintSignedKey({ ...options, subject: 'ticket-43' })
const signed = () => signedKeys({ secrets: new Map([[1, secret]]) })
const remembered = (verifier: KeyVerifier) => cached({ verifier, positive: 60_000, negative: 60_000, entries: 10, clock: () => now })

const verifiers: Readonly<Record<string, () => Promise<KeyVerifier>>> = {
  signed: async () => signed(),
  'signed, answered later': async () => later(signed()),
  'any-of': async () => anyOf([patternKeys({ pattern: 'x' }), signed()]),
  'all-of': async () => allOf([signed(), not(await stored('withdrawn', 'gone'))]),
  'all-of, behind a pattern': async () => allOf([patternKeys({ pattern: '[a-z2-7]+' }), later(signed())]),
  cached: async () => remembered(signed()),
  'cached, answered later': async () => remembered(later(signed())),
  'cached all-of': async () => remembered(allOf([signed(), not(await stored('none', 'gone'))])),
  'all-of cached': async () => allOf([remembered(later(signed())), not(await stored('nobody', 'gone'))]),
}

describe.each(Object.entries(verifiers))('%s', (_, make) => {
  test('says so, names its own author, and to others nobody, in whatever order it is asked', async () => {
    const verifier = await make()
    const ask = async (author?: string) => {
      const check = await verifier.verify(queryFor(key, now, author === undefined ? {} : { author }))
      return check.kind === 'valid' ? check.claims : check.kind
    }
    const claims = { subject: 'ticket-42', keyId: '1' }
    for (let i = 0; i < 2; i++) {
      expect(await ask()).toEqual({ ...claims, senderHash: true })
      expect(await ask('ann@example.net')).toEqual({ ...claims, senders: ['ann@example.net'] })
      expect(await ask('bob@example.net')).toEqual({ ...claims, senders: [] })
    }
    expect(await Promise.all([ask(), ask('bob@example.net'), ask('ann@example.net'), ask()])).toEqual([
      { ...claims, senderHash: true },
      { ...claims, senders: [] },
      { ...claims, senders: ['ann@example.net'] },
      { ...claims, senderHash: true },
    ])
  })

  test('a key bound to nobody says nothing of senders to anybody', async () => {
    const verifier = await make()
    for (const more of [{}, { author: 'ann@example.net' }]) {
      expect(await verifier.verify(queryFor(open, now, more))).toEqual({ kind: 'valid', claims: { subject: 'ticket-43', keyId: '1' } })
    }
  })

  test('a tampered key stays unknown to whom it would name', async () => {
    const flipped = `${key.slice(0, 4)}${key[4] === 'a' ? 'b' : 'a'}${key.slice(5)}`
    const verifier = await make()
    expect(await verifier.verify(queryFor(flipped, now, { author: 'ann@example.net' }))).toEqual({ kind: 'unknown' })
  })
})
