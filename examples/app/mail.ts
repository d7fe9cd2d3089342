/**
 * What this application keeps of an event (docs/event.md), and what it answers. The event comes from outside: a member that is not
 * there, or that we don't know, must break nothing.
 */

export const verdicts = ['accept', 'hold', 'discard', 'refuse'] as const
export type Verdict = (typeof verdicts)[number]

export interface Mail {
  readonly id: string
  readonly idempotencyId: string
  readonly mailbox: string
  readonly recipient: string
  /** RFC5321.MailFrom: anybody can write any address here. */
  readonly sender: string
  /** The address in From, where its domain vouched for it. */
  readonly author: string | null
  readonly subject: string
  readonly received: string
  readonly claims: { readonly subject?: string }
  /** What was newly written, above quotes and signature; null where Postern could not tell. */
  readonly text: string | null
  /** base64: Postern's trace fields, then the message as it was received. null where the event has it not. */
  readonly raw: string | null
  /** What we answered, and answer to a repeat. */
  readonly verdict: Verdict
}

interface Event {
  readonly data: Pick<Mail, 'id' | 'idempotencyId' | 'mailbox' | 'recipient' | 'subject' | 'received' | 'claims'> & {
    readonly envelope?: { readonly sender?: string }
    readonly authentication?: { readonly from: { readonly address: string | null; readonly authenticated: boolean } } | null
    readonly content?: { readonly text?: string | null; readonly reply?: { readonly text: string } | null } | null
    readonly raw?: { readonly content?: string } | null
  }
}

export function mailOf(event: unknown, verdict: Verdict): Mail {
  const { data } = event as Event
  const { id, idempotencyId, mailbox, recipient, subject, received, claims, envelope, authentication, content, raw } = data
  if (typeof idempotencyId !== 'string' || idempotencyId === '') throw new RangeError('the event has no idempotencyId')
  return {
    id,
    idempotencyId,
    mailbox,
    recipient,
    sender: envelope?.sender ?? '',
    author: authentication?.from.authenticated === true ? authentication.from.address : null,
    subject,
    received,
    claims,
    text: content?.reply?.text ?? content?.text ?? null,
    raw: raw?.content ?? null,
    verdict,
  }
}

/** The answer to a call: a refusal is a 4xx, so that a reader of logs sees it too. */
export const answerOf = ({ verdict }: Mail): { status: number; body: { verdict: Verdict; text?: string } } =>
  verdict === 'refuse' ? { status: 422, body: { verdict, text: 'This ticket is closed' } } : { status: 200, body: { verdict } }
