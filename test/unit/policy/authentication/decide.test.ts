/** What is done with it, for both kinds of peers; the attack table of the field notes as far as it ends here. */
import { describe, expect, test } from 'vitest'
import type { Authentication } from '../../../../src/policy/authentication/answer.ts'
import { decideMessage, decideRecipient, longestDeferral, type RecipientRules } from '../../../../src/policy/authentication/decide.ts'
import type { Facts } from '../../../../src/policy/authentication/judge.ts'
import { unavailable, unavailableSpf } from '../../../../src/policy/authentication/no-evidence.ts'
import type { Verdict } from '../../../../src/policy/verdict.ts'
import { processorTime } from '../../../support/processor-time.ts'
import { answer, arc, busy, dkim, dmarc, evidence, header, spf, trusting } from './found.ts'

const said = (verdict: Verdict): string => ('reason' in verdict ? `${verdict.kind} ${verdict.reason}` : verdict.kind)
const plain = header('From: writer@author.example', 'Subject: s')

const whole = (found: Authentication, more: Partial<Parameters<typeof decideMessage>[1]> = {}): readonly string[] =>
  (['origin', 'relay'] as const).map(peer =>
    said(decideMessage(found, { spf: 'enforce', dmarc: 'enforce', peer, waited: null, header: plain, ...more })),
  )

const failing = (more: Partial<Facts> = {}): Authentication => answer({ evidence: evidence({ dmarc: dmarc() }), ...more })
const refused = (reason: string): readonly string[] => [`reject ${reason}`, `discard ${reason}`]
const both = (verdict: string): readonly string[] => [verdict, verdict]

describe('DMARC', () => {
  test.each<[string, Authentication, readonly string[]]>([
    ['a forgery, p=reject', failing(), refused('authentication.dmarc')],
    ['p=quarantine', failing({ evidence: evidence({ dmarc: dmarc({ policy: 'quarantine' }) }) }), both('hold authentication.dmarc')],
    ['p=none', failing({ evidence: evidence({ dmarc: dmarc({ policy: 'none' }) }) }), both('accept')],
    ['pass', answer({ evidence: evidence({ dkim: [dkim()], dmarc: dmarc({ result: 'pass' }) }) }), both('accept')],
    ['no policy', answer({ evidence: evidence({ dmarc: dmarc({ result: 'none', policy: null }) }) }), both('accept')],
    [
      'no questions left',
      answer({ evidence: evidence({ dmarc: dmarc({ result: 'permerror', policy: null }) }) }),
      both('hold authentication.dmarc'),
    ],
    [
      'no questions left, and a policy that may be weaker than it is',
      answer({ evidence: evidence({ dmarc: dmarc({ result: 'permerror', policy: 'none' }) }) }),
      both('hold authentication.dmarc'),
    ],
    [
      'no questions left, a good signature',
      answer({ evidence: evidence({ dkim: [dkim()], dmarc: dmarc({ result: 'permerror', policy: null }) }) }),
      both('accept'),
    ],
    [
      'no questions left, a trusted forwarder',
      answer({
        evidence: evidence({ dmarc: dmarc({ result: 'permerror', policy: null }) }),
        trusted: trusting({ isForwarder: () => true }),
      }),
      both('accept'),
    ],
    [
      'a trusted sealer',
      failing({ evidence: evidence({ dmarc: dmarc(), arc: arc() }), trusted: trusting({ sealers: ['sealer.example'] }) }),
      both('accept'),
    ],
    ['a trusted forwarder', failing({ trusted: trusting({ isForwarder: () => true }) }), both('accept')],
    ['a sealer nobody trusts', failing({ evidence: evidence({ dmarc: dmarc(), arc: arc() }) }), both('hold authentication.dmarc')],
    [
      'a broken signature of the author',
      failing({ evidence: evidence({ dmarc: dmarc(), dkim: [dkim({ result: 'fail', aligned: false })] }) }),
      both('hold authentication.dmarc'),
    ],
    [
      'l= that stops short',
      failing({ evidence: evidence({ dmarc: dmarc(), dkim: [dkim({ counts: false, aligned: false })] }) }),
      both('hold authentication.dmarc'),
    ],
    [
      'a signature of somebody else',
      failing({ evidence: evidence({ dmarc: dmarc(), dkim: [dkim({ domain: 'esp.example', aligned: false })] }) }),
      refused('authentication.dmarc'),
    ],
    [
      'no answer',
      answer({ evidence: evidence({ dmarc: dmarc({ result: 'temperror', policy: null }) }) }),
      both('defer authentication.unavailable'),
    ],
    [
      'no answer, and a policy that may be weaker than it is',
      answer({ evidence: evidence({ dmarc: dmarc({ result: 'temperror', policy: 'none' }) }) }),
      both('defer authentication.unavailable'),
    ],
    [
      'no answer, but the author is known',
      answer({ evidence: evidence({ dkim: [dkim()], dmarc: dmarc({ result: 'temperror', policy: null }) }) }),
      both('accept'),
    ],
    [
      'no answer, a trusted forwarder',
      answer({
        evidence: evidence({ dmarc: dmarc({ result: 'temperror', policy: null }) }),
        trusted: trusting({ isForwarder: () => true }),
      }),
      both('accept'),
    ],
    ['a failure that could be averted', failing({ spf: spf({ result: 'temperror' }) }), both('defer authentication.unavailable')],
    [
      '… where nothing is asked for',
      answer({ spf: spf({ result: 'temperror' }), evidence: evidence({ dmarc: dmarc({ policy: 'none' }) }) }),
      both('accept'),
    ],
    [
      'nothing could be checked',
      answer({ spf: unavailableSpf({ sender: 'a@b.example', helo: null }, ''), evidence: unavailable(busy, '') }),
      both('defer authentication.unavailable'),
    ],
    ['nothing was found', answer(), both('accept')],
  ])('%s', (_, found, expected) => {
    expect(whole(found, { spf: 'report' })).toEqual(expected)
    expect(whole(found, { spf: 'report', dmarc: 'report' })).toEqual(both('accept'))
  })

  test.each<[string, string, readonly string[]]>([
    ['a list', 'List-Id: <l.example>', both('hold authentication.dmarc')],
    ['a list, by any of its fields', 'List-Anything: x', both('hold authentication.dmarc')],
    ['ARC', 'ARC-Seal: i=1; junk', both('hold authentication.dmarc')],
    ['ARC of Microsoft', 'ARC-Authentication-Results: i=1; mx.example; dmarc=pass', both('hold authentication.dmarc')],
    [
      'a signature of the author that was not looked at',
      'DKIM-Signature: v=1; a=rsa-sha256;\r\n\td=AUTHOR.example; s=s; b=',
      both('hold authentication.dmarc'),
    ],
    ['… of his organisation', 'DKIM-Signature: d = mail.author.\r\n example ;', both('hold authentication.dmarc')],
    ['a signature of another', 'DKIM-Signature: v=1; d=esp.example; bh=d=author.example', refused('authentication.dmarc')],
    [
      'a signature that only looks like his',
      'DKIM-Signature: v=1; d=badauthor.example; dd=author.example',
      refused('authentication.dmarc'),
    ],
    ['another field', 'Listed: x', refused('authentication.dmarc')],
  ])('handed on? %s', (_, field, expected) => {
    expect(whole(failing(), { header: header('From: writer@author.example', field) })).toEqual(expected)
  })

  test('a header that was not read to its end may hold such a sign', () => {
    const long = header('From: writer@author.example', ...Array.from({ length: 2001 }, () => 'X: y'))
    expect(long.complete).toBe(false)
    expect(whole(failing(), { header: long })).toEqual(both('hold authentication.dmarc'))
  })
  test('a hostile DKIM-Signature takes no time', () => {
    const hostile = header(`DKIM-Signature: ${'; '.repeat(60_000)}d${' '.repeat(60_000)}`)
    expect(processorTime(() => whole(failing(), { header: hostile }))).toBeLessThan(500)
  })
})

