import { describe, expect, test } from 'vitest'
import { accepted, recipientOk, unknownRecipient } from '../../../src/mail/replies.ts'
import { endTransaction } from '../../../src/transaction/end-transaction.ts'
import type { Decision } from '../../../src/transaction/ports.ts'
import { decided } from '../../../src/transaction/transaction.ts'
import { testSite } from '../../support/site.ts'
import { begin } from './core.ts'

const at = (stage: Decision['stage'], verdict: Decision['verdict'], reason?: Decision['reason']): Decision =>
  reason === undefined ? { stage, verdict } : { stage, verdict, reason }

function rowOf(decisions: readonly Decision[], ending: Parameters<typeof endTransaction>[2]) {
  const site = testSite()
  const transaction = begin(site, {})
  for (const decision of decisions) decided(transaction, decision)
  endTransaction(site, transaction, ending)
  expect(site.rows).toHaveLength(1)
  return site.rows[0]!
}

describe('the verdict of a trace is the most telling one', () => {
  const left = { reply: null, kept: false }
  const said = { reply: accepted, kept: true }
  test.each<[string, Decision[], Parameters<typeof endTransaction>[2], string, string | null]>([
    ['nothing happened', [], left, 'accept', null],
    ['a recipient was accepted', [at('rcpt', 'accept')], left, 'accept', null],
    ['tags alone', [at('data', 'tag')], said, 'accept', null],
    [
      'a reject',
      [at('rcpt', 'accept'), at('rcpt', 'reject', 'key.unknown')],
      { reply: unknownRecipient, kept: false },
      'reject',
      'key.unknown',
    ],
    [
      'a defer over a reject',
      [at('rcpt', 'reject', 'key.unknown'), at('rcpt', 'defer', 'key.unavailable')],
      left,
      'defer',
      'key.unavailable',
    ],
    [
      'the first of equal ones',
      [at('rcpt', 'reject', 'key.unknown'), at('rcpt', 'reject', 'recipient.relay')],
      left,
      'reject',
      'key.unknown',
    ],
    ['a discard', [at('data', 'discard', 'message.loop')], said, 'discard', 'message.loop'],
    ['an accepted message, whoever was refused beside it', [at('rcpt', 'reject', 'key.unknown')], said, 'accept', null],
    ['a hold over a discard', [at('data', 'discard', 'message.loop'), at('data', 'hold', 'key.expired')], said, 'hold', 'key.expired'],
  ])('%s', (_, decisions, ending, verdict, reason) => expect(rowOf(decisions, ending)).toMatchObject({ verdict, reason }))
})

test('the message stands in it only where the spool has it', () => {
  expect(rowOf([], { reply: accepted, kept: true })).toMatchObject({ reply: '250 2.6.0 Accepted' })
  expect(rowOf([], { reply: accepted, kept: false }).message).toBeNull()
  expect(rowOf([], { reply: recipientOk, kept: false }).message).toBeNull()
})

test('200 decisions about recipients are noted, and those about the message all the same', () => {
  const recipients = Array.from({ length: 201 }, (_, i) => ({ ...at('rcpt', 'reject', 'key.unknown'), recipient: `${i}@in.test` }))
  const row = rowOf([...recipients, at('spool', 'defer', 'spool.full')], { reply: null, kept: false })
  expect(row.decisions).toHaveLength(201)
  expect(row).toMatchObject({ verdict: 'defer', reason: 'spool.full' })
  expect(row.recipients).toHaveLength(20)
})
