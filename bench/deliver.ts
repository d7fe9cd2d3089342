/**
 * From the final dot to the application, beside the way it is done today in one run: Postern behind a Postfix calling a webhook, and
 * straight over LMTP into a Redis stream; the same Postfix with Dovecot and mail_room, posting and pushing to Sidekiq.
 * `npm run bench:deliver -- [--messages 200] [--burst 1000] [--folder DIRECTORY] [--quick]`. Ends with status 1 where a goal is missed.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freePort } from '../test/support/ports.ts'
import { startPostfix } from '../test/support/postfix.ts'
import { startRedis } from '../test/support/redis.ts'
import { type Arrivals, listenForArrivals, subject } from './lib/arrivals.ts'
import { openSession } from './lib/final-dot.ts'
import { progress, table, writeResult } from './lib/report.ts'
import { openScratch, type Scratch } from './lib/scratch.ts'
import { send } from './lib/source.ts'
import { startDelivering } from './subjects/delivering.ts'
import { startMailRoom, type Target } from './subjects/mail-room.ts'
import { unlimited } from './subjects/postfix.ts'

interface Options {
  readonly messages: number
  readonly burst: number
  readonly folder: string | undefined
}

const words = { messages: { type: 'string' }, burst: { type: 'string' }, folder: { type: 'string' }, quick: { type: 'boolean' } } as const

function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({ args: [...args], options: words })
  const whole = (name: 'messages' | 'burst', otherwise: number): number => {
    const n = Number(values[name] ?? otherwise)
    if (!Number.isInteger(n) || n < 10 || n > 100_000) throw new Error(`--${name}: a whole number from 10 to 100000`)
    return n
  }
  return { messages: whole('messages', values.quick ? 40 : 200), burst: whole('burst', values.quick ? 200 : 1_000), folder: values.folder }
}

const octets = 2_048

const message = (n: number): string =>
  `From: A Person <person@example.net>\r\nTo: incoming@incoming.example.com\r\nSubject: ${subject(n)}\r\nDate: ${new Date().toUTCString()}\r\n` +
  `Message-ID: <${n}.${process.pid}@client.example.net>\r\n\r\n${`${'x'.repeat(70)}\r\n`.repeat(octets / 72)}`

const at = (sorted: readonly number[], part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!

interface Latency {
  readonly p50: number
  readonly p99: number
  readonly most: number
}

interface Door {
  /** Where a client gives its mail by SMTP. */
  readonly port: number
  readonly recipient: string
  readonly arrivals: Arrivals
}

let numbers = 0

/** One after the other, each with a pause behind it that is no multiple of anything: as people write. */
async function latencyOf({ port, recipient, arrivals }: Door, messages: number): Promise<Latency> {
  const took: number[] = []
  for (let i = -5; i < messages; i++) {
    const n = numbers++
    const session = await openSession(port)
    const { dot } = await session.post({ recipient, message: message(n) })
    session.quit()
    const there = await arrivals.arrived(n, 30_000)
    // The first few find everything cold.
    if (i >= 0) took.push(there - dot)
    await sleep(10 + Math.random() * 40)
  }
  took.sort((a, b) => a - b)
  return { p50: at(took, 0.5), p99: at(took, 0.99), most: took.at(-1)! }
}

/** Messages a second from the first connection to the last arrival. Twenty sessions send, each one message after the other. */
async function burstThrough({ port, recipient, arrivals }: Door, messages: number): Promise<number> {
  const first = numbers
  numbers += messages
  const began = performance.now()
  let next = first
  const session = async (): Promise<void> => {
    const { post, quit } = await openSession(port)
    while (next < first + messages) await post({ recipient, message: message(next++) })
    quit()
  }
  await Promise.all(Array.from({ length: 20 }, session))
  const last = await Promise.all(Array.from({ length: messages }, (_, i) => arrivals.arrived(first + i, 180_000)))
  return (messages / (Math.max(...last) - began)) * 1_000
}

interface Posted {
  readonly latency: Latency
  readonly rate: number
}

/** A Postfix of its own in front of whoever takes mail by LMTP. */
async function throughPostfix(
  scratch: Scratch,
  lmtpPort: number,
  recipient: string,
  options: Options,
): Promise<(arrivals: Arrivals) => Promise<Posted>> {
  const smtpPort = await freePort()
  const postfix = await startPostfix({ folder: scratch.place(), smtpPort, lmtpPort, settings: unlimited })
  return async arrivals => {
    try {
      const door = { port: smtpPort, recipient, arrivals }
      const latency = await latencyOf(door, options.messages)
      return { latency, rate: await burstThrough(door, options.burst) }
    } finally {
      await postfix.stop()
    }
  }
}

async function ours(scratch: Scratch, options: Options): Promise<Posted> {
  const arrivals = await listenForArrivals()
  const postern = await startDelivering({ folder: scratch.place(), environment: {} }, { webhook: { url: arrivals.url } })
  try {
    return await (await throughPostfix(scratch, postern.lmtpPort, postern.recipient, options))(arrivals)
  } finally {
    await postern.stop()
    await arrivals.close()
  }
}

