import { describe, expect, test } from 'vitest'
import { parseAddress } from '../../../src/mail/address.ts'
import { beginTransaction } from '../../../src/transaction/at-mail.ts'
import { atRcpt } from '../../../src/transaction/at-rcpt.ts'
import { openIntake } from '../../../src/transaction/intake.ts'
import type { KeyCheck, KeyVerifier } from '../../../src/transaction/ports.ts'
import { type TestSite, testSite } from '../../support/site.ts'

const hour = 3_600_000
const now = Date.parse('2026-11-21T12:00:00Z')

/** The test site whose incoming mailbox asks `verifier`. */
function siteWith(verifier: KeyVerifier, caseSensitive = true): TestSite {
  const site = testSite({ clock: () => now })
  const mailbox = site.mailboxes.get('incoming')!
  const changed = { ...mailbox, routes: [{ ...mailbox.routes[0]!, verifier, caseSensitive }] }
  return { ...site, mailboxes: new Map([...site.mailboxes, ['incoming', changed]]) }
}

interface Asked {
  readonly folded?: boolean
  readonly peer?: 'origin' | 'relay'
  readonly ident?: string | null
}

async function ask(site: TestSite, key: string, { folded = false, peer = 'relay', ident = null }: Asked = {}) {
  const transaction = beginTransaction(
    site,
    { listener: 'x', peer, replyPerRecipient: true, normalizeLineEndings: true, folded },
    {
      reversePath: parseAddress('writer@example.org')!,
      size: null,
      smtpUtf8: false,
      client: { address: '192.0.2.1', name: null, helo: null, ident },
      protocol: 'LMTP',
    },
  )
  return { transaction, verdict: await atRcpt(site, transaction, parseAddress(`incoming+${key}@in.test`)!) }
}

const onlyLower: KeyVerifier = { verify: ({ key }): KeyCheck => (key === 'goodkey' ? { kind: 'valid', claims: {} } : { kind: 'unknown' }) }

describe('case', () => {
  test('a route without case asks for the key in lower case', async () => {
    expect((await ask(siteWith(onlyLower, false), 'GoodKey')).verdict.kind).toBe('accept')
    expect((await ask(siteWith(onlyLower), 'GoodKey')).verdict).toMatchObject({ kind: 'reject', reason: 'key.unknown' })
  })

  test('a case-sensitive key that comes folded is taken on its grammar, and no store is asked', async () => {
    const never: KeyVerifier = {
      verify: () => {
        throw new Error('a store was asked')
      },
    }
    expect((await ask(siteWith(never), 'anything', { folded: true })).verdict.kind).toBe('accept')
    const digits: KeyVerifier = { ...never, mayBe: key => /^\d+$/.test(key) }
    expect((await ask(siteWith(digits), '123', { folded: true })).verdict.kind).toBe('accept')
    expect((await ask(siteWith(digits), 'abc', { folded: true })).verdict).toMatchObject({ kind: 'reject', reason: 'key.unknown' })
  })

  test('a folded key is really looked up where case does not matter', async () => {
    for (const site of [siteWith(onlyLower, false), siteWith({ ...onlyLower, foldsCase: true })]) {
      expect((await ask(site, 'goodkey', { folded: true })).verdict.kind).toBe('accept')
      expect((await ask(site, 'badkey', { folded: true })).verdict).toMatchObject({ kind: 'reject', reason: 'key.unknown' })
    }
  })
})

describe('a key that expired in the relay’s queue', () => {
  const expiredAt = (expired: number): KeyVerifier => ({
    verify: ({ at }) =>
      at < expired ? { kind: 'valid', claims: { subject: 'ticket-1', expires: expired } } : { kind: 'expired', expired },
  })
  const grace = 5 * 24 * hour
  const field = (at: number) => `Received: from a by relay.test; ${new Date(at).toUTCString()}\r\n`

  test.each([
    ['a minute ago', now - 60_000, { ident: 'Q1' }, 'accept'],
    ['almost the grace ago', now - grace + 1, { ident: 'Q1' }, 'accept'],
    ['the grace ago', now - grace, { ident: 'Q1' }, 'reject'],
    ['a minute ago, asked by a probe', now - 60_000, { ident: null }, 'reject'],
    ['a minute ago, at an origin peer', now - 60_000, { ident: 'Q1', peer: 'origin' }, 'reject'],
  ] as const)('%s', async (_, expired, how, kind) => {
    expect((await ask(siteWith(expiredAt(expired)), 'k', how)).verdict.kind).toBe(kind)
  })

  test.each([
    ['received before it expired', field(now - 2 * hour), 'accept', null],
    ['received at the moment it expired', field(now - hour), 'discard', 'key.expired'],
    ['received after it expired', field(now - hour / 2), 'discard', 'key.expired'],
    ['an older Received field below does not help', field(now - hour / 2) + field(now - 2 * hour), 'discard', 'key.expired'],
    ['no Received field', '', 'discard', 'key.expired'],
    ['a Received field without a date', 'Received: from a by b; soon\r\n', 'discard', 'key.expired'],
  ] as const)('%s', async (_, received, kind, reason) => {
    const site = siteWith(expiredAt(now - hour))
    const { transaction } = await ask(site, 'k', { ident: 'Q1' })
    const intake = openIntake(site, transaction)
    await intake.write(Buffer.from(`${received}From: a@example.org\r\n\r\nhello\r\n`))
    const { verdicts } = await intake.end(false)
    expect(verdicts).toMatchObject([reason === null ? { kind } : { kind, reason }])
    expect(site.spool.kept[0]?.message.deliveries).toMatchObject([
      kind === 'accept' ? { state: 'delivered', key: 'k', claims: { subject: 'ticket-1' } } : { state: 'discarded', key: 'k', claims: {} },
    ])
  })

  const late = (second: KeyCheck): KeyVerifier => ({ verify: ({ at }) => (at === now ? { kind: 'expired', expired: now - hour } : second) })
  test.each([
    ['a store that judges by its own clock', { kind: 'expired', expired: now - hour }, 'accept'],
    ['a store that says it had expired by then', { kind: 'expired', expired: now - 3 * hour }, 'discard'],
    ['a store that is down by then', { kind: 'unavailable', cause: 'down' }, 'defer'],
    ['a key that is gone by then', { kind: 'unknown' }, 'discard'],
    ['a key that was withdrawn', { kind: 'revoked' }, 'discard'],
  ] as const)('%s', async (_, second, kind) => {
    const site = siteWith(late(second))
    const { transaction } = await ask(site, 'k', { ident: 'Q1' })
    const intake = openIntake(site, transaction)
    await intake.write(Buffer.from(`${field(now - 2 * hour)}From: a@example.org\r\n\r\nhello\r\n`))
    expect((await intake.end(false)).verdicts).toMatchObject([{ kind }])
  })
})
