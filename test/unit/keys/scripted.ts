/** Verifiers that answer by a table and note who was asked, and questions that are answered when the test says so. */
import type { KeyCheck, KeyQuery, KeyVerifier } from '../../../src/transaction/ports.ts'
import { queryFor } from '../../support/key-query.ts'

export const query = (key: string, more: Partial<KeyQuery> = {}): KeyQuery => queryFor(key, 0, more)

export const valid = (claims: Extract<KeyCheck, { kind: 'valid' }>['claims'] = {}): KeyCheck => ({ kind: 'valid', claims })
export const unknown: KeyCheck = { kind: 'unknown' }
export const revoked: KeyCheck = { kind: 'revoked' }
export const expired = (at: number): KeyCheck => ({ kind: 'expired', expired: at })
export const down: KeyCheck = { kind: 'unavailable', cause: 'the store is down' }

export interface Scripted extends KeyVerifier {
  /** The keys asked about, in order. */
  readonly asked: string[]
}

/** Always `answer`, or by key with everything else unknown. */
export function says(answer: KeyCheck | Readonly<Record<string, KeyCheck>>, more: Partial<KeyVerifier> = {}): Scripted {
  const asked: string[] = []
  const answerTo = (key: string): KeyCheck =>
    'kind' in answer ? (answer as KeyCheck) : ((answer as Record<string, KeyCheck>)[key] ?? unknown)
  return {
    asked,
    verify({ key }) {
      asked.push(key)
      return answerTo(key)
    },
    ...more,
  }
}

export interface Slow extends KeyVerifier {
  readonly open: { readonly query: KeyQuery; answer(check: KeyCheck): void; fail(error: Error): void }[]
}

/** Every question waits in `open`. */
export function slow(): Slow {
  const open: Slow['open'] = []
  return {
    open,
    verify: asked =>
      new Promise<KeyCheck>((resolve, reject) => {
        open.push({ query: asked, answer: resolve, fail: reject })
      }),
  }
}
