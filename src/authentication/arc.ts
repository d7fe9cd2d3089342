/**
 * The ARC chain (RFC 8617) as mailauth verifies it, and what its newest set says. Whether a sealer is believed is not decided here.
 * Strict: a chain that breaks a rule fails, and a failed chain is no more than a missing one.
 */
import type { Arc } from '../policy/authentication/evidence.ts'
import { dmarcOf } from './arc-results.ts'
import { bounds } from './bounds.ts'
import { type ArcSet, formatDomain, type HeaderRow, verifyArc } from './mailauth.ts'
import { oneLine } from './text.ts'
import type { Verification } from './verifier.ts'

export const noArc: Arc = Object.freeze({ result: 'none', instance: 0, sealer: null, dmarc: null, detail: '' })

export interface ArcFacts {
  /** All ARC fields. */
  readonly rows: readonly HeaderRow[]
  /** Why no signature of this message can stand for its author (dkim.ts); '' where one can. */
  readonly whyNot: string
}

/**
 * To be called when the verification has ended. What keeps a DKIM signature from counting keeps a chain from passing: its newest
 * set is a signature too, and a sealed message with another From or Subject put on top is not what the sealer saw.
 */
export async function checkArc({ arc, keys }: Pick<Verification, 'arc' | 'keys'>, { rows, whyNot }: ArcFacts): Promise<Arc> {
  if (rows.length === 0) return noArc
  const { status } = await verifyArc(arc, { resolver: keys.resolver, minBitLength: bounds.leastBits, strict: true })
  const newest = arc.lastEntry
  if (newest === undefined) return { ...failed(rows), detail: oneLine(status.comment ?? 'not a chain') }
  const doubt = whyNot || (newest.messageSignature?.status.underSized ? 'l= stops short of the body' : '')
  const passed = status.result === 'pass' && doubt === ''
  const temporary = !passed && doubt === '' && keys.chainTemporary && isOpen(newest, status.comment)
  return {
    result: passed ? 'pass' : 'fail',
    instance: newest.i,
    sealer: sealerOf(newest['arc-seal'].parsed.d?.value),
    dmarc: dmarcOf(newest['arc-authentication-results'].original),
    ...(temporary ? { temporary: true } : {}),
    detail: passed ? '' : oneLine(doubt || status.comment || (temporary ? 'no answer from the DNS' : 'no usable key')),
  }
}

/** mailauth has no words for a key that could not be looked up, but has for whatever is wrong with the chain itself. */
const isOpen = ({ messageSignature }: ArcSet, comment: string | undefined): boolean =>
  comment === undefined || messageSignature?.status.result === 'temperror'

/** A chain that isn't verified. */
export const failed = (rows: readonly HeaderRow[]): Arc => ({ ...noArc, result: 'fail', instance: highest(rows) })

function highest(rows: readonly HeaderRow[]): number {
  return rows.reduce((most, { line }) => {
    const found = /[:;]\s{0,9}i\s{0,9}=\s{0,9}(\d{1,3})\b/.exec(line.toString('latin1', 0, 1000))
    return Math.max(most, Number(found?.[1] ?? 0))
  }, 0)
}

function sealerOf(value: string | number | undefined): string | null {
  const name = typeof value === 'string' && value.length <= 1000 ? formatDomain(value) : ''
  return /^[!-~]{1,253}$/.test(name) ? name : null
}
