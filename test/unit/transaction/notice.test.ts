import { describe, expect, test } from 'vitest'
import { noticeDelivery } from '../../../src/transaction/notice.ts'

const of = { recipient: 'incoming+K@incoming.example.com', mailbox: 'incoming', route: 'reply', key: 'K' }
const facts = { of, to: 'alice@example.org', reason: 'key.expired', per: 86_400_000 } as const
const material = (some: Partial<typeof facts> | { readonly to: string }) => noticeDelivery({ ...facts, ...some }).idempotency.material

test('a notice goes to the writer and tells of the recipient', () => {
  expect(noticeDelivery(facts)).toEqual({
    recipient: 'alice@example.org',
    mailbox: 'incoming',
    route: 'reply',
    key: 'K',
    claims: {},
    processor: '(notice)',
    state: 'queued',
    reason: 'key.expired',
    idempotency: { material: 'notice,17:alice@example.org,11:key.expired,', alone: true, window: 86_400_000 },
    about: { recipient: 'incoming+K@incoming.example.com', reason: 'key.expired' },
  })
})

describe('one a sender and reason', () => {
  test.each(['Alice@Example.ORG', '"alice"@example.org', 'ALICE@example.org'])('%s is the same sender', to =>
    expect(material({ to })).toBe(material({})),
  )
  test('so is a domain in its other spelling', () => {
    expect(material({ to: 'a@b\u00fccher.example' })).toBe(material({ to: 'A@xn--bcher-kva.example' }))
  })
  test('and a message to another recipient is the same reason', () => {
    expect(noticeDelivery({ ...facts, of: { ...of, key: 'L', recipient: 'x@incoming.example.com' } }).idempotency).toEqual(
      noticeDelivery(facts).idempotency,
    )
  })
  test.each([
    { to: 'bob@example.org' },
    { to: 'alice@example.com' },
    { reason: 'key.revoked' as const },
    { to: 'alice@example.org,11:key.expired' },
  ])('%j is another', some => expect(material(some as Partial<typeof facts>)).not.toBe(material({})))
})
