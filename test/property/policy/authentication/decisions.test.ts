/**
 * The rules that are never bent, over the whole space of decisions: nothing leaves for an address that nobody verified, no relay
 * hears a 5yz, nobody is refused for what is not known. What is expected is written from the rules, not from the code.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decideMessage, decideRecipient } from '../../../../src/policy/authentication/decide.ts'
import { type Facts, judge } from '../../../../src/policy/authentication/judge.ts'
import { mayNotify } from '../../../../src/policy/notice/may-notify.ts'
import type { Verdict } from '../../../../src/policy/verdict.ts'
import { dataReply } from '../../../../src/transaction/render.ts'
import { anyFacts, domainOf, domains, messageRules, noticeFacts, recipientRules } from './space.ts'
import { factsOf, worlds } from './worlds.ts'

const runs = { numRuns: 20_000 }

const signedByAuthor = ({ evidence }: Facts): boolean => evidence.dkim.some(s => s.result === 'pass' && s.counts && s.aligned)
const spfOfAuthor = ({ spf, evidence }: Facts): boolean => spf.result === 'pass' && !spf.everybody && evidence.dmarc.spfAligned
const within = (domain: string, list: readonly string[]): boolean => list.some(one => `.${domain}`.endsWith(`.${one}`))
const sealed = ({ author, evidence: { arc }, trusted }: Facts): boolean =>
  author.kind === 'one' &&
  arc.result === 'pass' &&
  within(arc.sealer ?? '?', trusted.sealers) &&
  arc.dmarc?.result === 'pass' &&
  arc.dmarc.from === author.domain
const forwarded = ({ client, spf, evidence, trusted }: Facts): boolean =>
  (client !== null && trusted.isForwarder(client)) ||
  (spf.result === 'pass' && !spf.everybody && within(spf.domain, trusted.forwarders)) ||
  evidence.names.some(name => within(name, trusted.forwarders))
const everythingKnown = ({ spf, evidence }: Facts): boolean =>
  ![spf.result, evidence.dmarc.result, ...evidence.dkim.map(s => s.result)].includes('temperror') &&
  evidence.arc.temporary === undefined &&
  evidence.namesTemporary === undefined

const refuses = (verdict: Verdict): boolean => verdict.kind === 'reject' || verdict.kind === 'discard'

test('nothing leaves for an address that is not authenticated', () => {
  let told = 0
  fc.assert(
    fc.property(anyFacts, noticeFacts, flagged(), (facts, given, same) => {
      const notice = same ? { ...given, sender: facts.sender } : given
      const to = mayNotify(judge(facts), notice)
      if (to === null) return
      told++
      expect(to).toBe(facts.sender)
      expect(to).toBe(notice.sender)
      expect([notice.list, notice.requireTls, notice.machine, facts.machine]).toEqual([false, false, 'none', 'none'])
      expect(to).not.toMatch(/^$|SRS0|no-reply|bounces/)
      const bySpf =
        facts.spf.result === 'pass' && !facts.spf.everybody && facts.spf.identity === 'mailfrom' && facts.spf.domain === domainOf(to)
      const { author } = facts
      const isAuthor = author.kind === 'one' && author.address.split('@')[0] === to.split('@')[0] && author.domain === domainOf(to)
      expect(bySpf || (isAuthor && (signedByAuthor(facts) || spfOfAuthor(facts)))).toBe(true)
    }),
    runs,
  )
  expect(told).toBeGreaterThan(runs.numRuns / 200)
})
function flagged(): fc.Arbitrary<boolean> {
  return fc.integer({ min: 0, max: 9 }).map(n => n > 0)
}

test('no relay hears a 5yz, and what it is told to repeat it is not told for ever', () => {
  fc.assert(
    fc.property(anyFacts, messageRules, recipientRules, (facts, rules, recipient) => {
      const answer = judge(facts)
      const peer = 'relay'
      for (const verdict of [
        decideMessage(answer, { ...rules, header: facts.header, peer }),
        decideRecipient(answer, { ...recipient, peer }),
      ]) {
        expect(dataReply(verdict, 'id').code).toBeLessThan(500)
        expect(verdict.kind).not.toBe('reject')
      }
      const old = { peer, waited: 24 * 3600 * 1000 + 1 } as const
      expect(decideMessage(answer, { ...rules, ...old, header: facts.header }).kind).not.toBe('defer')
      expect(decideRecipient(answer, { ...recipient, ...old }).kind).not.toBe('defer')
    }),
    runs,
  )
})

test('at an origin peer a refusal is said and not hidden', () => {
  fc.assert(
    fc.property(anyFacts, messageRules, recipientRules, (facts, rules, recipient) => {
      const answer = judge(facts)
      const peer = 'origin'
      const message = decideMessage(answer, { ...rules, header: facts.header, peer })
      for (const verdict of [message, decideRecipient(answer, { ...recipient, peer })]) expect(verdict.kind).not.toBe('discard')
    }),
    runs,
  )
})

test('unknown refuses nobody who would have been let in, and lets in nobody who would have been refused', () => {
  const seen = { refused: 0, accepted: 0, put: 0 }
  fc.assert(
    fc.property(worlds, messageRules, recipientRules, (world, rules, recipient) => {
      const both = [true, false].map(hiding => {
        const facts = factsOf(world, hiding)
        const answer = judge(facts)
        return [decideMessage(answer, { ...rules, header: facts.header }), decideRecipient(answer, recipient)] as const
      })
      for (const which of [0, 1] as const) {
        const [hidden, open] = [both[0]![which], both[1]![which]]
        if (refuses(hidden)) expect(refuses(open)).toBe(true)
        if (hidden.kind === 'accept') expect(open.kind).toBe('accept')
        expect(open.kind).not.toBe('defer')
        if (refuses(hidden)) seen.refused++
        else if (hidden.kind === 'accept') seen.accepted++
        else seen.put++
      }
    }),
    runs,
  )
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(runs.numRuns / 20)
})

test('unknown authenticates nobody', () => {
  fc.assert(
    fc.property(worlds, world => {
      const [hidden, open] = [judge(factsOf(world, true)), judge(factsOf(world, false))]
      if (hidden.from.authenticated) expect(open.from.authenticated).toBe(true)
      if (hidden.mailFrom.authenticated) expect(open.mailFrom.authenticated).toBe(true)
      if (!hidden.from.authenticated && open.from.authenticated) expect(hidden.unknown).toContain('from')
    }),
    runs,
  )
})

test('report refuses nothing', () => {
  fc.assert(
    fc.property(anyFacts, messageRules, (facts, rules) => {
      const report = { ...rules, header: facts.header, spf: 'report', dmarc: 'report' } as const
      expect(decideMessage(judge(facts), report)).toEqual({ kind: 'accept' })
    }),
    runs,
  )
})

test('From is authenticated by a signature, by SPF or by a trusted highest sealer, and by nothing else', () => {
  const seen = { dkim: 0, spf: 0, arc: 0, none: 0 }
  fc.assert(
    fc.property(anyFacts, facts => {
      const { from } = judge(facts)
      seen[from.how]++
      const own = facts.author.kind === 'one' && facts.evidence.dmarc.result !== 'fail'
      const how = own && signedByAuthor(facts) ? 'dkim' : own && spfOfAuthor(facts) ? 'spf' : sealed(facts) ? 'arc' : 'none'
      expect(from).toMatchObject({ how, authenticated: how !== 'none' })
      expect(from.through).toBe(how === 'arc' ? facts.evidence.arc.sealer : undefined)
      const problem = facts.author.kind === 'one' || facts.author.kind === 'none' ? {} : { problem: facts.author.kind }
      if (facts.author.kind !== 'one') expect(from).toEqual({ address: null, domain: null, authenticated: false, how: 'none', ...problem })
    }),
    runs,
  )
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(runs.numRuns / 200)
})

test('a forwarder authenticates nobody', () => {
  fc.assert(
    fc.property(anyFacts, facts => {
      const [without, all] = [
        judge({ ...facts, trusted: { ...facts.trusted, forwarders: [], isForwarder: () => false } }),
        judge({ ...facts, trusted: { ...facts.trusted, forwarders: domains, isForwarder: () => true } }),
      ]
      expect(all.from).toEqual(without.from)
      expect(all.mailFrom).toEqual(without.mailFrom)
    }),
    runs,
  )
})

test('a key is for those it names, and a route for those it asks for', () => {
  const seen = { accept: 0, required: 0, 'not-bound': 0 }
  fc.assert(
    fc.property(anyFacts.filter(everythingKnown), recipientRules, (facts, rules) => {
      const { author } = facts
      const { senders, bound } = rules.claims
      const own = facts.evidence.dmarc.result !== 'fail' && (signedByAuthor(facts) || spfOfAuthor(facts))
      const known = author.kind === 'one' && (own || sealed(facts))
      const his = author.kind === 'one' && (senders ?? []).some(entry => names(entry, author.address.toLowerCase()))
      const closed = rules.require === 'bound' || (rules.require === null && (bound || senders !== undefined))
      const expected =
        rules.require !== 'authenticated' && !closed ? 'accept' : !known ? 'required' : closed && !his ? 'not-bound' : 'accept'
      seen[expected]++
      const verdict = decideRecipient(judge(facts), rules)
      expect('reason' in verdict ? verdict.reason.split('.')[1] : verdict.kind).toBe(expected)
      expect(refuses(verdict)).toBe(expected !== 'accept')
    }),
    runs,
  )
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(runs.numRuns / 100)
})
/** The entries of this space, one by one. */
function names(entry: string, address: string): boolean {
  if (entry === 'esp.example') return address.endsWith('@esp.example')
  if (entry === '.author.example') return address.endsWith('.author.example')
  return entry === address
}

