/**
 * Every message processed, none applied twice: thousands of messages through a real Postfix to a webhook application that fails, hangs,
 * loses its answers and is restarted; to a Redis stream; to Sidekiq. Postern is killed with SIGKILL ten times meanwhile.
 * POSTERN_HAND_OVERS sets how many messages each of them gets (500 unless told).
 */
import { createServer, type Server } from 'node:http'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { deliver, type MailClient, mailClient } from '../support/mail-client.ts'
import { freePort } from '../support/ports.ts'
import { makePostern, type Postern, removeFolder, temporaryFolder } from '../support/postern.ts'
import { type Postfix, startPostfix } from '../support/postfix.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { skipWithout } from '../support/services.ts'
import { startSidekiq } from '../support/sidekiq.ts'

const missing = skipWithout('postfix') ?? skipWithout('redis') ?? skipWithout('sidekiq')
const total = Number(process.env.POSTERN_HAND_OVERS ?? 500)
const kills = 10
/** Milliseconds for one of the tests, and for what is left to be delivered once all is sent. */
const patience = 300_000 + total * 60
const sessions = 6

const message = (n: number, address: string): string =>
  `From: writer@example.org\r\nTo: ${address}\r\nSubject: hand-over-${n}-\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <${n}@example.org>\r\n\r\n` +
  `${`a line of message ${n}\r\n`.repeat(n % 50 === 7 ? 2_000 : 10)}`

/** Of whatever holds a message: its number. */
const numberOf = (text: string): number => Number(/hand-over-(\d+)-/.exec(text)?.[1] ?? Number.NaN)

const patient = `delivery: { retry: { first: 1s, factor: 1.2, max: 3s }, pause: { longest: 1s } }
limits: { connections-per-network: 1000 }`

let folder: string
let postern: Postern | null = null
let postfix: Postfix | null = null

/** Postfix with Postern behind it, and all messages sent through it while Postern is killed. Resolves when Postfix has none left. */
async function sendAll(processor: string): Promise<void> {
  postern = await makePostern({ folder: path.join(folder, 'postern'), processor, more: patient })
  await postern.start()
  const address = await postern.mint('hand-over')
  postfix = await startPostfix({
    folder: path.join(folder, 'postfix'),
    smtpPort: await freePort(),
    lmtpPort: postern.ports.lmtp,
    settings: {
      minimal_backoff_time: '1s',
      maximal_backoff_time: '2s',
      queue_run_delay: '1s',
      in_flow_delay: '0s',
      lmtp_destination_concurrency_failed_cohort_limit: '0',
      smtpd_client_recipient_rate_limit: '0',
    },
  })
  let next = 0
  let sent = 0
  const { smtpPort } = postfix
  const session = async (): Promise<void> => {
    let client: MailClient | null = null
    while (next < total) {
      const n = next++
      for (let answered = false; !answered; ) {
        client ??= await mailClient({ port: smtpPort, lmtp: false })
        const reply = await deliver(client, { sender: 'writer@example.org', recipient: address, message: message(n, address) })
        if (reply.startsWith('5')) throw new Error(`message ${n} refused: ${reply}`)
        answered = reply.startsWith('250')
        if (!answered) await sleep(50)
      }
      sent++
    }
    client?.close()
  }
  const sending = Promise.all(Array.from({ length: sessions }, session))
  sending.catch(() => {})
  for (let kill = 0; kill < kills; kill++) {
    const wanted = Math.min(total - 1, ((kill + 1) * total) / (kills + 1))
    for (const end = Date.now() + 60_000; sent < wanted && Date.now() < end; ) await sleep(10)
    expect(await postern.end('SIGKILL')).toBe('SIGKILL')
    await postern.start()
  }
  await sending
  for (let left = 120; left > 0 && (await postfix.queue()).length > 0; left--) {
    await postfix.command('postqueue', '-f')
    await sleep(500)
  }
  expect(await postfix.queue()).toEqual([])
}

/** Waits until nothing is queued or under way. */
async function untilDelivered(): Promise<void> {
  for (const end = Date.now() + patience / 2; Date.now() < end; await sleep(250)) {
    const { count: queued } = await postern!.get<{ count: number }>('/api/messages/count?state=queued')
    const { count: delivering } = await postern!.get<{ count: number }>('/api/messages/count?state=delivering')
    if (queued + delivering === 0) return
  }
  throw new Error('not everything was delivered in time')
}

