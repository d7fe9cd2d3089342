/** Messages and small helpers for the tests of any spool. */
import { randomBytes } from 'node:crypto'
import type { BodySink, Committed, NewDelivery, NewMessage, SpoolIntake } from '../../../src/transaction/ports.ts'

export const day = 24 * 3600 * 1000
export const start = Date.UTC(2026, 0, 5)

let serial = 0
export const newId = (): string => `t${(++serial).toString(36).padStart(5, '0')}`

export const delivery = (more: Partial<NewDelivery> = {}): NewDelivery => ({
  recipient: 'incoming+abc@incoming.example.com',
  mailbox: 'incoming',
  route: 'reply',
  key: 'abc',
  claims: { subject: 'ticket-1' },
  processor: 'app',
  state: 'queued',
  reason: null,
  idempotency: { material: `m${++serial}`, window: 7 * day },
  ...more,
})

export const message = (more: Partial<NewMessage> = {}): NewMessage => ({
  id: newId(),
  received: start,
  sender: 'someone@example.org',
  client: { address: '192.0.2.7', name: 'mx.example.org', helo: 'mx.example.org', ident: null },
  protocol: 'LMTP',
  listener: 'lmtp',
  subject: 'Re: hello',
  messageId: '<1@example.org>',
  from: 'Some One <someone@example.org>',
  bodyStart: header.length,
  truncated: false,
  decisions: [{ stage: 'rcpt', verdict: 'accept', recipient: 'incoming+abc@incoming.example.com' }],
  machine: 'none',
  notify: null,
  deliveries: [delivery()],
  ...more,
})

export const header = Buffer.from('Subject: hello\r\n\r\n')
/** A message of a header and `size` random octets. */
export const octets = (size: number): Buffer => Buffer.concat([header, randomBytes(size)])

export async function write(sink: BodySink, body: Uint8Array, chunkSize = 65_521): Promise<void> {
  for (let at = 0; at < body.length; at += chunkSize) await sink.write(Uint8Array.from(body.subarray(at, at + chunkSize)))
}

export async function accept(spool: SpoolIntake, it: NewMessage, body: Uint8Array = octets(100)): Promise<Committed> {
  const sink = spool.open()
  await write(sink, body)
  return sink.commit(it)
}

export async function collect(source: AsyncIterable<Uint8Array> | null): Promise<Buffer> {
  if (source === null) throw new Error('no such message')
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The id of the first delivery, which must be new. */
export function newDelivery(committed: Committed): number {
  const first = committed.deliveries[0]
  if (first?.kind !== 'new') throw new Error(`expected a new delivery, got ${JSON.stringify(first)}`)
  return first.id
}
export const kinds = (committed: Committed): string[] => committed.deliveries.map(({ kind }) => kind)