describe('SPF', () => {
  const no = dmarc({ result: 'none', policy: null })
  test.each<[string, Partial<Facts>, readonly string[]]>([
    ['fail', { spf: spf({ result: 'fail' }) }, refused('authentication.spf')],
    ['softfail', { spf: spf({ result: 'softfail' }) }, both('accept')],
    ['permerror', { spf: spf({ result: 'permerror' }) }, both('accept')],
    ['none: the client is not known', { spf: spf() }, both('accept')],
    ['pass', { spf: spf({ result: 'pass' }) }, both('accept')],
    ['fail, but the author is known', { spf: spf({ result: 'fail' }), evidence: evidence({ dkim: [dkim()], dmarc: no }) }, both('accept')],
    ['fail, from a trusted forwarder', { spf: spf({ result: 'fail' }), trusted: trusting({ isForwarder: () => true }) }, both('accept')],
    ['no answer', { spf: spf({ result: 'temperror' }) }, both('defer authentication.unavailable')],
    [
      'no answer, but the author is known',
      { spf: spf({ result: 'temperror' }), evidence: evidence({ dkim: [dkim()], dmarc: no }) },
      both('accept'),
    ],
    [
      'fail, and a signature without an answer',
      { spf: spf({ result: 'fail' }), evidence: evidence({ dkim: [dkim({ result: 'temperror' })], dmarc: no }) },
      both('defer authentication.unavailable'),
    ],
    [
      'fail, and a name without an answer',
      { spf: spf({ result: 'fail' }), evidence: evidence({ namesTemporary: true }), trusted: trusting({ forwarders: ['f.example'] }) },
      both('defer authentication.unavailable'),
    ],
  ])('%s', (_, more, expected) => {
    expect(whole(answer(more))).toEqual(expected)
    expect(whole(answer(more), { spf: 'report' })).toEqual(both('accept'))
  })

  test.each<[string, Authentication, readonly string[]]>([
    ['both refuse: DMARC is named', failing({ spf: spf({ result: 'fail' }) }), refused('authentication.dmarc')],
    [
      'SPF refuses what DMARC would hold',
      failing({ spf: spf({ result: 'fail' }), evidence: evidence({ dmarc: dmarc({ policy: 'quarantine' }) }) }),
      refused('authentication.spf'),
    ],
    [
      'what is refused needs no other answer',
      failing({ spf: spf({ result: 'temperror', domain: 'other.example' }) }),
      refused('authentication.dmarc'),
    ],
    [
      'what is held may wait for it',
      failing({
        spf: spf({ result: 'temperror', domain: 'other.example' }),
        evidence: evidence({ dmarc: dmarc({ policy: 'quarantine' }) }),
      }),
      both('defer authentication.unavailable'),
    ],
  ])('%s', (_, found, expected) => expect(whole(found)).toEqual(expected))
})

