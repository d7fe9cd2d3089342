/**
 * What the guessing client (refuse.c) reports, and how it is judged: at least 2.4 × Postfix and as fast as smtp-server allows with
 * the limits off; next to nothing with the default ones. Pure: text in, judgements out.
 */
import type { Judgement } from './musts.ts'

/** One run of refuse.c. Answers are replies to RCPT; times in microseconds. */
export interface RefuseResult {
  readonly seconds: number
  readonly refused: number
  readonly deferred: number
  readonly accepted: number
  /** 421 to any command, or instead of a greeting. */
  readonly cut: number
  readonly closed: number
  readonly connections: number
  /** Answers in the busiest second. */
  readonly busiest: number
  readonly p50: number
  readonly p99: number
}

const fields = ['seconds', 'refused', 'deferred', 'accepted', 'cut', 'closed', 'connections', 'busiest', 'p50', 'p99'] as const

/** Throws where `text` is not what refuse.c prints. */
export function parseResult(text: string): RefuseResult {
  const value: unknown = JSON.parse(text)
  for (const field of fields) {
    if (typeof (value as Record<string, unknown> | null)?.[field] !== 'number')
      throw new Error(`refuse.c: no number ${field} in ${text.trim()}`)
  }
  return value as RefuseResult
}

/** Answers to RCPT a second, over the whole run. */
export const answersPerSecond = (result: RefuseResult): number => (result.refused + result.deferred + result.accepted) / result.seconds

export interface RefuseRow {
  readonly what: string
  readonly reached: number
  readonly must: string
  readonly judgement: Judgement
}

export interface RefuseRates {
  readonly ours: number
  readonly postfix: number
  readonly smtpServer: number
  /** Under the default limits: answers in the busiest second. */
  readonly attacker: number
}

const row = (what: string, reached: number, [must, met]: readonly [string, boolean]): RefuseRow => ({
  what,
  reached,
  must,
  judgement: met ? 'aim' : 'fail',
})

/** A row for each must that was measured. The figure of 30,000/s belongs to a machine where smtp-server does 47,000/s: so it is taken as a ratio. */
export function judgeRefusals({ ours, postfix, smtpServer, attacker }: Partial<RefuseRates>): readonly RefuseRow[] {
  const rows: RefuseRow[] = []
  if (ours !== undefined && postfix !== undefined) rows.push(row('ours / Postfix', ours / postfix, ['≥ 2.4', ours / postfix >= 2.4]))
  if (ours !== undefined && smtpServer !== undefined)
    rows.push(row('ours / smtp-server', ours / smtpServer, ['≥ 0.64', ours / smtpServer >= 30 / 47]))
  if (attacker !== undefined) rows.push(row('answers in a second, default limits', attacker, ['≤ 200', attacker <= 200]))
  return rows
}
