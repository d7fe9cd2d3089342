/**
 * How fast recipients are answered, in one run: unknown ones refused a second; decisions through each door and with each kind
 * of key; and Postfix with its own maps beside Postfix that asks us.
 * `npm run bench:refuse -- [--rounds 3] [--seconds 2] [--sessions 50] [--only NAME,…] [--folder DIRECTORY] [--quick]`; NAME is one
 * of lib/refuse-options.ts: a group (refusals, decisions, postfix-maps) or one subject of it.
 */
import { compileProgram } from './lib/compile.ts'
import { type Decisions, measureDecisions } from './lib/decisions.ts'
import { judgeAllRefusals, measureRefusals, type RefuseResults, showRefusals } from './lib/refusals.ts'
import { type RefuseOptions, refuseOptions, subjects } from './lib/refuse-options.ts'
import type { RefuseRow } from './lib/refuse-result.ts'
import { table, writeResult } from './lib/report.ts'
import { openScratch } from './lib/scratch.ts'
import { judgeAllDecisions, showDecisions } from './lib/show-decisions.ts'

const showGoals = (rows: readonly RefuseRow[]): string =>
  table(
    ['goal', 'reached', 'must', ''],
    rows.map(({ what, reached, must, judgement }) => [what, reached.toFixed(2), must, judgement === 'fail' ? 'not met' : 'met']),
  )

interface Measured {
  readonly refusals: RefuseResults | null
  readonly decisions: Decisions | null
}

async function measure(options: RefuseOptions): Promise<Measured> {
  const scratch = openScratch(options.folder)
  const [guessing, asking] = ['refuse', 'decide'].map(name => compileProgram(name, scratch.folder)) as [string, string]
  const wanted = (group: readonly string[]) => options.only.some(name => group.includes(name))
  const refusals = wanted(subjects.refusals) ? await measureRefusals(guessing, options, scratch) : null
  const isAsked = wanted(subjects.decisions) || wanted(subjects['postfix-maps'])
  return { refusals, decisions: isAsked ? await measureDecisions(asking, options, scratch) : null }
}

function report(options: RefuseOptions, { refusals, decisions }: Measured): boolean {
  const goals = [...(refusals === null ? [] : judgeAllRefusals(refusals)), ...(decisions === null ? [] : judgeAllDecisions(decisions))]
  const texts = [refusals && showRefusals(refusals), decisions && showDecisions(decisions), showGoals(goals)]
  console.log(texts.filter(text => text !== null).join('\n\n'))
  const results = { results: Object.fromEntries(refusals ?? []), decisions, judgements: goals }
  console.log(`\nwritten: ${writeResult('refuse', { options, ...results })}`)
  return goals.every(goal => goal.judgement !== 'fail')
}

// Each server that is started adds one.
process.setMaxListeners(100)
// The exit handlers stop what runs and remove the folder; a signal alone would not call them.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
try {
  const options = refuseOptions(process.argv.slice(2))
  process.exitCode = report(options, await measure(options)) ? 0 : 1
} catch (error) {
  console.error(error)
  process.exitCode = 2
}
