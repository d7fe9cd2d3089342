/**
 * Unknown recipients refused a second: 50 sessions, stop and wait, limits off, beside Postfix with a hash map and
 * smtp-server with a Map, the same client for all (refuse.c); then what an attacker's network gets under the default limits.
 * `npm run bench:refuse -- [--rounds 3] [--seconds 3] [--sessions 50] [--only ours,postfix,smtp-server,default] [--folder DIRECTORY] [--quick]`
 */
import { execFile } from 'node:child_process'
import { parseArgs, promisify } from 'node:util'
import { compileProgram } from './lib/compile.ts'
import { median } from './lib/musts.ts'
import { untilIdle } from './lib/process.ts'
import { answersPerSecond, judgeRefusals, parseResult, type RefuseResult } from './lib/refuse-result.ts'
import { table, writeResult } from './lib/report.ts'
import { openScratch } from './lib/scratch.ts'
import { startUnknownRecipient } from './subjects/peers.ts'
import { startPostern } from './subjects/postern.ts'
import { startHashMap } from './subjects/postfix.ts'
import type { StartSubject, Subject } from './subjects/subject.ts'

const starters: Readonly<Record<string, StartSubject>> = {
  ours: startPostern({ protocol: 'smtp', limits: 'raised' }),
  postfix: startHashMap,
  'smtp-server': startUnknownRecipient,
  default: startPostern({ protocol: 'smtp', limits: 'default' }),
}

interface Options {
  readonly rounds: number
  readonly seconds: number
  readonly sessions: number
  readonly only: readonly string[]
  readonly folder: string | undefined
}

function readOptions(args: readonly string[]): Options {
  const word = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...args],
    options: { rounds: word, seconds: word, sessions: word, only: word, folder: word, quick: { type: 'boolean', default: false } },
  })
  const number = (name: 'rounds' | 'seconds' | 'sessions', usual: number) => {
    const n = Number(values[name] ?? usual)
    if (!(n > 0)) throw new Error(`--${name}: ${JSON.stringify(values[name])} is no positive number`)
    return n
  }
  const only = values.only?.split(',') ?? Object.keys(starters)
  for (const name of only)
    if (!(name in starters)) throw new Error(`--only: ${JSON.stringify(name)} is none of ${Object.keys(starters).join(', ')}`)
  return {
    rounds: number('rounds', values.quick ? 1 : 3),
    seconds: number('seconds', values.quick ? 1 : 3),
    sessions: number('sessions', 50),
    only,
    folder: values.folder,
  }
}

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

async function measureAll(program: string, options: Options, opened: ReadonlyMap<string, Subject>): Promise<Map<string, RefuseResult[]>> {
  const results = new Map<string, RefuseResult[]>([...opened.keys()].map(name => [name, []]))
  const fast = [...opened].filter(([name]) => name !== 'default')
  for (const [, subject] of fast) await guess(program, subject, { ...options, seconds: options.seconds / 2 })
  for (let round = 0; round < options.rounds; round++) {
    for (const [name, subject] of fast) results.get(name)!.push(await guess(program, subject, options))
  }
  const limited = opened.get('default')
  if (limited) results.get('default')!.push(await guess(program, limited, { ...options, seconds: attackSeconds(options.seconds) }))
  return results
}

function show(results: ReadonlyMap<string, readonly RefuseResult[]>, options: Options): boolean {
  const middle = (name: string, figure: (result: RefuseResult) => number) => median((results.get(name) ?? []).map(figure))
  const row = (name: string) => [
    name,
    ...[answersPerSecond, (r: RefuseResult) => r.busiest, (r: RefuseResult) => r.p50, (r: RefuseResult) => r.p99].map(figure =>
      Math.round(middle(name, figure)).toLocaleString('en'),
    ),
    ...[(r: RefuseResult) => r.connections, (r: RefuseResult) => r.cut].map(figure => String(Math.round(middle(name, figure)))),
  ]
  const rate = (key: string, name: string, figure = answersPerSecond) => (results.has(name) ? { [key]: middle(name, figure) } : {})
  const busiest = rate('attacker', 'default', r => r.busiest)
  const judged = judgeRefusals({ ...rate('ours', 'ours'), ...rate('postfix', 'postfix'), ...rate('smtpServer', 'smtp-server'), ...busiest })
  console.log(table(['subject', 'answers/s', 'busiest second', 'p50 µs', 'p99 µs', 'connections', '421'], [...results.keys()].map(row)))
  if (judged.length > 0) {
    console.log(
      `\n${table(
        ['what', 'reached', 'must', 'judgement'],
        judged.map(j => [j.what, j.reached.toFixed(2), j.must, j.judgement]),
      )}`,
    )
  }
  console.log(`\nwritten: ${writeResult('refuse', { options, results: Object.fromEntries(results), judgements: judged })}`)
  return judged.every(j => j.judgement !== 'fail')
}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  const scratch = openScratch(options.folder)
  const program = compileProgram('refuse', scratch.folder)
  const opened = new Map<string, Subject>()
  try {
    for (const name of options.only) opened.set(name, await starters[name]!({ folder: scratch.place(), environment: {} }))
    return show(await measureAll(program, options, opened), options) ? 0 : 1
  } finally {
    for (const subject of opened.values()) await subject.stop()
  }
}

// The exit handlers stop what runs and remove the folder; a signal alone would not call them.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(error)
  process.exitCode = 2
}
