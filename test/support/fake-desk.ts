/**
 * A SpoolDesk in memory, for tests of what people see: it filters, pages and redelivers as ports.ts says, newest first.
 * Its writable status can be changed, and a raw message can be made to fail.
 */
import type {
  DeliveryView,
  MessageFilter,
  MessageRow,
  MessageView,
  Redelivery,
  SpoolDesk,
  SpoolStatus,
} from '../../src/transaction/desk.ts'
import type { TransactionFilter, TransactionRow } from '../../src/transaction/ports.ts'

export interface FakeDesk extends SpoolDesk {
  readonly messages: MessageView[]
  readonly traces: TransactionRow[]
  /** By message id; an Error is thrown when the body is read. */
  readonly bodies: Map<string, string | Uint8Array | Error>
  current: SpoolStatus
}

export function fakeDesk(): FakeDesk {
  const desk: FakeDesk = {
    messages: [],
    traces: [],
    bodies: new Map(),
    current: { writable: true, detail: '', used: 12_345_678, free: 98_765_432_100 },
    list: async filter => rows(desk.messages, filter).slice(0, pageOf(filter)),
    count: async filter => rows(desk.messages, filter).length,
    redeliverMany: async (filter, how) => {
      const all = rows(desk.messages, filter).filter(one => one.about === undefined)
      const page = all.slice(0, pageOf(filter))
      const changed = page.reduce((sum, { id, delivery }) => sum + redeliver(desk.messages, { id, how, delivery }), 0)
      return { looked: page.length, changed, next: all.length > page.length ? page.at(-1)!.delivery : null }
    },
    view: async id => desk.messages.find(message => message.id === id) ?? null,
    raw: async id => (desk.messages.some(message => message.id === id) ? chunks(desk.bodies.get(id) ?? '') : null),
    redeliver: async (id, how, delivery) => redeliver(desk.messages, { id, how, delivery }),
    transactions: async filter => traces(desk.traces, filter),
    status: () => desk.current,
  }
  return desk
}

function rows(messages: readonly MessageView[], filter: MessageFilter): MessageRow[] {
  const all = messages.flatMap(message =>
    message.deliveries.filter(one => filter.processor === undefined || one.processor === filter.processor).map(one => row(message, one)),
  )
  const same = (wanted: unknown, found: unknown) => wanted === undefined || wanted === found
  const contains = (one: MessageRow) =>
    [one.subject, one.sender, one.recipient, one.id].some(field => field.toLowerCase().includes((filter.text ?? '').toLowerCase()))
  return all
    .filter(one => same(filter.state, one.state) && same(filter.mailbox, one.mailbox) && same(filter.route, one.route))
    .filter(one => same(filter.recipient, one.recipient) && contains(one) && one.delivery < (filter.before ?? Number.POSITIVE_INFINITY))
    .filter(one => one.received >= (filter.since ?? 0) && one.received < (filter.until ?? Number.POSITIVE_INFINITY))
    .sort((a, b) => b.delivery - a.delivery)
}

const pageOf = ({ limit }: MessageFilter): number => Math.min(1_000, limit ?? 50)

const row = (message: MessageView, one: DeliveryView): MessageRow => ({
  id: message.id,
  delivery: one.id,
  state: one.state,
  mailbox: one.mailbox,
  route: one.route,
  recipient: one.recipient,
  sender: message.sender,
  subject: message.subject,
  size: message.size,
  received: message.received,
  ...(one.about === null ? {} : { about: one.about }),
})

function traces(all: readonly TransactionRow[], filter: TransactionFilter): TransactionRow[] {
  const same = (wanted: unknown, found: unknown) => wanted === undefined || wanted === found
  return all
    .filter(one => same(filter.id, one.id) && same(filter.reason, one.reason) && same(filter.verdict, one.verdict))
    .filter(one => same(filter.client, one.client) && (filter.recipient === undefined || one.recipients.includes(filter.recipient)))
    .filter(one => one.at < (filter.before ?? Number.POSITIVE_INFINITY))
    .sort((a, b) => b.at - a.at)
    .slice(0, filter.limit ?? 50)
}

async function* chunks(body: string | Uint8Array | Error): AsyncGenerator<Uint8Array> {
  if (body instanceof Error) throw body
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000)
}

const states: Record<Redelivery, readonly string[]> = {
  retry: ['failed', 'queued'],
  replay: ['delivered', 'failed'],
  release: ['held', 'discarded'],
  discard: ['queued', 'held', 'failed'],
}

function redeliver(messages: MessageView[], order: { id: string; how: Redelivery; delivery: number | undefined }): number {
  const from = states[order.how]
  let count = 0
  const change = (one: DeliveryView): DeliveryView => {
    if (!from.includes(one.state) || (order.delivery === undefined ? one.about !== null : order.delivery !== one.id)) return one
    // Here queued mail always waits for its next attempt.
    count++
    return { ...one, state: order.how === 'discard' ? 'discarded' : 'queued' }
  }
  const at = messages.findIndex(message => message.id === order.id)
  if (at >= 0) messages[at] = { ...messages[at]!, deliveries: messages[at]!.deliveries.map(change) }
  return count
}

export const someDelivery = (more: Partial<DeliveryView> = {}): DeliveryView => ({
  id: 1,
  recipient: 'incoming+abc@incoming.example.com',
  mailbox: 'incoming',
  route: 'reply',
  key: 'abc',
  claims: { subject: 'ticket-7' },
  processor: 'app',
  state: 'delivered',
  reason: null,
  attempts: 1,
  due: null,
  changed: Date.UTC(2026, 0, 2, 3, 4, 6),
  detail: '200 OK',
  answer: null,
  idempotencyId: '0123456789abcdef0123456789abcdef',
  about: null,
  ...more,
})

export const someMessage = (more: Partial<MessageView> = {}): MessageView => ({
  id: '1k3qzk9a0aaaaaaa',
  received: Date.UTC(2026, 0, 2, 3, 4, 5),
  sender: 'jane@sender.example',
  from: 'Jane Doe <jane@sender.example>',
  subject: 'Re: a reply',
  messageId: '<1@sender.example>',
  size: 1234,
  truncated: false,
  authentication: null,
  client: { address: '192.0.2.7', name: 'mail.sender.example', helo: 'mail.sender.example', ident: '4XYZ' },
  protocol: 'LMTP',
  listener: 'lmtp',
  decisions: [{ stage: 'rcpt', verdict: 'accept', recipient: 'incoming+abc@incoming.example.com' }],
  deliveries: [someDelivery()],
  ...more,
})

export const someTransaction = (more: Partial<TransactionRow> = {}): TransactionRow => ({
  id: '1k3qzk9a0bbbbbbb',
  at: Date.UTC(2026, 0, 2, 3, 4, 7),
  listener: 'smtp',
  client: '198.51.100.9',
  helo: 'client.example',
  sender: 'someone@else.example',
  recipients: ['incoming+wrong@incoming.example.com'],
  reply: '550 5.1.1 No such recipient here 1k3qzk9a0bbbbbbb',
  verdict: 'reject',
  reason: 'key.unknown',
  decisions: [{ stage: 'rcpt', verdict: 'reject', reason: 'key.unknown', recipient: 'incoming+wrong@incoming.example.com' }],
  message: null,
  count: 1,
  ...more,
})
