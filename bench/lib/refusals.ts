/**
 * Unknown recipients refused a second with the limits off, beside Postfix with a hash map and smtp-server with a Map, the same
 * client for all (refuse.c); then what an attacker's network gets under the default limits.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { startUnknownRecipient } from '../subjects/peers.ts'
import { startPostern } from '../subjects/postern.ts'
import { startHashMap } from '../subjects/postfix.ts'
import type { StartSubject, Subject } from '../subjects/subject.ts'
import { median } from './musts.ts'
import { untilIdle } from './process.ts'
import type { RefuseOptions } from './refuse-options.ts'
import { answersPerSecond, judgeRefusals, parseResult, type RefuseResult, type RefuseRow } from './refuse-result.ts'
import { progress, table } from './report.ts'
import type { Scratch } from './scratch.ts'

export const refusers: Readonly<Record<string, StartSubject>> = {
  ours: startPostern({ protocol: 'smtp', limits: 'raised' }),
  postfix: startHashMap,
  'smtp-server': startUnknownRecipient,
  default: startPostern({ protocol: 'smtp', limits: 'default' }),
}

export type RefuseResults = ReadonlyMap<string, readonly RefuseResult[]>

/** Six characters shortly before the @ are replaced by the client: a signed key keeps its form, and its tag has to be computed. */
function addressAround(recipient: string): readonly [string, string] {
  const at = recipient.indexOf('@')
  if (at > 40) return [recipient.slice(0, at - 7), recipient.slice(at - 1)]
  return [`${recipient.slice(0, at)}-`, recipient.slice(at)]
}

async function guess(
  program: string,
  subject: Subject,
  { sessions, seconds }: { sessions: number; seconds: number },
): Promise<RefuseResult> {
  const args = [String(subject.port), String(sessions), String(seconds), ...addressAround(subject.recipient)]
  const { stdout } = await promisify(execFile)(program, args, { timeout: seconds * 1_000 + 30_000 })
  const result = parseResult(stdout)
  if (result.accepted > 0) throw new Error(`${result.accepted} guessed recipients were accepted`)
  await untilIdle(subject.processes)
  return result
}

/** An attack on the default limits lasts longer than one bucket: what is given out at first must not hide what follows. */
const attackSeconds = (seconds: number) => Math.max(10, seconds)

async function measureAll(program: string, options: RefuseOptions, opened: ReadonlyMap<string, Subject>): Promise<RefuseResults> {
  const results = new Map<string, RefuseResult[]>([...opened.keys()].map(name => [name, []]))
  const fast = [...opened].filter(([name]) => name !== 'default')
  for (const [, subject] of fast) await guess(program, subject, { ...options, seconds: options.seconds / 2 })
  for (let round = 0; round < options.rounds; round++) {
    progress(`refusals, round ${round + 1} of ${options.rounds}`)
    for (const [name, subject] of fast) results.get(name)!.push(await guess(program, subject, options))
  }
  const limited = opened.get('default')
  if (limited === undefined) return results
  progress('refusals, default limits')
  results.get('default')!.push(await guess(program, limited, { ...options, seconds: attackSeconds(options.seconds) }))
  return results
}

/** Starts what is wanted of `refusers`, measures it and stops it. */
export async function measureRefusals(program: string, options: RefuseOptions, scratch: Scratch): Promise<RefuseResults> {
  const opened = new Map<string, Subject>()
  try {
    for (const name of options.only) {
      const start = refusers[name]
      if (start !== undefined) opened.set(name, await start({ folder: scratch.place(), environment: {} }))
    }
    return await measureAll(program, options, opened)
  } finally {
    for (const subject of opened.values()) await subject.stop()
  }
}

const middle = (results: RefuseResults, name: string, figure: (result: RefuseResult) => number) =>
  median((results.get(name) ?? []).map(figure))

export function showRefusals(results: RefuseResults): string {
  const figures = [answersPerSecond, (r: RefuseResult) => r.busiest, (r: RefuseResult) => r.p50, (r: RefuseResult) => r.p99].concat([
    r => r.connections,
    r => r.cut,
  ])
  const row = (name: string) => [name, ...figures.map(figure => Math.round(middle(results, name, figure)).toLocaleString('en'))]
  return table(['refusals', 'answers/s', 'busiest second', 'p50 µs', 'p99 µs', 'connections', '421'], [...results.keys()].map(row))
}

export function judgeAllRefusals(results: RefuseResults): readonly RefuseRow[] {
  const rate = (key: string, name: string, figure = answersPerSecond) => (results.has(name) ? { [key]: middle(results, name, figure) } : {})
  const busiest = rate('attacker', 'default', r => r.busiest)
  return judgeRefusals({ ...rate('ours', 'ours'), ...rate('postfix', 'postfix'), ...rate('smtpServer', 'smtp-server'), ...busiest })
}
