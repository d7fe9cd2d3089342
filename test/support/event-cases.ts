/** Deliveries and what goes with them, for golden events: test/messages/events/NAME.json is what NAME becomes. */
import type { EventOptions } from '../../src/delivery/event/event.ts'
import type { EventBounce } from '../../src/delivery/event/types.ts'
import type { Content, ParsedContent } from '../../src/mail/content.ts'
import type { ContentOptions, Delivery, MessageSource } from '../../src/transaction/ports.ts'
import { someAuthentication, someSignature } from './authentications.ts'
import { aDelivery } from './memory-queue.ts'

export interface EventCase {
  readonly delivery: Delivery
  readonly raw: string
  readonly content?: Content
  readonly bounce?: EventBounce | null
  readonly link?: string | null
  readonly options?: Partial<EventOptions>
}

export const someContent = (more: Partial<ParsedContent> = {}): ParsedContent => ({
  status: 'parsed',
  header: [
    { name: 'From', value: 'Jané <jane@sender.example>' },
    { name: 'Subject', value: 'Re: [ticket 42] “Grüße”' },
  ],
  subject: 'Re: [ticket 42] “Grüße”',
  from: [{ name: 'Jané', address: 'jane@sender.example' }],
  replyTo: [],
  to: [{ name: '', address: 'incoming+abc@incoming.example.com' }],
  cc: [],
  date: '2026-01-02T03:04:00.000Z',
  messageId: '<2@sender.example>',
  inReplyTo: ['<ticket-42.7@example.com>'],
  references: ['<ticket-42.1@example.com>', '<ticket-42.7@example.com>'],
  text: 'Yes, please.\n\n> Shall we?\n\n-- \nJané\n',
  textFrom: 'text',
  html: null,
  reply: { text: 'Yes, please.', quoted: '> Shall we?', signature: '-- \nJané' },
  attachments: [],
  truncated: [],
  ...more,
})

export const someAttachment = (more: Partial<ParsedContent['attachments'][number]> = {}): ParsedContent['attachments'][number] => ({
  index: 0,
  name: 'note.txt',
  type: 'text/plain',
  size: 5,
  sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
  disposition: 'attachment',
  contentId: null,
  content: 'aGVsbG8=',
  ...more,
})

const raw = 'From: Jané <jane@sender.example>\r\nSubject: Re: [ticket 42]\r\n\r\nYes, please.\r\n'
const delivery = (more: Partial<Delivery> = {}): Delivery =>
  aDelivery({
    message: '01M1',
    recipient: 'incoming+abc@incoming.example.com',
    key: 'abc',
    claims: { subject: '42', senders: ['sender.example'], expires: Date.UTC(2026, 1, 1), keyId: '1' },
    received: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    sender: 'jane@sender.example',
    subject: 'Re: [ticket 42] “Grüße”',
    messageId: '<2@sender.example>',
    size: 78,
    authentication: someAuthentication(),
    machine: 'none',
    ...more,
  })

const usual = someAuthentication()
const forwarded = someAuthentication({
  from: { ...usual.from, how: 'arc', through: 'forwarder.example' },
  spf: { ...usual.spf, everybody: true },
  dkim: [someSignature({ result: 'fail', aligned: false, signed: Number.MAX_VALUE, expires: 8.64e15 })],
  dmarc: { ...usual.dmarc, result: 'fail', override: 'arc=forwarder.example' },
  arc: { result: 'pass', instance: 2, sealer: 'forwarder.example', dmarc: { result: 'pass', from: 'sender.example' }, detail: '' },
  forwarder: 'forwarder.example',
  unknown: ['forwarder'],
  signatureAge: null,
  machine: 'list',
})
const several = someAuthentication({
  from: { address: null, domain: null, authenticated: false, problem: 'several', how: 'none' },
  dmarc: { ...usual.dmarc, result: 'none', policy: null, domain: null },
})
const bounce: EventBounce = {
  reportingMta: 'mx.example.net',
  arrival: '2026-01-02T03:04:00.000Z',
  recipients: [
    {
      original: 'bob@example.net',
      final: 'bob@example.net',
      action: 'failed',
      status: '5.1.1',
      diagnostic: '550 5.1.1 No such user',
      remoteMta: 'mail.example.net',
    },
  ],
  originalMessageId: '<ticket-42.7@example.com>',
}
const url = 'https://incoming.example.com/m/01M1?signature=abc'

export const eventCases: Readonly<Record<string, EventCase>> = {
  reply: { delivery: delivery(), raw, content: someContent() },
  attachments: {
    delivery: delivery(),
    raw,
    content: someContent({
      html: '<p>Yes, please.<img src="cid:logo@sender.example">',
      textFrom: 'html',
      replyTo: [{ name: 'Desk', address: 'desk@sender.example' }],
      cc: [{ name: 'Bob', address: 'bob@example.net' }],
      attachments: [
        someAttachment(),
        someAttachment({ index: 1, name: null, type: 'image/png', disposition: 'inline', contentId: 'logo@sender.example' }),
        (({ content: _, ...rest }) => ({ ...rest, url: `${url}&n=2` }))(someAttachment({ index: 2, name: 'Übersicht.pdf' })),
      ],
      truncated: ['html'],
    }),
    options: { raw: 'omit' },
  },
  'raw-as-link': { delivery: delivery(), raw, content: someContent(), link: url, options: { raw: 'link' } },
  'over-budget': {
    delivery: delivery({ authentication: several }),
    raw,
    content: { status: 'over-budget', problem: 'more than 1000 parts' },
    options: { raw: 'omit' },
  },
  unreadable: {
    delivery: delivery(),
    raw: '',
    content: { status: 'unreadable', problem: 'no header' },
    link: url,
    options: { raw: 'omit' },
  },
  bounce: {
    delivery: delivery({ sender: '', route: 'bounces', machine: 'bounce', claims: {}, protocol: 'LMTP' }),
    raw,
    content: someContent({ text: null, textFrom: null, reply: null, date: null, messageId: '', inReplyTo: [], references: [] }),
    bounce,
  },
  forwarded: { delivery: delivery({ authentication: forwarded, machine: 'list' }), raw, content: someContent({ subject: '' }) },
  unchecked: {
    delivery: delivery({ authentication: null, client: { address: null, name: null, helo: null, ident: null }, claims: {} }),
    raw,
  },
}

/** As the runner would give it. */
export const sourceOf = ({ raw: text, content, bounce, link }: EventCase): MessageSource => ({
  traceFields: () => 'Return-Path: <jane@sender.example>\r\n',
  raw: async () =>
    (async function* () {
      yield Buffer.from(text)
    })(),
  ...(content === undefined ? {} : { content: async (_: ContentOptions) => Buffer.from(JSON.stringify(content)) }),
  ...(bounce === undefined ? {} : { bounce: async () => bounce }),
  ...(link === undefined ? {} : { link: () => link }),
})
