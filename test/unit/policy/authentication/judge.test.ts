/** Who wrote it: a row for each way to be somebody, and for each way to look like somebody. */
import { describe, expect, test } from 'vitest'
import type { Facts } from '../../../../src/policy/authentication/judge.ts'
import { unavailable, unavailableSpf } from '../../../../src/policy/authentication/no-evidence.ts'
import { answer, arc, busy, dkim, dmarc, evidence, header, spf, trusting } from './found.ts'

const passed = dmarc({ result: 'pass' })
const unaligned = (domain: string) => dkim({ domain, aligned: false })
const sealers = trusting({ sealers: ['sealer.example'] })

describe('RFC5322.From', () => {
  test.each<[string, Partial<Facts>, string]>([
    ['an aligned signature', { evidence: evidence({ dkim: [dkim()], dmarc: passed }) }, 'dkim'],
    ['an aligned signature without DMARC', { evidence: evidence({ dkim: [dkim()] }) }, 'dkim'],
    ['one of two signatures', { evidence: evidence({ dkim: [unaligned('esp.example'), dkim()], dmarc: passed }) }, 'dkim'],
    [
      'an aligned SPF pass',
      { spf: spf({ result: 'pass' }), evidence: evidence({ dmarc: dmarc({ result: 'pass', spfAligned: true }) }) },
      'spf',
    ],
    [
      'both: the signature says more',
      { spf: spf({ result: 'pass' }), evidence: evidence({ dkim: [dkim()], dmarc: dmarc({ result: 'pass', spfAligned: true }) }) },
      'dkim',
    ],
    ['a trusted sealer', { evidence: evidence({ dmarc: dmarc(), arc: arc() }), trusted: sealers }, 'arc'],
    ['nothing', {}, 'none'],
    ['a signature that fails', { evidence: evidence({ dkim: [dkim({ result: 'fail' })], dmarc: dmarc() }) }, 'none'],
    ['l=, an unsigned From, two From: does not count', { evidence: evidence({ dkim: [dkim({ counts: false })], dmarc: dmarc() }) }, 'none'],
    ['another’s signature', { evidence: evidence({ dkim: [unaligned('esp.example')], dmarc: dmarc() }) }, 'none'],
    ['evidence against itself', { evidence: evidence({ dkim: [dkim()], dmarc: dmarc() }) }, 'none'],
    ['evidence against itself, SPF', { spf: spf({ result: 'pass' }), evidence: evidence({ dmarc: dmarc({ spfAligned: true }) }) }, 'none'],
    ['SPF pass of another domain', { spf: spf({ result: 'pass', domain: 'esp.example' }), evidence: evidence({ dmarc: dmarc() }) }, 'none'],
    [
      'SPF softfail, though aligned',
      { spf: spf({ result: 'softfail' }), evidence: evidence({ dmarc: dmarc({ result: 'pass', spfAligned: true }) }) },
      'none',
    ],
    ['a sealer nobody trusts', { evidence: evidence({ dmarc: dmarc(), arc: arc() }) }, 'none'],
    [
      'a sealer that looks like a trusted one',
      { evidence: evidence({ arc: arc({ sealer: 'badsealer.example' }) }), trusted: sealers },
      'none',
    ],
    ['a sealer below a trusted one', { evidence: evidence({ arc: arc({ sealer: 'eu.sealer.example' }) }), trusted: sealers }, 'arc'],
    ['a broken chain', { evidence: evidence({ arc: arc({ result: 'fail' }) }), trusted: sealers }, 'none'],
    [
      'a sealer who saw DMARC fail',
      { evidence: evidence({ arc: arc({ dmarc: { result: 'fail', from: 'author.example' } }) }), trusted: sealers },
      'none',
    ],
    [
      'a sealer who speaks of another From',
      { evidence: evidence({ arc: arc({ dmarc: { result: 'pass', from: 'other.example' } }) }), trusted: sealers },
      'none',
    ],
    [
      'a sealer who speaks of a domain below',
      { evidence: evidence({ arc: arc({ dmarc: { result: 'pass', from: 'a.author.example' } }) }), trusted: sealers },
      'none',
    ],
    [
      'a sealer who names no From',
      { evidence: evidence({ arc: arc({ dmarc: { result: 'pass', from: null } }) }), trusted: sealers },
      'none',
    ],
    ['a sealer who says nothing of DMARC', { evidence: evidence({ arc: arc({ dmarc: null }) }), trusted: sealers }, 'none'],
    [
      'a sealer in other case',
      { evidence: evidence({ arc: arc({ dmarc: { result: 'Pass', from: 'Author.Example' } }) }), trusted: sealers },
      'arc',
    ],
    ['a forwarder vouches for nobody', { evidence: evidence({ dmarc: dmarc() }), trusted: trusting({ isForwarder: () => true }) }, 'none'],
  ])('%s', (_, more, how) => {
    const { from } = answer(more)
    expect(from).toMatchObject({ address: 'writer@author.example', domain: 'author.example', authenticated: how !== 'none', how })
    expect('through' in from).toBe(how === 'arc')
  })

  test.each<Facts['author']>([{ kind: 'none' }, { kind: 'several' }, { kind: 'malformed', detail: 'encoded-word in an address' }])(
    '%o is never authenticated, whatever passes',
    author => {
      const all = evidence({ dkim: [dkim()], dmarc: dmarc({ result: 'pass', spfAligned: true }), arc: arc() })
      const found = answer({ author, spf: spf({ result: 'pass' }), evidence: all, trusted: sealers })
      const problem = author.kind === 'none' ? {} : { problem: author.kind }
      expect(found.from).toEqual({ address: null, domain: null, authenticated: false, how: 'none', ...problem })
      expect(found.signedRecipients).toEqual([])
      expect(found.signatureAge).toBeNull()
      expect(found.dmarc.override).toBeUndefined()
      expect(answer({ author, evidence: unavailable({ ...busy, author }, '') }).unknown).toBeUndefined()
    },
  )
})

