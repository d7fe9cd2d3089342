/** Decisions as a table, and judged. Pure: what was measured in, text and judgements out. */
import { type DecideResult, decisionsPerSecond } from './decide.ts'
import { type DecisionCell, judgeDecisions } from './decision-goals.ts'
import type { Asked, DecisionRun, Decisions } from './decisions.ts'
import { median } from './musts.ts'
import type { RefuseRow } from './refuse-result.ts'
import { table } from './report.ts'

const middle = (runs: readonly DecisionRun[], figure: (run: DecisionRun) => number): number => median(runs.map(figure))
const isPostfix = ({ kind }: Asked): boolean => /^(?:map|policy|both)-/.test(kind)
const whole = (n: number): string => Math.round(n).toLocaleString('en')

export function showDecisions({ asked, starts }: Decisions): string {
  const row = ({ name, kind, door, busy, alone }: Asked) => [
    name === kind ? `Postfix ${name}` : `${kind}, ${door}`,
    ...[decisionsPerSecond, (r: DecideResult) => r.p50, (r: DecideResult) => r.p99].map(figure => whole(middle(busy, figure))),
    ...[alone.p50, alone.p99].map(whole),
    middle(busy, run => run.server).toFixed(1),
    `${Math.round(middle(busy, run => run.client) * 100)} %`,
    whole(middle(busy, run => run.deferred)),
  ]
  const head = ['decisions', 'answers/s', 'p50 µs', 'p99 µs', 'alone p50', 'alone p99', 'CPU µs each', 'client', 'deferred']
  const memory = starts.map(({ kind, ready, readyMemory, peakMemory }) => [
    kind,
    median(ready).toFixed(2),
    (readyMemory / 1e6).toFixed(0),
    (peakMemory / 1e6).toFixed(0),
  ])
  return `${table(head, asked.map(row))}\n\n${table(['Postern with', 'ready s', 'RSS when ready, MB', 'peak RSS after all doors, MB'], memory)}`
}

export function judgeAllDecisions({ asked, starts }: Decisions): readonly RefuseRow[] {
  const cells = asked
    .filter(each => !isPostfix(each))
    .map(
      ({ kind, door, busy }): DecisionCell => ({
        kind,
        door,
        rate: middle(busy, decisionsPerSecond),
        p99: middle(busy, run => run.p99),
      }),
    )
  const behindPostfix = Object.fromEntries(asked.filter(isPostfix).map(({ name, busy }) => [name, middle(busy, decisionsPerSecond)]))
  const million = starts.find(({ kind }) => kind === 'file-1m')
  const deferred = asked.reduce((sum, { busy, alone }) => sum + [...busy, alone].reduce((all, run) => all + run.deferred, 0), 0)
  return [
    ...judgeDecisions({ cells, behindPostfix, million: million && { ready: median(million.ready), readyMemory: million.readyMemory } }),
    { what: 'answers that were deferred', reached: deferred, must: '≤ 0', judgement: deferred === 0 ? 'aim' : 'fail' },
  ]
}
