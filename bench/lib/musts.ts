/**
 * What Postern must reach beside its peers, and what it aims at, as ratios taken inside one run: (a) smtp-server that
 * discards, (b) Postfix into its queue, (c) one flushed file a message. Pure: figures in, judgements out.
 */
export type Flush = 'real' | 'slowed'
export type Peer = 'a' | 'b' | 'c'

export interface Target {
  readonly size: string
  readonly sessions: number
  readonly flush: Flush
  readonly against: Peer
  readonly must: number
  readonly aim?: number
}

const small = { size: '2k', flush: 'real' } as const
const slowed = { size: '2k', flush: 'slowed', against: 'b' } as const

export const targets: readonly Target[] = [
  { ...small, sessions: 10, against: 'a', must: 0.35, aim: 0.5 },
  { ...small, sessions: 10, against: 'b', must: 3, aim: 4 },
  { ...small, sessions: 10, against: 'c', must: 1, aim: 1.3 },
  { ...small, sessions: 50, against: 'a', must: 0.45, aim: 0.6 },
  { ...small, sessions: 50, against: 'b', must: 4.5, aim: 6 },
  { ...small, sessions: 50, against: 'c', must: 1.2, aim: 2 },
  { ...slowed, sessions: 50, must: 3.5 },
  { ...slowed, sessions: 200, must: 5 },
  { size: '100k', flush: 'real', sessions: 10, against: 'a', must: 0.5 },
  { size: '5m', flush: 'real', sessions: 10, against: 'c', must: 0.8 },
]

/** With messages of 5 MB, ten at a time. */
export const peakMemoryMust = 250_000_000

export type Judgement = 'aim' | 'pass' | 'fail'

/** One figure of one subject: messages a second, the median over the rounds. */
export interface Cell {
  readonly subject: string
  readonly size: string
  readonly sessions: number
  readonly flush: Flush
  readonly rate: number
  /** Octets; 0 where it means nothing, as for a server of many processes. */
  readonly peakMemory: number
}

export interface Row {
  readonly subject: string
  readonly what: string
  readonly reached: number
  readonly must: number
  readonly aim: number | null
  readonly judgement: Judgement
}

const judge = (reached: number, { must, aim }: Target): Judgement => {
  if (reached < must) return 'fail'
  return aim === undefined || reached >= aim ? 'aim' : 'pass'
}

function ratios(ours: Cell, cells: readonly Cell[]): Row[] {
  const same = (x: { size: string; sessions: number; flush: Flush }) =>
    x.size === ours.size && x.sessions === ours.sessions && x.flush === ours.flush
  return targets.filter(same).flatMap(target => {
    const peer = cells.find(cell => cell.subject === target.against && same(cell))
    if (peer === undefined) return []
    const reached = ours.rate / peer.rate
    const what = `${ours.size} s${ours.sessions} ${ours.flush} / (${target.against})`
    return [{ subject: ours.subject, what, reached, must: target.must, aim: target.aim ?? null, judgement: judge(reached, target) }]
  })
}

function memory(ours: Cell): Row[] {
  if (ours.size !== '5m' || ours.sessions !== 10 || ours.flush !== 'real') return []
  const judgement = ours.peakMemory > 0 && ours.peakMemory <= peakMemoryMust ? 'aim' : 'fail'
  return [
    {
      subject: ours.subject,
      what: '5m s10 peak RSS, MB (at most)',
      reached: ours.peakMemory / 1e6,
      must: peakMemoryMust / 1e6,
      aim: null,
      judgement,
    },
  ]
}

/** A row for each must that the measured cells allow to judge. A cell that was not measured gives none. */
export const judgeAll = (cells: readonly Cell[]): readonly Row[] =>
  cells.filter(cell => cell.subject.startsWith('ours')).flatMap(cell => [...ratios(cell, cells), ...memory(cell)])

/** The middle one; the mean of the two middle ones of an even number. NaN of none. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((x, y) => x - y)
  const half = sorted.length / 2
  return (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2
}
