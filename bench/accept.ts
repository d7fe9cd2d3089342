/**
 * Messages accepted a second: Postern's LMTP and SMTP with the default durable spool, beside its peers in the same run.
 * `npm run bench:accept -- --help`. Subjects are interleaved round by round; figures are medians and are only to be compared
 * inside one run (docs/performance.md). Ends with status 1 where a must is missed, and fails where a message is.
 */
import { type AcceptOptions, acceptOptions, type Size, type SubjectName, sizes, usage, WrongUsage } from './lib/accept-options.ts'
import { slowFlush } from './lib/compile.ts'
import { type Measured, type Measurement, measured } from './lib/measure.ts'
import { type Cell, type Flush, judgeAll, median } from './lib/musts.ts'
import { allLoaded, peakMemory } from './lib/process.ts'
import { table, writeResult } from './lib/report.ts'
import { openScratch, type Scratch } from './lib/scratch.ts'
import { startDiscard, startFilePerMessage } from './subjects/peers.ts'
import { startPostern } from './subjects/postern.ts'
import { startQueueing } from './subjects/postfix.ts'
import type { StartSubject } from './subjects/subject.ts'

const starters: Record<SubjectName, StartSubject> = {
  'ours-lmtp': startPostern({ protocol: 'lmtp', limits: 'raised' }),
  'ours-smtp': startPostern({ protocol: 'smtp', limits: 'raised' }),
  a: startDiscard,
  b: startQueueing,
  c: startFilePerMessage,
}

interface Run {
  readonly options: AcceptOptions
  readonly scratch: Scratch
  readonly environment: Readonly<Record<string, string>>
  readonly flush: Flush
}

interface Figure extends Cell {
  readonly rounds: readonly number[]
  readonly processor: number
}

type Opened = { readonly name: SubjectName; readonly folder: string; readonly measured: Measured }

async function openAll({ options, scratch, environment }: Run): Promise<readonly Opened[]> {
  const opened: Opened[] = []
  try {
    for (const name of options.only) {
      const folder = scratch.place()
      const subject = await starters[name]({ folder, environment })
      opened.push({ name, folder, measured: measured(name, subject, { seconds: options.seconds }) })
    }
  } catch (error) {
    await closeAll(opened, scratch)
    throw error
  }
  return opened
}

async function closeAll(opened: readonly Opened[], scratch: Scratch): Promise<void> {
  for (const { folder, measured } of opened) {
    await measured.subject.stop()
    scratch.remove(folder)
  }
}

/** All subjects with one size and one number of sessions, round after round. */
async function measureCell(
  run: Run,
  opened: readonly Opened[],
  { size, sessions }: { size: Size; sessions: number },
): Promise<readonly Figure[]> {
  for (const { measured } of opened) await measured.warm(sessions, sizes[size])
  const results = new Map<SubjectName, Measurement[]>(opened.map(({ name }) => [name, []]))
  for (let round = 0; round < run.options.rounds; round++) {
    for (const { name, measured } of opened) results.get(name)!.push(await measured.measure(sessions, sizes[size]))
  }
  return opened.map(({ name, measured }) => {
    const rounds = results.get(name)!.map(result => result.rate)
    const processes = measured.subject.processes()
    const peak = processes.length === 1 ? peakMemory(processes) : 0
    const processor = median(results.get(name)!.map(result => result.processor))
    return { subject: name, size, sessions, flush: run.flush, rate: median(rounds), rounds, processor, peakMemory: peak }
  })
}

/** Fresh servers for each size, so that the peak of memory belongs to it and the disk is given back. */
async function measureSize(run: Run, size: Size): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  const opened = await openAll(run)
  try {
    for (const sessions of size === '5m' ? [10] : run.options.sessions) {
      const cell = await measureCell(run, opened, { size, sessions })
      figures.push(...cell)
      console.error(`${run.flush} ${size} s${sessions}: ${cell.map(({ subject, rate }) => `${subject} ${Math.round(rate)}/s`).join('  ')}`)
    }
    for (const { name, measured } of opened) {
      await measured.verify()
      const slowed = allLoaded(measured.subject.processes(), 'slow-flush.so')
      if (slowed !== (run.flush === 'slowed')) throw new Error(`${name}: the slower flush is ${slowed ? '' : 'not '}loaded`)
    }
  } finally {
    await closeAll(opened, run.scratch)
  }
  return figures
}

const figureRow = ({ flush, size, sessions, subject, rate, processor, peakMemory }: Figure) => [
  `${flush} ${size} s${sessions}`,
  subject,
  Math.round(rate).toLocaleString('en'),
  ((rate * sizes[size as Size]) / 1e6).toFixed(1),
  (processor * 1_000).toFixed(0),
  peakMemory === 0 ? '-' : (peakMemory / 1e6).toFixed(0),
]

function show(figures: readonly Figure[], options: AcceptOptions): boolean {
  const rows = judgeAll(figures)
  console.log(table(['flush, size, sessions', 'subject', 'messages/s', 'MB/s', 'CPU µs each', 'peak RSS MB'], figures.map(figureRow)))
  if (rows.length > 0) {
    const lines = rows.map(row => [
      row.what,
      row.subject,
      row.reached.toFixed(2),
      String(row.must),
      row.aim === null ? '-' : String(row.aim),
      row.judgement,
    ])
    console.log(`\n${table(['ratio', 'subject', 'reached', 'must', 'aim', 'judgement'], lines)}`)
  }
  console.log(`\nwritten: ${writeResult('accept', { options, figures, judgements: rows })}`)
  return rows.every(row => row.judgement !== 'fail')
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    console.log(usage)
    return 0
  }
  const options = acceptOptions(args)
  const scratch = openScratch(options.folder)
  const slower = options.flushes.includes('slowed') ? slowFlush(scratch.folder) : {}
  const figures: Figure[] = []
  for (const flush of options.flushes) {
    const environment = flush === 'slowed' ? slower : {}
    for (const size of options.sizes) figures.push(...(await measureSize({ options, scratch, environment, flush }, size)))
  }
  return show(figures, options) ? 0 : 1
}

// The exit handlers stop what runs and remove the folder; a signal alone would not call them.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof WrongUsage ? `${error.message}\n\n${usage}` : error)
  process.exitCode = error instanceof WrongUsage ? 64 : 2
}