test('DMARC refuses forgeries whose domain asks for it, and holds what may have been handed on', () => {
  const seen = { accept: 0, hold: 0, refused: 0 }
  fc.assert(
    fc.property(anyFacts.filter(everythingKnown), messageRules, (facts, rules) => {
      const { result, policy } = facts.evidence.dmarc
      const answer = judge(facts)
      const verdict = decideMessage(answer, { ...rules, spf: 'report', header: facts.header })
      const spent = rules.dmarc === 'enforce' && result === 'permerror' && !answer.from.authenticated && !forwarded(facts)
      const asked = rules.dmarc === 'enforce' && result === 'fail' && (policy === 'reject' || policy === 'quarantine')
      const heeded = !asked || sealed(facts) || forwarded(facts) ? 'accept' : policy === 'reject' && !suspicious(facts) ? 'refused' : 'hold'
      const odd = rules.dmarc === 'enforce' && ['several', 'malformed'].includes(facts.author.kind)
      const expected = odd ? (forwarded(facts) ? 'accept' : 'hold') : spent ? 'hold' : heeded
      seen[expected]++
      expect(refuses(verdict) ? 'refused' : verdict.kind).toBe(expected)
      if ('reason' in verdict) expect(verdict.reason).toBe('authentication.dmarc')
    }),
    runs,
  )
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(runs.numRuns / 200)
})
/** Signs of a forward, as the header and the evidence of this space have them. All domains here have two labels, or one more. */
function suspicious({ author, evidence, header }: Facts): boolean {
  if (evidence.arc.instance > 0 || ['list-id', 'list-post', 'arc-seal'].some(name => header.count(name) > 0)) return true
  if (author.kind !== 'one') return false
  const owner = (name: string): string => name.split('.').slice(-2).join('.')
  const signers = [...evidence.dkim.map(s => s.domain), ...header.all('dkim-signature').map(value => /d=([a-z.]+)/.exec(value)![1]!)]
  return signers.some(name => name === author.domain || owner(name) === (evidence.dmarc.organisation ?? owner(author.domain)))
}
