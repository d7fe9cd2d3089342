/**
 * What is true of a message, and how it looks when the DNS keeps some of it back. In a world all evidence fits together: DMARC
 * passes exactly where something aligned does (relaxed, below author.example; without a policy only the very domain).
 */
import fc from 'fast-check'
import type { DkimSignature, MessageEvidence, Spf } from '../../../../src/policy/authentication/evidence.ts'
import type { Facts } from '../../../../src/policy/authentication/judge.ts'
import { client, domains, flag, header, trusted } from './space.ts'

const organisation = 'author.example'
const domain = fc.constantFrom(...domains, 'mail.author.example')

const world = fc.record({
  author: fc.constantFrom('author.example', 'news.author.example'),
  signatures: fc.array(fc.record({ domain, good: flag, counts: flag, hidden: flag }), { maxLength: 3 }),
  spf: fc.record({ domain, result: fc.constantFrom('pass', 'pass', 'fail', 'fail', 'softfail', 'none'), hidden: flag }),
  policy: fc.constantFrom('reject', 'reject', 'quarantine', 'none', null),
  chain: fc.option(fc.record({ good: flag, sealer: domain, says: fc.constantFrom('pass', 'pass', 'fail'), from: domain, hidden: flag })),
  names: fc.record({ all: fc.subarray(['mx.fwd.example', 'mx.esp.example', 'mx.other.example']), hidden: flag }),
  policyHidden: flag,
  /** What is taken for the policy while it is hidden. */
  guess: fc.constantFrom(null, 'none', 'reject'),
  ...{ client, header, trusted },
})
export type World = typeof world extends fc.Arbitrary<infer W> ? W : never
export const worlds: fc.Arbitrary<World> = world

/** `hiding`: as it looks while the hidden parts get no answer; else as it is. */
export function factsOf(w: World, hiding: boolean): Facts {
  const spf = spfOf(w, hiding)
  return {
    ...{ spf, evidence: evidenceOf(w, spf, hiding), header: w.header, client: w.client, trusted: w.trusted },
    author: { kind: 'one', address: `jo@${w.author}`, domain: w.author },
    sender: `jo@${w.spf.domain}`,
    recipients: ['key@ours.example'],
    machine: 'none',
    received: 0,
  }
}

const spfOf = (w: World, hiding: boolean): Spf => ({
  ...{ identity: 'mailfrom', domain: w.spf.domain, detail: '', queries: 1 },
  result: hiding && w.spf.hidden ? 'temperror' : w.spf.result,
})

/** Without the policy, or without knowing it, only the very domain is known to be aligned. */
function fits(w: World, other: string, hiding: boolean): boolean {
  if (w.policy === null || (hiding && w.policyHidden)) return other === w.author
  return other === organisation || other.endsWith(`.${organisation}`)
}

function evidenceOf(w: World, spf: Spf, hiding: boolean): MessageEvidence {
  const dkim = w.signatures.map(({ domain, good, counts, hidden }): DkimSignature => {
    const result = hiding && hidden ? 'temperror' : good ? 'pass' : 'fail'
    const aligned = result === 'pass' && counts && fits(w, domain, hiding)
    const rest = { selector: 's', algorithm: 'rsa-sha256', covers: ['from'], signed: null, expires: null, detail: '' }
    return { result, domain, counts, aligned, ...rest }
  })
  const spfAligned = spf.result === 'pass' && fits(w, spf.domain, hiding)
  const passes = spfAligned || dkim.some(({ aligned }) => aligned)
  const unknown = hiding && w.policyHidden
  const { names, chain } = w
  return {
    ...{ dkim, unchecked: 0, queries: 0 },
    dmarc: {
      result: unknown ? 'temperror' : w.policy === null ? 'none' : passes ? 'pass' : 'fail',
      policy: unknown ? w.guess : w.policy,
      domain: unknown || w.policy === null ? null : organisation,
      organisation: unknown || w.policy === null ? null : organisation,
      ...{ spfAligned, detail: '' },
    },
    arc: chain === null ? { result: 'none', instance: 0, sealer: null, dmarc: null, detail: '' } : arcOf(chain, hiding),
    names: hiding && names.hidden ? [] : names.all,
    ...(hiding && names.hidden ? { namesTemporary: true as const } : {}),
  }
}

function arcOf(chain: NonNullable<World['chain']>, hiding: boolean): MessageEvidence['arc'] {
  const { good, sealer, says, from, hidden } = chain
  const unknown = hiding && hidden
  const said = { instance: 1, sealer, dmarc: { result: says, from }, detail: '' }
  return unknown ? { ...said, result: 'fail', temporary: true } : { ...said, result: good ? 'pass' : 'fail' }
}