describe('a relay is not told "later" for ever', () => {
  const found = answer({ evidence: evidence({ dmarc: dmarc({ result: 'temperror', policy: null }) }) })
  test.each<[number | null, readonly string[]]>([
    [null, both('defer authentication.unavailable')],
    [0, both('defer authentication.unavailable')],
    [longestDeferral, both('defer authentication.unavailable')],
    [longestDeferral + 1, ['defer authentication.unavailable', 'hold authentication.unavailable']],
  ])('waited %s ms', (waited, expected) => {
    expect(whole(found, { waited })).toEqual(expected)
    expect(one(found, { require: 'authenticated', waited })).toEqual(expected)
  })
})

function one(found: Authentication, more: Partial<RecipientRules>): readonly string[] {
  const rules = { require: null, claims: { bound: false }, waited: null, ...more }
  return (['origin', 'relay'] as const).map(peer => said(decideRecipient(found, { ...rules, peer })))
}

describe('one recipient', () => {
  const known = answer({ evidence: evidence({ dkim: [dkim()], dmarc: dmarc({ result: 'pass' }) }) })
  const stranger = answer()
  const later = answer({ spf: spf({ result: 'temperror' }) })
  const several = answer({
    author: { kind: 'several' },
    spf: spf({ result: 'temperror' }),
    evidence: unavailable({ ...busy, author: { kind: 'several' } }, ''),
  })
  const his = { senders: ['writer@author.example'], bound: false }
  const hers = { senders: ['other@author.example', 'elsewhere.example'], bound: false }
  const free = { bound: false }
  test.each<[string, Authentication, Partial<RecipientRules>, readonly string[]]>([
    ['an open route', stranger, {}, both('accept')],
    ['an open route, a key of hers, said so', stranger, { require: 'none', claims: hers }, both('accept')],
    ['authenticated', known, { require: 'authenticated' }, both('accept')],
    ['authenticated: a key of hers', known, { require: 'authenticated', claims: hers }, both('accept')],
    ['authenticated: a stranger', stranger, { require: 'authenticated' }, refused('authentication.required')],
    ['authenticated: who knows yet', later, { require: 'authenticated' }, both('defer authentication.unavailable')],
    ['authenticated: two From, which no answer mends', several, { require: 'authenticated' }, refused('authentication.required')],
    ['bound', known, { require: 'bound', claims: his }, both('accept')],
    ['bound: by his domain', known, { require: 'bound', claims: { senders: ['author.example'], bound: true } }, both('accept')],
    ['bound: a stranger in his name', stranger, { require: 'bound', claims: his }, refused('authentication.required')],
    ['bound: who knows yet', later, { require: 'bound', claims: his }, both('defer authentication.unavailable')],
    ['bound: to another', known, { require: 'bound', claims: hers }, refused('sender.not-bound')],
    ['bound: to nobody', known, { require: 'bound', claims: { senders: [], bound: true } }, refused('sender.not-bound')],
    ['bound: a key that names nobody', known, { require: 'bound', claims: free }, refused('sender.not-bound')],
    ['not set, a key of his', known, { claims: his }, both('accept')],
    ['not set, a key of hers', known, { claims: hers }, refused('sender.not-bound')],
    ['not set, a key of his, a stranger', stranger, { claims: his }, refused('authentication.required')],
    ['not set, a key of nobody', known, { claims: { senders: [], bound: false } }, refused('sender.not-bound')],
    ['not set, bound by a hash, a stranger', stranger, { claims: { bound: true } }, refused('authentication.required')],
    ['not set, bound by a hash that did not fit', known, { claims: { bound: true } }, refused('sender.not-bound')],
    ['not set, bound by a hash that fits', known, { claims: { senders: ['writer@author.example'], bound: true } }, both('accept')],
  ])('%s', (_, found, rules, expected) => expect(one(found, rules)).toEqual(expected))
})
