/**
 * Applications that are asked before the reply, and Postern killed with SIGKILL meanwhile: what was committed as `delivering` and never
 * answered is queued at the next start, and a client that heard nothing sends again. Each mail ends as its application decided, under
 * one id; nothing stays under way, and nothing that was refused is taken.
 */
import { createServer, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type MailClient, mailClient } from '../support/mail-client.ts'
import { freePort } from '../support/ports.ts'
import { makePostern, type Postern, removeFolder, temporaryFolder } from '../support/postern.ts'

const total = 200
const kills = 5
const sessions = 4
const concurrency = 16
/** What the application says of message `n`, whenever and however often it is asked. */
const isRefused = (n: number): boolean => n % 5 === 4
const isBusy = (n: number): boolean => n % 5 === 3

interface Heard {
  /** Whole answers alone, by message. */
  readonly replies: Map<number, string[]>
  resent: number
}

let folder: string
let postern: Postern
let address: string
let close: () => Promise<void>
const ids = new Map<number, Set<string>>()
/** How often each was taken, which an application that keeps its ids does once. */
const taken = new Map<number, number>()
/** Acceptances of which it isn't known whether Postern has read them: hung up on purpose. */
let hungUp = 0

const message = (n: number): string =>
  `From: writer@example.org\r\nTo: ${address}\r\nSubject: inline-${n}-\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <inline-${n}@example.org>\r\n\r\n` +
  'a line of it\r\n'.repeat(n % 20 === 7 ? 3_000 : 5)

/** A busy one fails some calls, and hangs up behind some that it has taken. */
function answer(n: number, response: ServerResponse): void {
  const say = (status: number, body = '') => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  }
  if (isRefused(n)) say(200, '{"verdict":"refuse","text":"not this one"}')
  else if (isBusy(n) && Math.random() < 0.4) say(503)
  else {
    taken.set(n, (taken.get(n) ?? 0) + 1)
    if (isBusy(n) && Math.random() < 0.2) {
      hungUp++
      response.socket?.destroy()
    } else say(200, '{"verdict":"accept"}')
  }
}

/** Slow, at times slower than the deadline of the reply. */
async function application(port: number): Promise<() => Promise<void>> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('error', () => {})
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const n = Number(/"subject":"inline-(\d+)-"/.exec(Buffer.concat(chunks).toString())?.[1])
      ids.set(n, (ids.get(n) ?? new Set()).add(String(request.headers['idempotency-key'])))
      setTimeout(answer, n % 7 === 0 ? 400 + Math.random() * 300 : Math.random() * 60, n, response)
    })
  })
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  return async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
}

/** One transaction; the reply that ended it. Rejects where the connection broke before it. */
async function send(client: MailClient, n: number): Promise<string> {
  for (const line of ['MAIL FROM:<writer@example.org>', `RCPT TO:<${address}>`, 'DATA']) {
    const reply = await client.command(line)
    if (!/^[23]/.test(reply)) throw new Error(reply)
  }
  return (await client.data(message(n)))[0]!
}

/** Sends until there is an answer that ends the matter; 4yz and silence mean: again. */
async function sendUntilAnswered(numbers: readonly number[], lmtp: boolean, heard: Heard): Promise<void> {
  let client: MailClient | null = null
  for (const n of numbers) {
    const replies: string[] = []
    heard.replies.set(n, replies)
    while (!replies.some(reply => /^[25]/.test(reply))) {
      try {
        client ??= await mailClient({ port: lmtp ? postern.ports.lmtp : postern.ports.smtp, lmtp })
        replies.push(await send(client, n))
      } catch {
        client?.close()
        client = null
        heard.resent++
        await sleep(20)
      }
    }
  }
  client?.close()
}

