/**
 * Messages a second that are verified and then kept: Postern (SPF, DKIM, DMARC, ARC; flushed before its 250) beside Postfix with
 * OpenDKIM (DKIM alone, into its queue) and both without any check, in one run; and the workers by themselves, one and two.
 * `npm run bench:authenticate -- [--rounds 3] [--seconds 2] [--sessions 10,50] [--folder DIRECTORY] [--quick]`. Ends with status 1
 * where a goal is missed.
 */
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { startDns } from '../test/support/dns.ts'
import { measurePool } from './lib/authenticate-pool.ts'
import { type Measured, measured } from './lib/measure.ts'
import { median } from './lib/musts.ts'
import { progress, table, writeResult } from './lib/report.ts'
import { openScratch } from './lib/scratch.ts'
import { publicKeyName, signedMessage } from './lib/signed-message.ts'
import { startFiltered } from './subjects/opendkim.ts'
import { startQueueing } from './subjects/postfix.ts'
import type { StartSubject } from './subjects/subject.ts'
import { startVerifying } from './subjects/verifying.ts'

const words = { rounds: { type: 'string' }, seconds: { type: 'string' }, sessions: { type: 'string' }, folder: { type: 'string' } } as const

interface Options {
  readonly rounds: number
  readonly seconds: number
  readonly sessions: readonly number[]
  readonly folder: string | undefined
}

function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({ args: [...args], options: { ...words, quick: { type: 'boolean', default: false } } })
  const number = (name: string, text: string): number => {
    const n = Number(text)
    if (!(n > 0) || n > 10_000) throw new Error(`--${name}: ${JSON.stringify(text)} is no number over 0 up to 10000`)
    return n
  }
  return {
    rounds: number('rounds', values.rounds ?? (values.quick ? '1' : '3')),
    seconds: number('seconds', values.seconds ?? (values.quick ? '1' : '2')),
    sessions: (values.sessions ?? '10,50').split(',').map(text => number('sessions', text)),
    folder: values.folder,
  }
}

interface Row {
  readonly sessions: number
  readonly subject: string
  readonly rate: number
  readonly rounds: readonly number[]
  readonly processor: number
}

async function measureAll(options: Options, opened: ReadonlyMap<string, Measured>, size: number): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const sessions of options.sessions) {
    const results = new Map([...opened.keys()].map(name => [name, [] as { rate: number; processor: number }[]]))
    for (const one of opened.values()) await one.warm(sessions, size)
    for (let round = 0; round < options.rounds; round++) {
      for (const [name, one] of opened) results.get(name)!.push(await one.measure(sessions, size))
    }
    for (const [subject, rounds] of results) {
      const rates = rounds.map(({ rate }) => rate)
      rows.push({ sessions, subject, rate: median(rates), rounds: rates, processor: median(rounds.map(({ processor }) => processor)) })
      progress(`s${sessions} ${subject}: ${Math.round(median(rates))}/s`)
    }
  }
  for (const one of opened.values()) await one.verify()
  return rows
}

interface Goal {
  readonly what: string
  readonly reached: number
  readonly must: number
}

const goalsAt: Readonly<Record<number, number>> = { 10: 1.4, 50: 1.8 }

function ratios(rows: readonly Row[]): readonly Goal[] {
  const rate = (subject: string, sessions: number) => rows.find(row => row.subject === subject && row.sessions === sessions)!.rate
  return [...new Set(rows.map(row => row.sessions))].flatMap(sessions => {
    const must = goalsAt[sessions]
    return must === undefined
      ? []
      : [{ what: `s${sessions}: ours / opendkim`, reached: rate('ours', sessions) / rate('opendkim', sessions), must }]
  })
}

async function main(args: readonly string[]): Promise<number> {
  const options = optionsOf(args)
  const scratch = openScratch(options.folder)
  const message = await signedMessage()
  const file = path.join(scratch.folder, 'message')
  await writeFile(file, message.text)
  const dns = await startDns({ zones: message.zone })
  const starters: Record<string, StartSubject> = {
    ours: startVerifying({ dns: dns.server, workers: 0 }),
    opendkim: startFiltered({ name: publicKeyName, record: message.publicKey }),
    'postfix alone': startQueueing,
  }
  const opened = new Map<string, Measured>()
  try {
    for (const [name, start] of Object.entries(starters)) {
      const subject = await start({ folder: scratch.place(), environment: {} })
      const recipient = 'good@incoming.example.com'
      opened.set(name, measured(name, { ...subject, recipient }, { seconds: options.seconds, file }))
    }
    const rows = await measureAll(options, opened, message.text.length)
    for (const { subject } of opened.values()) await subject.stop()
    opened.clear()
    const pool = await measurePool({ dns: dns.server, message, rounds: options.rounds, seconds: options.seconds })
    const goals = [...ratios(rows), { what: 'two workers / one', reached: pool.two / pool.one, must: 1.3 }]
    const cells = rows.map(row => [
      `s${row.sessions}`,
      row.subject,
      Math.round(row.rate).toLocaleString('en'),
      (row.processor * 1_000).toFixed(0),
    ])
    console.log(table(['sessions', 'subject', 'messages/s', 'CPU µs each'], cells))
    console.log(`\nworkers alone, messages/s: one ${Math.round(pool.one)}, two ${Math.round(pool.two)}\n`)
    console.log(
      table(
        ['goal', 'reached', 'must', ''],
        goals.map(({ what, reached, must }) => [what, reached.toFixed(2), String(must), reached < must ? 'not met' : 'met']),
      ),
    )
    console.log(`\nwritten: ${writeResult('authenticate', { options, rows, pool, goals })}`)
    return goals.every(({ reached, must }) => reached >= must) ? 0 : 1
  } finally {
    for (const { subject } of opened.values()) await subject.stop()
    await dns.stop()
  }
}

process.setMaxListeners(100)
// The exit handlers stop what runs and remove the folder; a signal alone would not call them.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
process.exitCode = await main(process.argv.slice(2))