const forMailRoom = 'incoming+good@incoming.example.com'

async function theirs(scratch: Scratch, options: Options): Promise<Posted> {
  const arrivals = await listenForArrivals()
  const room = await startMailRoom({ folder: scratch.place(), environment: {} }, { post: arrivals.url })
  try {
    return await (await throughPostfix(scratch, room.lmtpPort, forMailRoom, options))(arrivals)
  } finally {
    await room.stop()
    await arrivals.close()
  }
}

/** Resolves to when there are so many; more is a double. */
async function untilThere(expected: number, length: () => Promise<number>): Promise<number> {
  for (const end = performance.now() + 180_000; performance.now() < end; await sleep(5)) {
    const there = await length()
    if (there > expected) throw new Error(`${there} entries for ${expected} messages`)
    if (there === expected) return performance.now()
  }
  throw new Error(`only ${await length()} of ${expected} messages arrived`)
}

async function ourStream(scratch: Scratch, burst: number): Promise<number> {
  const redis = await startRedis()
  const processor = { 'redis-stream': { url: redis.url, stream: 'mail' } }
  const postern = await startDelivering({ folder: scratch.place(), environment: {} }, processor)
  const load = { sessions: 20, octets: octets - 400 }
  const door = {
    port: postern.lmtpPort,
    protocol: 'lmtp',
    recipient: postern.recipient,
    processes: postern.processes,
    stop: postern.stop,
  } as const
  try {
    const client = await redis.client()
    await send(door, { ...load, messages: 200 })
    await untilThere(200, () => client.xlen('mail'))
    const began = performance.now()
    await send(door, { ...load, messages: burst })
    return (burst / ((await untilThere(200 + burst, () => client.xlen('mail'))) - began)) * 1_000
  } finally {
    await postern.stop()
    await redis.stop()
  }
}

async function theirJobs(scratch: Scratch, burst: number): Promise<number> {
  const redis = await startRedis()
  const target: Target = { sidekiq: redis.url }
  const room = await startMailRoom({ folder: scratch.place(), environment: {} }, target)
  try {
    const client = await redis.client()
    const began = performance.now()
    const door = { port: room.lmtpPort, protocol: 'lmtp', recipient: forMailRoom, processes: () => [], stop: room.stop } as const
    await send(door, { sessions: 20, octets: octets - 400, messages: burst })
    return (burst / ((await untilThere(burst, () => client.llen('queue:default'))) - began)) * 1_000
  } finally {
    await room.stop()
    await redis.stop()
  }
}

async function main(args: readonly string[]): Promise<number> {
  const options = optionsOf(args)
  const scratch = openScratch(options.folder)
  progress('Postern, webhook')
  const webhook = await ours(scratch, options)
  progress('mail_room, POST')
  const posting = await theirs(scratch, options)
  progress('Postern, Redis stream')
  const stream = await ourStream(scratch, options.burst)
  progress('mail_room, Sidekiq')
  const jobs = await theirJobs(scratch, options.burst)
  const ms = (value: number) => value.toFixed(1)
  const row = (name: string, { latency, rate }: Posted) => [name, ms(latency.p50), ms(latency.p99), ms(latency.most), rate.toFixed(0)]
  console.log(
    table(
      ['through Postfix', 'p50 ms', 'p99 ms', 'most ms', `burst of ${options.burst}, /s`],
      [row('Postern, webhook', webhook), row('Dovecot, mail_room, POST', posting)],
    ),
  )
  console.log(`\nstraight over LMTP, messages/s: into a Redis stream ${stream.toFixed(0)}, by mail_room to Sidekiq ${jobs.toFixed(0)}\n`)
  const goals = [
    { what: 'median, ms', reached: webhook.latency.p50, met: webhook.latency.p50 <= 10, must: '<= 10' },
    { what: 'p99, ms', reached: webhook.latency.p99, met: webhook.latency.p99 <= 50, must: '<= 50' },
    { what: 'burst / mail_room POST', reached: webhook.rate / posting.rate, met: webhook.rate >= 12 * posting.rate, must: '>= 12' },
    { what: 'stream / mail_room Sidekiq', reached: stream / jobs, met: stream >= 4 * jobs, must: '>= 4' },
  ]
  console.log(
    table(
      ['goal', 'reached', 'must', ''],
      goals.map(({ what, reached, must, met }) => [what, reached.toFixed(2), must, met ? 'met' : 'not met']),
    ),
  )
  console.log(`\nwritten: ${writeResult('deliver', { options, webhook, posting, stream, jobs, goals })}`)
  return goals.every(({ met }) => met) ? 0 : 1
}

process.setMaxListeners(100)
// The exit handlers stop what runs and remove the folder; a signal alone would not call them.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
process.exitCode = await main(process.argv.slice(2))