/** Twice in a row: what is claimed between two questions is seen by neither. */
async function untilNothingIsOpen(): Promise<void> {
  let quiet = 0
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) {
    const open = await Promise.all(
      ['queued', 'delivering'].map(state => postern.get<{ count: number }>(`/api/messages/count?state=${state}`)),
    )
    quiet = open.every(({ count }) => count === 0) ? quiet + 1 : 0
    if (quiet === 2) return
  }
  throw new Error('something stayed queued or under way')
}

beforeAll(async () => {
  folder = await temporaryFolder('inline-crash')
  const port = await freePort()
  close = await application(port)
  postern = await makePostern({
    folder,
    smtp: 'early-talker: 0s',
    processor: `{ webhook: { url: 'http://127.0.0.1:${port}/', timeout: 5s, concurrency: ${concurrency} } }`,
    more: `delivery: { handoff: inline, inline: { deadline: 500ms, late: queue }, retry: { first: 1s, factor: 1, max: 1s }, pause: { after: 0 } }
limits: { connections-per-network: 1000, errors: 100000 }`,
  })
  await postern.start()
  address = await postern.mint('inline-crash')
})
afterAll(async () => {
  if (postern?.running) await postern.end('SIGKILL')
  await close?.()
  await removeFolder(folder)
})

test(`${total} messages asked about before the reply, ${kills} times SIGKILL: each ends as its application said, once`, async () => {
  const heard: Heard = { replies: new Map(), resent: 0 }
  const all = Array.from({ length: total }, (_, n) => n)
  const sending = Promise.all(
    Array.from({ length: sessions * 2 }, (_, part) =>
      sendUntilAnswered(
        all.filter(n => n % (sessions * 2) === part),
        part % 2 === 0,
        heard,
      ),
    ),
  )
  let found = 0
  for (let kill = 0; kill < kills; kill++) {
    const wanted = heard.replies.size + Math.floor(total / (kills + 2))
    for (const end = Date.now() + 20_000; heard.replies.size < Math.min(wanted, total - sessions) && Date.now() < end; ) await sleep(5)
    await sleep(Math.random() * 50)
    expect(await postern.end('SIGKILL')).toBe('SIGKILL')
    await postern.start()
    const opened = postern.log().findLast(({ msg }) => msg === 'spool: open')
    found += Number(opened?.requeued ?? 0)
  }
  await sending
  expect(heard.resent).toBeGreaterThan(0)
  expect(found, 'deliveries that were under way when it was killed').toBeGreaterThan(0)
  await untilNothingIsOpen()

  const rows = await postern.messages('text=inline-')
  const byNumber = Map.groupBy(rows, ({ subject }) => Number(/inline-(\d+)-/.exec(subject)![1]))
  const refusedTwice: number[] = []
  for (const n of all) {
    const states = (byNumber.get(n) ?? []).map(({ state }) => state)
    const last = heard.replies.get(n)!.at(-1)!
    expect(ids.get(n)?.size, `ids of message ${n}`).toBe(1)
    if (isRefused(n)) {
      // Refused before the reply, or, where that was too late, afterwards. What was sent again has two rows.
      const said = [n, last.slice(0, 3), states]
      expect(said, 'no row but of a refusal').toEqual([n, last.slice(0, 3), states.filter(state => /^(?:failed|discarded)$/.test(state))])
      if (last.startsWith('250')) expect(said, 'kept, and refused from the queue').toEqual([n, '250', expect.arrayContaining(['failed'])])
      else if (states.includes('failed')) refusedTwice.push(n)
    } else {
      expect([n, last.slice(0, 3), states]).toEqual([n, '250', ['delivered']])
    }
  }
  expect(refusedTwice.length, 'refused to the client, and from the queue after a kill too').toBeLessThanOrEqual(found)
  expect([...taken.keys()].filter(isRefused)).toEqual([])
  const again = [...taken.values()].reduce((sum, times) => sum + times - 1, 0)
  expect(again, 'taken again, where Postern could not know of the first time').toBeLessThanOrEqual(hungUp + found)
})
