/**
 * The spool alone: messages a second through open, write, commit, with 10, 50 and 200 committers in a closed loop.
 * `node bench/spool.ts [seconds] [directory] [octets x committers] [authenticated]`: with the answer of the checks in each
 * message. Quote a run with every flush slowed as well (LD_PRELOAD).
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Authentication } from '../src/policy/authentication/answer.ts'
import { openSpool } from '../src/spool/sqlite/spool.ts'
import type { NewMessage } from '../src/transaction/ports.ts'

const seconds = Number(process.argv[2] ?? 2)
const log = { debug() {}, info() {}, warn: console.warn, error: console.error }
const days = (n: number): number => n * 24 * 3600 * 1000
const retention = { delivered: days(7), discarded: days(7), held: days(30), failed: days(30), transactions: days(1) }

const passing = { result: 'pass', detail: '', domain: 'example.org' } as const
const covers = ['from', 'to', 'cc', 'subject', 'date', 'message-id', 'in-reply-to', 'references', 'mime-version', 'content-type']
const signature = { ...passing, selector: 's1', algorithm: 'rsa-sha256', counts: true, aligned: true, covers, signed: 1, expires: null }
const authentication: Authentication = {
  from: { address: 'someone@example.org', domain: 'example.org', authenticated: true, how: 'dkim' },
  mailFrom: { address: 'someone@example.org', authenticated: true },
  spf: { ...passing, identity: 'mailfrom', queries: 1 },
  dkim: [signature],
  dmarc: { ...passing, policy: 'reject', organisation: 'example.org', spfAligned: true },
  arc: { result: 'none', instance: 0, sealer: null, dmarc: null, detail: '' },
  unsigned: [],
  signedRecipients: ['incoming+k1@incoming.example.com'],
  signatureAge: 5_000,
  machine: 'none',
}
const known = process.argv[5] === 'authenticated' ? { authentication } : {}

let serial = 0
function message(): NewMessage {
  const n = ++serial
  const received = Date.now()
  const id = `${received.toString(36)}${n.toString(36).padStart(6, '0')}${Math.random().toString(36).slice(2, 8)}`
  const recipient = `incoming+k${n}@incoming.example.com`
  return {
    id,
    received,
    sender: 'someone@example.org',
    client: { address: '192.0.2.7', name: 'mx.example.org', helo: 'mx.example.org', ident: null },
    protocol: 'LMTP',
    listener: 'lmtp',
    subject: 'Re: a question about the order of last week',
    messageId: `<${id}@example.org>`,
    from: 'someone@example.org',
    bodyStart: 200,
    truncated: false,
    ...known,
    machine: 'none',
    notify: null,
    decisions: [{ stage: 'rcpt', recipient, verdict: 'accept', detail: 'mailbox incoming, route reply' }],
    deliveries: [
      {
        recipient,
        mailbox: 'incoming',
        route: 'reply',
        key: `k${n}`,
        claims: { subject: `${n}` },
        processor: 'shelf',
        state: 'delivered',
        reason: null,
        idempotency: { material: `${recipient}\n${id}`, window: days(7) },
      },
    ],
  }
}

async function run(size: number, committers: number): Promise<void> {
  const directory = process.argv[3] ?? mkdtempSync(join(tmpdir(), 'postern-bench-'))
  const spool = await openSpool({ directory, minimumFree: 0, retention, clock: Date.now, log })
  const chunkSize = Math.min(size, 65_536)
  const chunk = Buffer.alloc(chunkSize, 97)
  let peak = 0
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20)
  let count = 0
  let until = Date.now() + 300
  const loop = async (): Promise<void> => {
    while (Date.now() < until) {
      const sink = spool.open()
      for (let at = 0; at < size; at += chunkSize) await sink.write(chunk.subarray(0, size - at))
      await sink.commit(message())
      count++
    }
  }
  await Promise.all(Array.from({ length: committers }, loop))
  count = 0
  const cpu = process.cpuUsage()
  const from = performance.now()
  until = Date.now() + seconds * 1000
  await Promise.all(Array.from({ length: committers }, loop))
  const took = (performance.now() - from) / 1000
  const used = process.cpuUsage(cpu)
  clearInterval(watch)
  const rate = count / took
  const busy = (used.user + used.system) / 1e6 / took
  console.log(
    `${String(size).padStart(8)} octets ${String(committers).padStart(4)} committers ${rate.toFixed(0).padStart(7)}/s ${((rate * size) / 1e6).toFixed(1).padStart(8)} MB/s ` +
      `peak ${(peak / 1048576).toFixed(0)} MiB, cpu ${busy.toFixed(2)}`,
  )
  await spool.close()
  if (process.argv[3] === undefined) rmSync(directory, { recursive: true })
}

const all: [number, number][] = [
  [2048, 1],
  [2048, 10],
  [2048, 50],
  [2048, 200],
  [102_400, 10],
  [5_242_880, 10],
]
const one = process.argv[4]?.split('x').map(Number) as [number, number] | undefined
for (const [size, committers] of one === undefined ? all : [one]) await run(size, committers)