interface Unreliable {
  /** By message number, the idempotency ids that came with it. */
  readonly ids: Map<number, Set<string>>
  /** Ids that the application has acted upon, and how often it would have without looking. */
  readonly applied: Map<string, number>
  restart(): Promise<void>
  close(): Promise<void>
  readonly port: number
}

/** Fails 30 % of its calls: before it has acted, after, with a status, by silence, by hanging up. It remembers what it has acted upon. */
async function unreliable(): Promise<Unreliable> {
  const port = await freePort()
  const ids = new Map<number, Set<string>>()
  const applied = new Map<string, number>()
  const open = (): Promise<Server> => {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('error', () => {})
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const id = String(request.headers['idempotency-key'])
        const n = numberOf(Buffer.concat(chunks).toString('latin1'))
        ids.set(n, (ids.get(n) ?? new Set()).add(id))
        const chance = Math.random()
        const act = () => void applied.set(id, (applied.get(id) ?? 0) + 1)
        if (chance < 0.08) response.writeHead(500).end()
        else if (chance < 0.14) request.socket.destroy()
        else if (chance < 0.2) {
          act()
          request.socket.destroy()
        } else if (chance < 0.25) {
          act()
          response.writeHead(503).end()
        } else if (chance < 0.3) {
          act()
          // Silent: the call runs into its time-out.
        } else {
          act()
          response.end()
        }
      })
    })
    return new Promise(resolve => server.listen(port, '127.0.0.1', () => resolve(server)))
  }
  let server = await open()
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
  return {
    ids,
    applied,
    port,
    async restart() {
      await close()
      await sleep(300)
      server = await open()
    },
    close,
  }
}

describe.skipIf(missing !== null)(`${total} messages, Postern killed ${kills} times${missing === null ? '' : ` (${missing})`}`, () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis({ settings: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  })
  afterAll(async () => {
    await redis?.stop()
  })
  afterEach(async () => {
    await postfix?.stop()
    if (postern?.running === true) await postern.end('SIGKILL')
    await removeFolder(folder)
    postern = null
    postfix = null
  })

  test('a webhook application that fails 30 % of its calls and is restarted gets each under one id', { timeout: patience }, async () => {
    folder = await temporaryFolder('unreliable')
    const application = await unreliable()
    const restarting = setInterval(() => void application.restart(), 3_000)
    try {
      await sendAll(`{ webhook: { url: 'http://127.0.0.1:${application.port}/', timeout: 1s, concurrency: 16 } }`)
      await untilDelivered()
    } finally {
      clearInterval(restarting)
    }
    await sleep(400)
    expect(application.ids.size).toBe(total)
    expect([...application.ids.values()].filter(one => one.size !== 1)).toEqual([])
    // Acted upon, each message by its one id: nothing is missing, and a repeat is known by its id.
    expect(application.applied.size).toBe(total)
    const again = [...application.applied.values()].filter(times => times > 1).length
    expect(again, 'answers were lost on purpose, so some calls came twice').toBeGreaterThan(0)
    await application.close()
  })

  test('a Redis stream has one entry for each', { timeout: patience }, async () => {
    folder = await temporaryFolder('stream')
    await sendAll(`{ redis-stream: { url: ${redis.url}, stream: mail } }`)
    await untilDelivered()
    const client = await redis.client()
    const entries = await client.xrange('mail', '-', '+')
    const numbers = entries.map(([, fields]) => numberOf(fields.join('\n')))
    expect(numbers.length).toBe(total)
    expect(new Set(numbers).size).toBe(total)
    expect(numbers.every(n => n >= 0 && n < total)).toBe(true)
  })

  test('Sidekiq does one job for each', { timeout: patience }, async () => {
    folder = await temporaryFolder('sidekiq')
    const sidekiq = await startSidekiq({ redis })
    try {
      await sendAll(`{ sidekiq: { url: ${redis.url} } }`)
      await untilDelivered()
      const jobs = await sidekiq.done(total, patience / 4)
      const numbers = jobs.map(({ raw }) => numberOf(raw))
      expect(numbers.length).toBe(total)
      expect(new Set(numbers).size).toBe(total)
      expect(new Set(jobs.map(({ jid }) => jid)).size).toBe(total)
    } finally {
      await sidekiq.stop()
    }
  })
})