describe('RFC5321.MailFrom', () => {
  test.each<[string, string, Partial<Facts['spf']>, boolean]>([
    ['SPF pass', 'writer@author.example', { result: 'pass' }, true],
    ['SPF pass of a domain that lets everybody send', 'writer@author.example', { result: 'pass', everybody: true }, false],
    ['SPF pass, in other case', 'Writer@AUTHOR.example', { result: 'pass' }, true],
    ['SPF pass, internationalised', 'jo@bücher.example', { result: 'pass', domain: 'xn--bcher-kva.example' }, true],
    ['SPF neutral', 'writer@author.example', { result: 'neutral' }, false],
    ['SPF none', 'writer@author.example', {}, false],
    ['SPF temperror', 'writer@author.example', { result: 'temperror' }, false],
    ['null reverse-path, HELO passes', '', { result: 'pass', identity: 'helo', domain: 'author.example' }, false],
    ['null reverse-path', '', { result: 'pass', domain: '' }, false],
    ['a sender, but HELO was checked', 'writer@author.example', { result: 'pass', identity: 'helo' }, false],
    ['another domain was checked', 'writer@victim.example', { result: 'pass' }, false],
    ['another domain was checked, above', 'writer@sub.author.example', { result: 'pass' }, false],
  ])('%s', (_, sender, found, authenticated) => {
    expect(answer({ sender, spf: spf(found) }).mailFrom).toEqual({ address: sender, authenticated })
  })
})

