/** A decided transaction as the spool takes it: one message, one delivery per recipient that is kept. Pure. */
import { type Header, readableSubject } from '../mail/header-fields.ts'
import type { Authentication, Machine } from '../policy/authentication/answer.ts'
import { hasListField } from '../policy/authentication/broken-forward.ts'
import { idempotencyKey } from '../policy/idempotency.ts'
import { hears } from '../policy/notice/hears.ts'
import { mayNotify } from '../policy/notice/may-notify.ts'
import type { Reason } from '../policy/reasons.ts'
import type { Verdict } from '../policy/verdict.ts'
import { noticeDelivery } from './notice.ts'
import type { NewDelivery, NewMessage } from './ports.ts'
import type { Destination, Postmaster, Site } from './site.ts'
import type { Grant, Transaction } from './transaction.ts'

/** The message as the intake saw it pass. `head` holds its beginning, the whole header section unless that is over the limit. */
export interface Received {
  readonly head: Uint8Array
  /** Octets received, those over the limit included. */
  readonly octets: number
  readonly flawed: boolean
  readonly oversize: boolean
}

/** A recipient with what was found out about it at the end of data. */
export interface Judged {
  readonly verdict: Verdict
  /** The grant by which mail is handed over; a key found in References takes the place of `references`. */
  readonly grant: Grant
}

export interface MessagePlan {
  readonly settled: readonly Judged[]
  readonly header: Header
  readonly received: Received
  /** Which recipients are kept, as indices. */
  readonly kept: readonly number[]
  readonly postmaster: Postmaster
  readonly answer: Authentication | null
  readonly machine: Machine
  readonly notices: Site['notices']
}

export function newMessage(transaction: Transaction, plan: MessagePlan): NewMessage {
  const { header, received, answer } = plan
  const notify = plan.notices === null ? null : mayNotify(answer, { ...noticeFacts(transaction, header), machine: plan.machine })
  const deliveries = plan.kept.flatMap(i => newDeliveries(transaction, plan, i))
  return {
    id: transaction.id,
    received: transaction.started,
    sender: transaction.sender,
    client: transaction.client,
    protocol: transaction.protocol,
    listener: transaction.session.listener,
    subject: readableSubject(header.first('subject') ?? ''),
    messageId: bounded(header.first('message-id')),
    from: bounded(header.first('from')),
    bodyStart: header.bodyStart,
    truncated: received.oversize,
    decisions: transaction.decisions,
    ...(answer === null ? {} : { authentication: answer }),
    machine: plan.machine,
    notify,
    deliveries: notify === null ? deliveries : [...deliveries, ...noticesOf(deliveries, notify, plan.notices!)],
  }
}

const noticeFacts = ({ sender, requireTls }: Transaction, header: Header) => ({
  sender,
  requireTls,
  list: hasListField(header),
})

/** One for each reason that the writer should hear of: his message was answered 250, and nobody will read it. */
function noticesOf(deliveries: readonly NewDelivery[], to: string, { per }: { readonly per: number }): readonly NewDelivery[] {
  const told = new Map<Reason, NewDelivery>()
  for (const refused of deliveries) {
    const { state, reason } = refused
    if (state !== 'discarded' || reason === null || !hears(reason) || told.has(reason)) continue
    told.set(reason, noticeDelivery({ of: refused, to, reason, per }))
  }
  return [...told.values()]
}

/** One for each processor that gets the mail of the recipient. */
function newDeliveries(transaction: Transaction, plan: MessagePlan, i: number): readonly NewDelivery[] {
  const { address, mailbox } = transaction.recipients[i]!
  const { verdict, grant } = plan.settled[i]!
  const common = {
    recipient: address,
    mailbox,
    route: 'route' in grant ? grant.route.name : grant.kind,
    key: grant.kind === 'key' ? grant.key : '',
    claims: grant.kind === 'key' ? grant.claims : {},
    reason: verdict.kind === 'accept' ? null : verdict.reason,
    idempotency: idempotencyKey({
      recipient: sameRecipient(address, mailbox, grant),
      header: plan.header,
      authenticated: plan.answer?.from.authenticated ?? false,
    }),
  }
  return destinations(grant, plan.postmaster).map(({ processor, settled }) => ({
    ...common,
    processor,
    state: stateOf(verdict, isAsked(plan.settled[i]!) ? 'delivering' : settled),
  }))
}

const stateOf = (verdict: Verdict, accepted: NewDelivery['state']): NewDelivery['state'] =>
  verdict.kind === 'hold' ? 'held' : verdict.kind === 'discard' ? 'discarded' : accepted

/** Whether an application is asked before the reply. An inbox has nothing to say. */
export const isAsked = ({ verdict, grant }: Judged): boolean =>
  verdict.kind === 'accept' && 'route' in grant && grant.route.handoff === 'inline' && grant.route.destinations[0]!.settled === 'queued'

/**
 * What makes two addresses one recipient. Case doesn't, except in a key: `Incoming+K@…` and `incoming+K@…` are one, `+k@` is
 * another. The `@` at the end keeps a keyed recipient apart from every address and its key out of the domain's folding.
 */
function sameRecipient(address: string, mailbox: string, grant: Grant): string {
  return grant.kind === 'key' ? `${mailbox.length}:${mailbox}:${grant.key}@` : address.toLowerCase()
}

export const destinations = (grant: Grant, postmaster: Postmaster): readonly Destination[] =>
  'route' in grant ? grant.route.destinations : [postmaster.destination]

const bounded = (value: string | undefined) => (value ?? '').slice(0, 1000)
