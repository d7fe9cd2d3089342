/**
 * From the final dot to the application, beside the way it is done today in one run: Postern behind a Postfix calling a webhook, and
 * straight over LMTP into Redis; the same Postfix with Dovecot and mail_room, posting and pushing to Sidekiq. A burst from Postern into
 * Redis comes twice, and the second one counts, since its code is compiled as it runs; Ruby's isn't.
 * `npm run bench:deliver -- [--messages 200] [--burst 1000] [--folder DIRECTORY] [--quick]`. Ends with status 1 where a goal is missed.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freePort } from '../test/support/ports.ts'
import { startPostfix } from '../test/support/postfix.ts'
import { type Arrivals, listenForArrivals, subject } from './lib/arrivals.ts'
import { openSession } from './lib/final-dot.ts'
import { fed, ourPushes, theirPushes } from './lib/pushes.ts'
import { progress, table, writeResult } from './lib/report.ts'
import { openScratch, type Scratch } from './lib/scratch.ts'
import { startDelivering } from './subjects/delivering.ts'
import { forMailRoom, startMailRoom } from './subjects/mail-room.ts'
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

/** `body`: the event is what Postern gives if nothing is configured, the raw message is what mail_room posts. */
async function ours(scratch: Scratch, body: 'event' | 'raw', options: Options): Promise<Posted> {
  const arrivals = await listenForArrivals()
  const postern = await startDelivering({ folder: scratch.place(), environment: {} }, { webhook: { url: arrivals.url, body } })
  try {
    return await (await throughPostfix(scratch, postern.lmtpPort, postern.recipient, options))(arrivals)
  } finally {
    await postern.stop()
    await arrivals.close()
  }
}

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

async function main(args: readonly string[]): Promise<number> {
  const options = optionsOf(args)
  const scratch = openScratch(options.folder)
  progress('Postern, webhook')
  const webhook = await ours(scratch, 'event', options)
  progress('Postern, webhook, raw')
  const raw = await ours(scratch, 'raw', options)
  progress('mail_room, POST')
  const posting = await theirs(scratch, options)
  const pushes: Record<string, number> = {}
  for (const one of fed) {
    progress(`Postern, ${one.name}`)
    pushes[one.name] = await ourPushes(scratch, one, options.burst)
  }
  progress('mail_room, Sidekiq')
  const jobs = await theirPushes(scratch, options.burst)
  const ms = (value: number) => value.toFixed(1)
  const row = (name: string, { latency, rate }: Posted) => [
    name,
    ms(latency.p50),
    ms(latency.p99),
    ms(latency.most),
    rate.toFixed(0),
    (rate / posting.rate).toFixed(1),
  ]
  console.log(
    table(
      ['through Postfix', 'p50 ms', 'p99 ms', 'most ms', `burst of ${options.burst}, /s`, '/ mail_room'],
      [row('Postern, webhook: event', webhook), row('Postern, webhook: raw', raw), row('Dovecot, mail_room, POST', posting)],
    ),
  )
  const pushed = Object.entries({ ...pushes, 'mail_room, Sidekiq': jobs })
  console.log(
    `\n${table(
      ['straight over LMTP into Redis', '/s', '/ mail_room'],
      pushed.map(([name, rate]) => [name, rate.toFixed(0), (rate / jobs).toFixed(1)]),
    )}\n`,
  )
  const stream = pushes.stream!
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
  console.log(`\nwritten: ${writeResult('deliver', { options, webhook, raw, posting, pushes, jobs, goals })}`)
  return goals.every(({ met }) => met) ? 0 : 1
}

process.setMaxListeners(100)
// The exit handlers stop what runs and remove the folder; a signal alone would not call them.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
process.exitCode = await main(process.argv.slice(2))
