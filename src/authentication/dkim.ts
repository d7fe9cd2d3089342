/**
 * What mailauth found of each DKIM signature, as evidence (RFC 6376, RFC 8301). Whether it counts for the author is decided here:
 * a signature may be good and yet say nothing of what people are shown.
 */
import type { DkimSignature } from '../policy/authentication/evidence.ts'
import { bounds } from './bounds.ts'
import { isExhausted } from './lookups.ts'
import { formatDomain, type HeaderRow, type SignatureField, type SignatureResult } from './mailauth.ts'
import { oneLine } from './text.ts'
import { tooManyNames } from './verifier.ts'

/** Why no signature of this message can stand for its author; '' where one can. */
export function whyNoneCounts(rows: readonly HeaderRow[], facts: { readonly subjects: number; readonly wellFormed: boolean }): string {
  if (!facts.wellFormed) return 'the header section has a line that is no field'
  const count = (name: string): number => rows.reduce((sum, { key }) => (key === name ? sum + 1 : sum), 0)
  if (count('from') !== 1) return 'not exactly one From field'
  return Math.max(facts.subjects, count('subject')) > 1 ? 'more than one Subject field' : ''
}

/** `aligned` is left to dmarc.ts. */
export function describeSignature(field: SignatureField, { status }: SignatureResult, whyNot: string): DkimSignature {
  const covers = namesIn(String(field.parsed.h?.value ?? ''))
  const doubt = whyNot || (covers.includes('from') ? '' : 'From is not signed') || (status.underSized ? 'l= stops short of the body' : '')
  const detail = [status.comment ?? '', status.policy?.['dkim-rules'] ?? '', status.testing ? 'testing' : '', doubt]
  return {
    result: resultOf(status),
    domain: nameOf(field.signingDomain),
    selector: nameOf(field.selector),
    algorithm: oneLine(field.algorithm ?? '').slice(0, 40),
    counts: doubt === '',
    aligned: false,
    covers: covers.slice(0, bounds.told),
    signed: instant(field.timestamp),
    expires: instant(field.expiration),
    detail: oneLine(detail.filter(text => text !== '').join('; ')),
  }
}

const results: readonly string[] = ['pass', 'fail', 'neutral', 'policy', 'temperror', 'permerror']

function resultOf({ result, comment = '' }: SignatureResult['status']): DkimSignature['result'] {
  if (comment === tooManyNames) return 'permerror'
  if (result === 'temperror' && isExhausted(comment.slice(comment.lastIndexOf(' ') + 1))) return 'permerror'
  return results.includes(result) ? (result as DkimSignature['result']) : 'neutral'
}

/** A signature that isn't looked into. */
export const unread = (detail: string): DkimSignature => ({
  result: 'permerror',
  domain: '',
  selector: '',
  algorithm: '',
  counts: false,
  aligned: false,
  covers: [],
  signed: null,
  expires: null,
  detail: oneLine(detail),
})

function namesIn(list: string): string[] {
  const names = new Set<string>()
  for (const name of list.split(':')) {
    const clean = name.trim().toLowerCase()
    if (/^[\x21-\x39\x3b-\x7e]{1,100}$/.test(clean)) names.add(clean)
  }
  return [...names]
}

/** A domain or selector as it is looked up; '' where it can't be one. */
function nameOf(text = ''): string {
  if (text.length > 1000) return ''
  const name = formatDomain(text)
  return /^[!-~]{1,253}$/.test(name) ? name : ''
}

function instant(date: Date | null | undefined): number | null {
  const time = date?.getTime() ?? Number.NaN
  return Number.isNaN(time) ? null : time
}
