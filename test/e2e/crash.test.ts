/**
 * What was answered 250 survives: 2,000 messages come in through Postfix and directly while Postern is killed with SIGKILL
 * again and again. A client that got no answer sends again, as clients do. In the end every message is there, byte for byte,
 * and none twice.
 */
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deliver, type MailClient, mailClient } from '../support/mail-client.ts'
import { freePort } from '../support/ports.ts'
import { makePostern, type Postern, removeFolder, temporaryFolder } from '../support/postern.ts'
import { type Postfix, startPostfix } from '../support/postfix.ts'
import { skipWithout } from '../support/services.ts'

const missing = skipWithout('postfix')
const total = 2_000
const kills = 8
let folder: string
let postern: Postern
let postfix: Postfix
let address: string

/** Message `n`: small ones, some that go to a segment, a few that are streamed to a file of their own. */
function message(n: number): string {
  const lines = n % 100 === 7 ? 6_000 : n % 10 === 3 ? 500 : 20
  const body = Array.from(
    { length: lines },
    (_, i) => `${i === 3 ? '..' : ''}line ${i} of message ${n} ${'x'.repeat((n * 7 + i) % 60)}`,
  ).join('\r\n')
  return `From: writer@example.org\r\nTo: ${address}\r\nSubject: crash-${n}-\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <crash-${n}@example.org>\r\n\r\n${body}\r\n`
}

interface Sent {
  /** Messages whose 250 the client saw. */
  readonly answered: Set<number>
  resent: number
}

/** Sends its share until each one is answered 250; a broken connection or a 4yz means: again, later. */
async function sendAll(port: number, lmtp: boolean, numbers: readonly number[], sent: Sent): Promise<void> {
  let client: MailClient | null = null
  for (const n of numbers) {
    while (!sent.answered.has(n)) {
      try {
        client ??= await mailClient({ port, lmtp })
        const reply = await deliver(client, { sender: 'writer@example.org', recipient: address, message: message(n) })
        if (reply.startsWith('250')) sent.answered.add(n)
        else if (reply.startsWith('5')) throw new Error(`message ${n} refused: ${reply}`)
        else await sleep(50)
      } catch (error) {
        if (error instanceof Error && error.message.includes('refused')) throw error
        client?.close()
        client = null
        sent.resent++
        await sleep(50)
      }
    }
  }
  client?.close()
}

const share = (from: number, to: number, part: number, parts: number) =>
  Array.from({ length: to - from }, (_, i) => from + i).filter(n => n % parts === part)

describe.skipIf(missing !== null)(`killed at random${missing === null ? '' : ` (${missing})`}`, () => {
  beforeAll(async () => {
    folder = await temporaryFolder('crash')
    postern = await makePostern({ folder: path.join(folder, 'postern'), more: 'limits: { connections-per-network: 1000 }' })
    await postern.start()
    address = await postern.mint('crash')
    postfix = await startPostfix({
      folder: path.join(folder, 'postfix'),
      smtpPort: await freePort(),
      lmtpPort: postern.ports.lmtp,
      settings: {
        minimal_backoff_time: '1s',
        maximal_backoff_time: '2s',
        queue_run_delay: '1s',
        lmtp_destination_concurrency_failed_cohort_limit: '0',
        smtpd_client_recipient_rate_limit: '0',
      },
    })
  })
  afterAll(async () => {
    await postfix?.stop()
    if (postern?.running) await postern.end('SIGKILL')
    await removeFolder(folder)
  })

  test(`${total} messages, ${kills} times SIGKILL: all there, byte for byte, none twice`, async () => {
    const sent: Sent = { answered: new Set(), resent: 0 }
    // Postfix's own 250 is a promise too; it verifies the address first, with Postern up.
    await sendAll(postfix.smtpPort, false, [0], sent)
    const half = total / 2
    const through = [0, 1, 2, 3].map(part => sendAll(postfix.smtpPort, false, share(1, half, part, 4), sent))
    const smtp = [0, 1, 2, 3, 4].map(part => sendAll(postern.ports.smtp, false, share(half, half + half / 2, part, 5), sent))
    const lmtp = [0, 1, 2, 3, 4].map(part => sendAll(postern.ports.lmtp, true, share(half + half / 2, total, part, 5), sent))
    const sending = Promise.all([...through, ...smtp, ...lmtp])
    for (let kill = 0; kill < kills; kill++) {
      const before = sent.answered.size
      // Some progress between two kills, so that they fall into the work and not into the starts.
      for (let left = 200; left > 0 && sent.answered.size < before + 40; left--) await sleep(10)
      await sleep(Math.random() * 60)
      expect(await postern.end('SIGKILL')).toBe('SIGKILL')
      await postern.start()
    }
    await sending
    expect(sent.answered.size).toBe(total)
    expect(sent.resent).toBeGreaterThan(0)
    await queueIsEmpty()

    await postern.end('SIGKILL')
    await postern.start()
    const rows = await postern.messages('text=crash-')
    const numbers = rows.map(row => Number(/crash-(\d+)-/.exec(row.subject)![1]))
    expect(
      numbers.filter((n, i) => numbers.indexOf(n) !== i),
      'kept twice',
    ).toEqual([])
    expect(
      [...sent.answered].filter(n => !numbers.includes(n)),
      'lost',
    ).toEqual([])
    for (const [i, row] of rows.entries()) {
      const n = numbers[i]!
      const raw = (await postern.raw(row.id)).toString('latin1')
      // Postfix puts its own trace field before the message and leaves the rest as it is.
      const kept = n < half ? raw.slice(raw.indexOf('From: writer@example.org')) : raw
      if (kept !== message(n)) expect(kept, `message ${n}`).toBe(message(n))
      if (n < half) expect(raw.slice(0, raw.length - kept.length)).toMatch(/^Received: [\s\S]*\r\n$/)
    }
  })
})

async function queueIsEmpty(): Promise<void> {
  for (let left = 60; left > 0; left--) {
    if ((await postfix.queue()).length === 0) return
    await postfix.command('postqueue', '-f')
    await sleep(1_000)
  }
  throw new Error(`Postfix still has ${(await postfix.queue()).length} messages:\n${postfix.log().split('\n').slice(-20).join('\n')}`)
}
