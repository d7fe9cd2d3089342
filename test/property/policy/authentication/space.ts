/**
 * The space of what can be found about a message, for properties. `anyFacts`: every combination, also such as make no sense.
 * `worlds`: what is true of a message, so that some of it can be hidden as the DNS hides it when it gives no answer.
 */
import fc from 'fast-check'
import { type Header, parseHeader } from '../../../../src/mail/header-fields.ts'
import type { MessageRules, RecipientRules } from '../../../../src/policy/authentication/decide.ts'
import type { Arc, DkimSignature, Dmarc, MessageEvidence, Spf } from '../../../../src/policy/authentication/evidence.ts'
import type { Facts } from '../../../../src/policy/authentication/judge.ts'
import type { NoticeFacts } from '../../../../src/policy/notice/may-notify.ts'

export const domains = ['author.example', 'news.author.example', 'victim.example', 'esp.example', 'sealer.example', 'fwd.example'] as const
const localParts = ['jo', 'Jo', 'victim', 'no-reply', 'SRS0=h=t=victim.example=victim', 'bounces']

export const flag = fc.boolean()
/** True seldom. */
const rare = fc.integer({ min: 0, max: 9 }).map(n => n === 0)
const domain = fc.constantFrom(...domains)
const address = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('jo@author.example', 'jo@news.author.example', 'Jo@AUTHOR.example') },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...localParts), domain).map(([local, at]) => `${local}@${at}`) },
)
export const sender = fc.oneof({ weight: 8, arbitrary: address }, { weight: 1, arbitrary: fc.constantFrom('', 'jo', 'jo@[192.0.2.1]') })
const author: fc.Arbitrary<Facts['author']> = fc.oneof(
  {
    weight: 8,
    arbitrary: address.map(text => ({ kind: 'one' as const, address: text.replace('AUTHOR', 'author'), domain: domainOf(text) })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom({ kind: 'none' as const }, { kind: 'several' as const }, { kind: 'malformed' as const, detail: '' }),
  },
)
export const domainOf = (text: string): string => text.slice(text.lastIndexOf('@') + 1).toLowerCase()

const fields = [
  ...['List-Id: l', 'List-Post: p', 'ARC-Seal: i=1', 'DKIM-Signature: d=author.example; h=from', 'DKIM-Signature: d=mail.author.example'],
  ...['DKIM-Signature: d=esp.example', 'X-Listed: no', 'To: key@ours.example'],
]
export const header: fc.Arbitrary<Header> = fc
  .oneof(fc.constant([]), fc.subarray(fields, { maxLength: 3 }))
  .map(some => parseHeader(new TextEncoder().encode(`From: x\r\n${some.map(field => `${field}\r\n`).join('')}\r\n`)))
const spf: fc.Arbitrary<Spf> = fc
  .tuple(
    fc.constantFrom({}, {}, {}, {}, {}, {}, {}, { everybody: true } as const),
    fc.record({
      result: fc.constantFrom('none', 'neutral', 'pass', 'pass', 'fail', 'fail', 'softfail', 'temperror', 'permerror'),
      identity: fc.constantFrom('mailfrom', 'mailfrom', 'helo'),
      domain: fc.oneof(domain, fc.constant('')),
      detail: fc.constant(''),
      queries: fc.constant(0),
    }),
  )
  .map(([more, one]) => ({ ...one, ...more }))
const signature: fc.Arbitrary<DkimSignature> = fc.record({
  result: fc.constantFrom('pass', 'pass', 'fail', 'neutral', 'policy', 'temperror', 'permerror'),
  domain,
  selector: fc.constant('s'),
  algorithm: fc.constant('rsa-sha256'),
  counts: flag,
  aligned: flag,
  covers: fc.subarray(['from', 'to', 'subject']),
  signed: fc.option(fc.integer()),
  expires: fc.constant(null),
  detail: fc.constant(''),
})
const dmarc: fc.Arbitrary<Dmarc> = fc.record({
  result: fc.constantFrom('pass', 'fail', 'fail', 'none', 'temperror', 'permerror'),
  policy: fc.constantFrom('none', 'quarantine', 'reject', 'reject', null),
  domain: fc.option(domain),
  organisation: fc.constantFrom('author.example', 'author.example', null),
  spfAligned: flag,
  detail: fc.constant(''),
})
const temporary = rare.map(yes => (yes ? { temporary: true as const } : {}))
const arc: fc.Arbitrary<Arc> = fc
  .record({
    result: fc.constantFrom('none', 'pass', 'pass', 'fail'),
    instance: fc.integer({ min: 0, max: 3 }),
    sealer: fc.oneof(fc.constant('sealer.example'), fc.option(domain)),
    dmarc: fc.option(
      fc.record({
        result: fc.constantFrom('pass', 'pass', 'fail', 'none'),
        from: fc.oneof(fc.constant('author.example'), fc.option(domain)),
      }),
      { freq: 4 },
    ),
    detail: fc.constant(''),
  })
  .chain(found => temporary.map(more => ({ ...found, ...more })))
const evidence: fc.Arbitrary<MessageEvidence> = fc
  .record({
    dkim: fc.array(signature, { maxLength: 3 }),
    unchecked: fc.constant(0),
    dmarc,
    arc: fc.oneof(fc.constant<Arc>({ result: 'none', instance: 0, sealer: null, dmarc: null, detail: '' }), arc),
    names: fc.subarray(['mx.fwd.example', 'mx.esp.example']),
    queries: fc.constant(0),
  })
  .chain(found => rare.map(yes => (yes ? { ...found, namesTemporary: true as const } : found)))

/** Two clients, of which the first may be a trusted forwarder. */
export const client = fc.constantFrom('192.0.2.1', '198.51.100.1', null)
export const trusted: fc.Arbitrary<Facts['trusted']> = fc
  .record({
    sealers: fc.oneof(fc.constant(['sealer.example']), fc.subarray([...domains])),
    forwarders: fc.oneof(fc.constant([]), fc.subarray(['fwd.example', 'esp.example'])),
    network: rare,
  })
  .map(({ sealers, forwarders, network }) => ({ sealers, forwarders, isForwarder: ip => network && ip === '192.0.2.1' }))
export const machine = fc.oneof(
  { weight: 8, arbitrary: fc.constant('none' as const) },
  { weight: 1, arbitrary: fc.constantFrom('auto-reply' as const, 'bounce' as const, 'list' as const, 'verification' as const) },
)

export const anyFacts: fc.Arbitrary<Facts> = fc.record({
  ...{ author, sender, spf, evidence, header, client, trusted, machine },
  recipients: fc.subarray(['key@ours.example', 'other@ours.example']),
  received: fc.integer(),
})

const waiting = {
  peer: fc.constantFrom('origin' as const, 'relay' as const),
  waited: fc.option(fc.integer({ min: 0, max: 5 * 24 * 3600 * 1000 })),
}
const setting = fc.constantFrom('enforce' as const, 'report' as const)
export const messageRules: fc.Arbitrary<Omit<MessageRules, 'header'>> = fc.record({ ...waiting, spf: setting, dmarc: setting })
export const recipientRules: fc.Arbitrary<RecipientRules> = fc
  .record({
    ...waiting,
    require: fc.constantFrom('none' as const, 'authenticated' as const, 'bound' as const, null),
    bound: flag,
    senders: fc.option(fc.subarray(['jo@author.example', 'esp.example', '.author.example', 'victim@victim.example'])),
  })
  .map(({ bound, senders, ...more }) => ({ ...more, claims: senders === null ? { bound } : { senders, bound } }))
export const noticeFacts: fc.Arbitrary<NoticeFacts> = fc.record({ sender, list: rare, requireTls: rare, machine })