describe('DMARC', () => {
  const forwarders = trusting({ forwarders: ['forwarder.example'] })
  test.each<[string, Partial<Facts>, string, string | undefined]>([
    ['pass', { evidence: evidence({ dkim: [dkim()], dmarc: passed }) }, 'pass', undefined],
    [
      'pass: nothing to override',
      { evidence: evidence({ dkim: [dkim()], dmarc: passed }), trusted: trusting({ isForwarder: () => true }) },
      'pass',
      undefined,
    ],
    ['fail', { evidence: evidence({ dmarc: dmarc() }) }, 'fail', undefined],
    ['a trusted sealer', { evidence: evidence({ dmarc: dmarc(), arc: arc() }), trusted: sealers }, 'fail', 'arc=sealer.example'],
    [
      'a trusted network',
      { evidence: evidence({ dmarc: dmarc() }), trusted: trusting({ isForwarder: a => a === '192.0.2.1' }) },
      'fail',
      'forwarder=192.0.2.1',
    ],
    [
      'another network',
      { evidence: evidence({ dmarc: dmarc() }), trusted: trusting({ isForwarder: a => a === '192.0.2.2' }) },
      'fail',
      undefined,
    ],
    [
      'no client',
      { client: null, evidence: evidence({ dmarc: dmarc() }), trusted: trusting({ isForwarder: () => true }) },
      'fail',
      undefined,
    ],
    [
      'an SPF domain',
      { spf: spf({ result: 'pass', domain: 'srs.forwarder.example' }), evidence: evidence({ dmarc: dmarc() }), trusted: forwarders },
      'fail',
      'forwarder=srs.forwarder.example',
    ],
    [
      'an SPF domain that fails',
      { spf: spf({ result: 'fail', domain: 'forwarder.example' }), evidence: evidence({ dmarc: dmarc() }), trusted: forwarders },
      'fail',
      undefined,
    ],
    [
      'a confirmed name',
      { evidence: evidence({ dmarc: dmarc(), names: ['x.example', 'mx.forwarder.example'] }), trusted: forwarders },
      'fail',
      'forwarder=mx.forwarder.example',
    ],
    [
      'a name that looks alike',
      { evidence: evidence({ dmarc: dmarc(), names: ['mx.badforwarder.example'] }), trusted: forwarders },
      'fail',
      undefined,
    ],
    ['no answer', { evidence: evidence({ dmarc: dmarc({ result: 'temperror', policy: null }) }) }, 'temperror', undefined],
    [
      'no answer, a trusted network',
      { evidence: evidence({ dmarc: dmarc({ result: 'temperror' }) }), trusted: trusting({ isForwarder: () => true }) },
      'temperror',
      'forwarder=192.0.2.1',
    ],
    [
      'a failure that a signature could have averted',
      { evidence: evidence({ dmarc: dmarc(), dkim: [dkim({ result: 'temperror', aligned: false })] }) },
      'temperror',
      undefined,
    ],
    [
      '… of the organisation',
      { evidence: evidence({ dmarc: dmarc(), dkim: [dkim({ result: 'temperror', domain: 'mail.author.example', aligned: false })] }) },
      'temperror',
      undefined,
    ],
    [
      '… but not of another',
      { evidence: evidence({ dmarc: dmarc(), dkim: [dkim({ result: 'temperror', domain: 'esp.example', aligned: false })] }) },
      'fail',
      undefined,
    ],
    [
      '… nor one that can’t count',
      { evidence: evidence({ dmarc: dmarc(), dkim: [dkim({ result: 'temperror', counts: false, aligned: false })] }) },
      'fail',
      undefined,
    ],
    [
      '… that SPF could have averted',
      { spf: spf({ result: 'temperror' }), evidence: evidence({ dmarc: dmarc() }) },
      'temperror',
      undefined,
    ],
    [
      '… but not of another',
      { spf: spf({ result: 'temperror', domain: 'esp.example' }), evidence: evidence({ dmarc: dmarc() }) },
      'fail',
      undefined,
    ],
    [
      '… that a forwarder’s SPF could have averted',
      { spf: spf({ result: 'temperror', domain: 'forwarder.example' }), evidence: evidence({ dmarc: dmarc() }), trusted: forwarders },
      'temperror',
      undefined,
    ],
    [
      '… that a forwarder’s name could have averted',
      { evidence: evidence({ dmarc: dmarc(), namesTemporary: true }), trusted: forwarders },
      'temperror',
      undefined,
    ],
    ['… if there were any forwarders', { evidence: evidence({ dmarc: dmarc(), namesTemporary: true }) }, 'fail', undefined],
    [
      '… that a sealer could have averted',
      { evidence: evidence({ dmarc: dmarc(), arc: arc({ result: 'fail', temporary: true }) }), trusted: sealers },
      'temperror',
      undefined,
    ],
    ['… if he were trusted', { evidence: evidence({ dmarc: dmarc(), arc: arc({ result: 'fail', temporary: true }) }) }, 'fail', undefined],
    [
      'none',
      { spf: spf({ result: 'temperror' }), evidence: evidence({ dmarc: dmarc({ result: 'none', policy: null }) }), trusted: forwarders },
      'none',
      undefined,
    ],
  ])('%s', (_, more, result, override) => {
    const { dmarc: found } = answer(more)
    expect([found.result, found.override]).toEqual([result, override])
  })
})

describe('the rest of the answer', () => {
  test('the age of the newest aligned signature', () => {
    const signatures = [dkim({ signed: 1000 }), dkim({ signed: 31_000 }), dkim({ signed: null }), dkim({ signed: 60_000, aligned: false })]
    expect(answer({ evidence: evidence({ dkim: signatures }) }).signatureAge).toBe(30_000)
    expect(answer({ evidence: evidence({ dkim: [dkim({ signed: null })] }) }).signatureAge).toBeNull()
    expect(answer({ evidence: evidence({ dkim: [dkim({ signed: 62_000 })] }) }).signatureAge).toBe(-1000)
  })
  test('recipients and fields are those of aligned signatures', () => {
    const found = answer({ evidence: evidence({ dkim: [dkim({ covers: ['from', 'to'] })] }) })
    expect(found.signedRecipients).toEqual(['key@ours.example'])
    expect(found.unsigned).toEqual(['subject'])
    const other = answer({ evidence: evidence({ dkim: [dkim({ aligned: false })] }) })
    expect(other.signedRecipients).toEqual([])
    expect(other.unsigned).toEqual(['from', 'subject', 'to'])
  })
  test('a replay: our recipient is not in what was signed', () => {
    const found = answer({ evidence: evidence({ dkim: [dkim()] }), header: header('From: a@author.example', 'To: x@elsewhere.example') })
    expect(found.from.authenticated).toBe(true)
    expect(found.signedRecipients).toEqual([])
  })
  test('nothing could be checked: nothing is known, and nothing is said to be wrong', () => {
    const trusted = trusting({ forwarders: ['forwarder.example'] })
    const found = answer({
      spf: unavailableSpf({ sender: 'a@B.example', helo: 'h' }, 'busy'),
      evidence: unavailable(busy, 'busy'),
      trusted,
    })
    expect(found.spf).toMatchObject({ result: 'temperror', identity: 'mailfrom', domain: 'b.example' })
    expect(found.dmarc.result).toBe('temperror')
    expect(found.unknown).toEqual(['from', 'forwarder'])
    expect(unavailableSpf({ sender: '', helo: 'MX.b.example' }, '')).toMatchObject({ identity: 'helo', domain: 'mx.b.example' })
    expect(unavailableSpf({ sender: '', helo: null }, '')).toMatchObject({ identity: 'helo', domain: '' })
  })
})
