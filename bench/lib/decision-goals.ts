/**
 * What decisions must reach: beside Postfix's own maps in the same run, in time, and with a million keys in a file. Pure:
 * figures in, judgements out. What was not measured gives no row.
 */
import type { RefuseRow } from './refuse-result.ts'

/** Medians over the rounds, with all connections busy. Times in microseconds. */
export interface DecisionCell {
  readonly kind: string
  readonly door: string
  readonly rate: number
  readonly p99: number
}

export interface DecisionFigures {
  readonly cells: readonly DecisionCell[]
  /** Answers to RCPT a second of a Postfix, by the name of the subject. */
  readonly behindPostfix: Readonly<Record<string, number>>
  /** The process with a million keys: seconds from its start until its doors are open, and the most memory it had held by then. */
  readonly million?: { readonly ready: number; readonly readyMemory: number } | undefined
}

const beside: readonly (readonly [ours: string, theirs: string, must: number])[] = [
  ['map-signed', 'map-hash', 0.8],
  ['map-file-1m', 'map-hash', 0.8],
  ['map-sql', 'map-pgsql', 1],
]

/** Milliseconds. */
const longest: Readonly<Record<string, number>> = { signed: 2, 'file-1': 2, 'file-1m': 2, redis: 10, sql: 10 }

const least = (what: string, reached: number, must: number): RefuseRow => ({
  what,
  reached,
  must: `≥ ${must}`,
  judgement: reached >= must ? 'aim' : 'fail',
})

const most = (what: string, reached: number, must: number): RefuseRow => ({
  what,
  reached,
  must: `≤ ${must}`,
  judgement: reached <= must ? 'aim' : 'fail',
})

function besidePostfix(rates: Readonly<Record<string, number>>): RefuseRow[] {
  return beside.flatMap(([ours, theirs, must]) => {
    const [reached, peer] = [rates[ours], rates[theirs]]
    return reached === undefined || peer === undefined ? [] : [least(`Postfix ${ours} / ${theirs}`, reached / peer, must)]
  })
}

/** The worst door of each kind counts. */
function inTime(cells: readonly DecisionCell[]): RefuseRow[] {
  return Object.entries(longest).flatMap(([kind, must]) => {
    const worst = cells.filter(cell => cell.kind === kind).toSorted((x, y) => y.p99 - x.p99)[0]
    return worst === undefined ? [] : [most(`p99 under load, ms: ${kind} (worst: ${worst.door})`, worst.p99 / 1_000, must)]
  })
}

function asFastAsOne(cells: readonly DecisionCell[]): RefuseRow[] {
  const ratios = cells
    .filter(cell => cell.kind === 'file-1m')
    .flatMap(({ door, rate }) => {
      const one = cells.find(cell => cell.kind === 'file-1' && cell.door === door)
      return one === undefined ? [] : [{ door, ratio: rate / one.rate }]
    })
    .toSorted((x, y) => x.ratio - y.ratio)
  return ratios[0] === undefined ? [] : [least(`decisions, 1,000,000 file keys / 1 (worst: ${ratios[0].door})`, ratios[0].ratio, 0.8)]
}

export function judgeDecisions({ cells, behindPostfix, million }: DecisionFigures): readonly RefuseRow[] {
  const rows = [...besidePostfix(behindPostfix), ...inTime(cells), ...asFastAsOne(cells)]
  if (million === undefined) return rows
  return [
    ...rows,
    most('1,000,000 file keys: ready after s', million.ready, 3),
    most('1,000,000 file keys: RSS when ready, MB', million.readyMemory / 1e6, 200),
  ]
}
