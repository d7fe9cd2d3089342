/** What the client hears when applications were asked before the reply: every pair of answers, at each kind of peer. */
import { describe, expect, test } from 'vitest'
import { type Answered, type Asking, foldAnswers, type Terms } from '../../../src/policy/handoff.ts'
import { accept, refusal } from '../../../src/policy/verdict.ts'

const asking: Readonly<Record<string, Asking>> = {
  accepted: { verdict: accept, answered: { kind: 'accepted' } },
  held: { verdict: accept, answered: { kind: 'held' } },
  discarded: { verdict: accept, answered: { kind: 'discarded' } },
  refused: { verdict: accept, answered: { kind: 'refused', text: 'ticket closed' } },
  open: { verdict: accept, answered: { kind: 'open' } },
  unasked: { verdict: accept, answered: null },
}

/** "250 kept" for each recipient: code of the reply, and what the settlement hears. */
const heard = (names: string, terms: Partial<Terms> = {}): string[] =>
  foldAnswers(
    names.split(' ').map(name => asking[name]!),
    { peer: 'origin', replyPerRecipient: false, late: 'queue', ...terms },
  ).map(({ verdict, said }) => `${refusal(verdict)?.code ?? 250} ${said}`)

const one: [string, Partial<Terms>, string[]][] = [
  // One reply for all, the client keeps the message.
  ['accepted', {}, ['250 kept']],
  ['held', {}, ['250 kept']],
  ['discarded', {}, ['250 kept']],
  ['refused', {}, ['550 refused']],
  ['open', {}, ['250 kept']],
  ['open', { late: 'defer' }, ['451 deferred']],
  ['refused refused', {}, ['550 refused', '550 refused']],
  ['accepted refused', {}, ['250 kept', '250 kept']],
  ['accepted open', { late: 'defer' }, ['250 kept', '250 kept']],
  ['held open', { late: 'defer' }, ['250 kept', '250 kept']],
  ['unasked open', { late: 'defer' }, ['250 kept', '250 kept']],
  ['unasked refused', {}, ['250 kept', '250 kept']],
  ['refused open', {}, ['250 kept', '250 kept']],
  ['refused open', { late: 'defer' }, ['451 refused', '451 deferred']],
  // One reply for all, from a relay.
  ['refused', { peer: 'relay' }, ['250 kept']],
  ['refused refused', { peer: 'relay' }, ['250 kept', '250 kept']],
  ['open', { peer: 'relay', late: 'defer' }, ['451 deferred']],
  ['refused open', { peer: 'relay', late: 'defer' }, ['451 refused', '451 deferred']],
  ['accepted open', { peer: 'relay', late: 'defer' }, ['250 kept', '250 kept']],
  // LMTP: each hears its own.
  ['accepted refused open', { replyPerRecipient: true }, ['250 kept', '550 refused', '250 kept']],
  ['accepted refused open', { replyPerRecipient: true, late: 'defer' }, ['250 kept', '550 refused', '451 deferred']],
  ['accepted refused open', { replyPerRecipient: true, late: 'defer', peer: 'relay' }, ['250 kept', '250 kept', '451 deferred']],
  ['unasked refused', { replyPerRecipient: true, peer: 'relay' }, ['250 kept', '250 kept']],
]

test.each(one)('%s, %o: %j', (names, terms, expected) => {
  expect(heard(names, terms)).toEqual(expected)
})

describe('the words of the application', () => {
  const replyTo = (text: string | null, terms: Partial<Terms> = {}) => {
    const answered: Answered = { kind: 'refused', text }
    const [told] = foldAnswers([{ verdict: accept, answered }], { peer: 'origin', replyPerRecipient: false, late: 'queue', ...terms })
    return told!.verdict
  }
  test('stand in the reply', () => {
    expect(replyTo('ticket closed')).toEqual({
      kind: 'reject',
      reason: 'application.refused',
      reply: { code: 550, status: '5.7.1', text: 'Refused by the application: ticket closed' },
    })
    expect(refusal(replyTo(null))?.text).toBe('Refused by the application: no reason given')
  })
  test('of the first one speak for all', () => {
    const all = ['first', 'second'].map((text): Asking => ({ verdict: accept, answered: { kind: 'refused', text } }))
    const told = foldAnswers(all, { peer: 'origin', replyPerRecipient: false, late: 'queue' })
    expect(told.map(({ verdict }) => refusal(verdict)?.text)).toEqual(Array(2).fill('Refused by the application: first'))
  })
  test('never reach a relay', () => {
    expect(replyTo('ticket closed', { peer: 'relay' })).toEqual({ kind: 'discard', reason: 'application.refused' })
  })
})

/** Every combination of up to three recipients: the rules that hold whatever the case. */
describe('whatever the applications say', () => {
  const names = Object.keys(asking)
  const sets = names.flatMap(a => [[a], ...names.flatMap(b => [[a, b], ...names.map(c => [a, b, c])])])
  const terms = (['origin', 'relay'] as const).flatMap(peer =>
    [true, false].flatMap(replyPerRecipient => (['queue', 'defer'] as const).map(late => ({ peer, replyPerRecipient, late }))),
  )
  test.each(terms)('%o', each => {
    for (const set of sets) {
      const told = heard(set.join(' '), each)
      expect(told).toHaveLength(set.length)
      const codes = new Set(told.map(one => one.slice(0, 3)))
      if (!each.replyPerRecipient) expect(codes.size, `${set}: ${told}`).toBe(1)
      if (each.peer === 'relay') expect(codes, String(set)).not.toContain('550')
      if (each.late === 'queue') expect(codes, String(set)).not.toContain('451')
      set.forEach((name, i) => {
        const [code, said] = told[i]!.split(' ')
        // 250 is kept, and what an application has taken is never deferred or refused.
        if (code === '250') expect(said, `${set}: ${told}`).toBe('kept')
        if (['accepted', 'held', 'discarded', 'unasked'].includes(name)) expect(told[i], `${set}`).toBe('250 kept')
        if (said === 'kept') expect(code).toBe('250')
      })
    }
  })
})
