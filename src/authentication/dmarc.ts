/**
 * DMARC (RFC 9989) as mailauth evaluates it, asked only about signatures and SPF results that may stand for the author, and about
 * the one author that our own parser found. Without exactly one author there is nothing to evaluate. Strict: a record that breaks
 * the rules of tag lists is no record, and then nobody's mail fails by it.
 */
import type { Author } from '../mail/author.ts'
import type { DkimSignature, Dmarc, Spf } from '../policy/authentication/evidence.ts'
import type { Lookups, Watched } from './lookups.ts'
import { type DmarcAnswer, evaluateDmarc, formatDomain } from './mailauth.ts'
import { oneLine } from './text.ts'

export interface DmarcFacts {
  readonly author: Author
  readonly dkim: readonly DkimSignature[]
  readonly spf: Spf
}

export interface Evaluated {
  readonly dmarc: Dmarc
  /** With `aligned` as it is. */
  readonly dkim: readonly DkimSignature[]
}

export async function checkDmarc({ author, dkim, spf }: DmarcFacts, lookups: Lookups): Promise<Evaluated> {
  if (author.kind !== 'one') return { dmarc: withoutAuthor(author), dkim }
  const good = dkim.filter(({ result, counts, domain }) => result === 'pass' && counts && domain !== '')
  const spfDomain = spf.result === 'pass' ? spf.domain : ''
  const watched = lookups.watched()
  const answer = await evaluateDmarc({
    headerFrom: [author.domain],
    fromFields: 1,
    spfDomains: spfDomain === '' ? [] : [{ domain: spfDomain }],
    dkimDomains: good.map(({ domain }) => ({ domain })),
    resolver: watched.resolve,
    strict: true,
  })
  // An equal domain is aligned whatever the record says, and where there is none.
  const isAligned = (domain: string): boolean => domain === author.domain || answer.dkimAligned?.has(domain) === true
  return {
    dmarc: { ...describe(answer, watched), spfAligned: spfDomain !== '' && (spfDomain === author.domain || isSpfAligned(answer)) },
    dkim: dkim.map(signature => (good.includes(signature) ? { ...signature, aligned: isAligned(signature.domain) } : signature)),
  }
}

/** Asks for all that the author's tree walk (RFC 9989 4.10) may need while the body is still being read. */
export function askAhead(author: Author, lookups: Lookups): void {
  if (author.kind !== 'one' || author.domain.startsWith('[')) return
  for (let labels = author.domain.split('.'); labels.length > 0; ) {
    lookups.ahead(`_dmarc.${labels.join('.')}`, 'TXT')
    labels = labels.length > 7 ? labels.slice(-7) : labels.slice(1)
  }
}

const isSpfAligned = ({ response }: DmarcAnswer): boolean => response !== false && response.alignment?.spf.result !== undefined

const nothing = { policy: null, domain: null, organisation: null, spfAligned: false } as const

function withoutAuthor(author: Exclude<Author, { kind: 'one' }>): Dmarc {
  const why = { none: 'no author', several: 'more than one author', malformed: 'From is no address' }
  return { ...nothing, result: 'none', detail: why[author.kind] }
}

function describe({ response, reason }: DmarcAnswer, { exhausted }: Watched): Dmarc {
  if (response === false) return { ...nothing, result: 'none', detail: oneLine(reason ?? '') }
  const { status, error, policyDomain } = response
  const result = resultOf(status.result, exhausted)
  const found = policyDomain !== undefined
  return {
    result,
    policy: policyOf(response.policy),
    domain: found ? formatDomain(policyDomain) : null,
    organisation: isOrganisationKnown(response) ? formatDomain(response.domain ?? '') : null,
    spfAligned: false,
    detail: oneLine([status.comment ?? '', error ?? ''].filter(text => text !== '').join('; ')),
  }
}

/** mailauth puts the author's own domain where the walk failed. */
const isOrganisationKnown = ({ status, domain, policyDomain, orgRecord }: Exclude<DmarcAnswer['response'], false>): boolean =>
  domain !== undefined && (policyDomain === undefined ? status.result === 'none' : orgRecord !== null)

function resultOf(result: string, exhausted: boolean): Dmarc['result'] {
  if (result === 'pass' || result === 'fail' || result === 'none') return result
  return exhausted ? 'permerror' : 'temperror'
}

const policyOf = (policy: string | undefined): Dmarc['policy'] =>
  policy === 'reject' || policy === 'quarantine' || policy === 'none' ? policy : null
