/**
 * Contents a second as the main thread has them from its one parsing thread, beside mailparser's simpleParser on the main thread, in one
 * run; then hostile messages: what became of each, how long it took, and how long it held up the main thread at most.
 * `npm run bench:parse -- [--rounds 3] [--quick]`. Ends with status 1 where a goal is missed.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { simpleParser } from 'mailparser'
import { type ContentReader, openContentReader } from '../src/content/content-reader.ts'
import { hostile, rawOf, readerOptions } from '../test/support/content.ts'
import { median } from './lib/musts.ts'
import { type ParsedMessage, parseMessages } from './lib/parse-messages.ts'
import { progress, table, writeResult } from './lib/report.ts'

const options = { inline: 256 * 1024, larger: 'omit' } as const
/** Milliseconds. */
const longestDelay = 50

interface Rate {
  readonly name: string
  readonly ours: number
  readonly peer: number
  readonly delay: number
}

interface Endured {
  readonly name: string
  readonly outcome: string
  readonly took: number
  readonly delay: number
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { rounds: { type: 'string' }, quick: { type: 'boolean', default: false } } })
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3))
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 1000) throw new Error(`--rounds: ${values.rounds} is no number from 1 to 1000`)
  const reader = openContentReader(readerOptions())
  try {
    const rates = await measureRates(reader, rounds, values.quick ? 0.2 : 1)
    const endured = await measureHostile(reader)
    const late = endured.filter(({ delay }) => delay > longestDelay)
    show(rates, endured)
    console.log(
      `\nlongest delay of the main thread: ${Math.max(...endured.map(({ delay }) => delay)).toFixed(1)} ms, must be ${longestDelay}`,
    )
    console.log(`written: ${writeResult('parse', { rounds, rates, endured })}`)
    return late.length === 0 ? 0 : 1
  } finally {
    await reader.close()
  }
}

async function measureRates(reader: ContentReader, rounds: number, share: number): Promise<readonly Rate[]> {
  const rates: Rate[] = []
  for (const message of parseMessages()) {
    const count = Math.max(2, Math.round(message.count * share))
    const found = { ours: [] as number[], peer: [] as number[], delay: [] as number[] }
    // Warm, so that no round pays for the start of the thread and the first compilation.
    await ours(reader, message, Math.ceil(count / 4))
    await peer(message, Math.ceil(count / 4))
    for (let round = 0; round < rounds; round++) {
      const { result, delay } = await delayed(() => ours(reader, message, count))
      found.ours.push(result)
      found.delay.push(delay)
      found.peer.push(await peer(message, count))
    }
    rates.push({ name: message.name, ours: median(found.ours), peer: median(found.peer), delay: Math.max(...found.delay) })
    progress(`${message.name}: ${rates.at(-1)!.ours.toFixed(0)}/s, simpleParser ${rates.at(-1)!.peer.toFixed(0)}/s`)
  }
  return rates
}

const perSecond = (count: number, since: number): number => count / ((performance.now() - since) / 1000)

/** Four at once, as the deliveries of a few recipients ask. */
async function ours(reader: ContentReader, { octets }: ParsedMessage, count: number): Promise<number> {
  const since = performance.now()
  let next = 0
  const lane = async (): Promise<void> => {
    while (next++ < count) {
      // An id of its own: what was parsed before isn't parsed again.
      const facts = { id: `${since}-${next}`, size: octets.length, received: 0 }
      await reader.read(rawOf(octets), facts, options)
    }
  }
  await Promise.all(Array.from({ length: 4 }, lane))
  return perSecond(count, since)
}

async function peer({ octets }: ParsedMessage, count: number): Promise<number> {
  const since = performance.now()
  for (let i = 0; i < count; i++) await simpleParser(Buffer.from(octets))
  return perSecond(count, since)
}

/** The longest time within which the main thread did nothing else, in milliseconds. */
async function delayed<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly delay: number }> {
  const histogram = monitorEventLoopDelay({ resolution: 1 })
  histogram.enable()
  const result = await work()
  histogram.disable()
  return { result, delay: histogram.max / 1e6 }
}

async function measureHostile(reader: ContentReader): Promise<readonly Endured[]> {
  const endured: Endured[] = []
  const messages = Object.entries(hostile).map(([name, { message }]) => [name, new TextEncoder().encode(message())] as const)
  for (const [name, octets] of [
    ...messages,
    ['25 MB of text', new TextEncoder().encode(`From: a@a.example\r\n\r\n${'x'.repeat(25e6)}`)] as const,
  ]) {
    const since = performance.now()
    const { result, delay } = await delayed(() => reader.read(rawOf(octets), { id: name, size: octets.length, received: 0 }, options))
    const took = performance.now() - since
    // Only what says so is short.
    const start = new TextDecoder().decode(result.subarray(0, 1000))
    const problem = /^\{"status":"(?:over-budget|unreadable)","problem":"([^"]*)"/.exec(start)?.[1]
    endured.push({ name, outcome: problem ?? 'parsed', took, delay })
  }
  return endured
}

function show(rates: readonly Rate[], endured: readonly Endured[]): void {
  const rows = rates.map(({ name, ours: a, peer: b, delay }) => [name, a.toFixed(0), b.toFixed(0), (a / b).toFixed(2), delay.toFixed(1)])
  console.log(table(['message', 'contents/s', 'simpleParser/s', 'ratio', 'delay ms'], rows))
  const hard = endured.map(({ name, outcome, took, delay }) => [name, outcome, took.toFixed(0), delay.toFixed(1)])
  console.log(`\n${table(['hostile', 'outcome', 'ms', 'delay ms'], hard)}`)
}

process.exitCode = await main(process.argv.slice(2))
