/**
 * Which kind of machine wrote a message, if one did: what all that screening found comes to. Data for the answer about the
 * sender, for notices (which machines never get) and for routes that want bounces; it refuses nothing by itself.
 */
import type { ReversePath } from '../../mail/envelope.ts'
import type { Machine } from '../authentication/answer.ts'
import { envelopeFindings, type Finding, type Rule } from './findings.ts'

/** What each rule tells of the writer. */
export const machines: Readonly<Record<Rule, Machine>> = {
  // Receipts and vacation notices come from there as well (RFC 5321 4.5.5): only with another sign is it a bounce.
  'null-reverse-path': 'auto-reply',
  'mailer-daemon': 'bounce',
  'delivery-status': 'bounce',
  bounce: 'bounce',
  'auto-submitted': 'auto-reply',
  'x-autoreply': 'auto-reply',
  'x-autorespond': 'auto-reply',
  'precedence-auto-reply': 'auto-reply',
  'multipart-report': 'auto-reply',
  challenge: 'auto-reply',
  'vacation-field': 'auto-reply',
  'vacation-subject': 'auto-reply',
  'loop-mark': 'auto-reply',
  verification: 'verification',
  'list-sender': 'list',
  'list-id': 'list',
  'precedence-bulk': 'list',
  'received-count': 'none',
}

/** The one that says most wins: a code that a service sends is Auto-Submitted too, a vacation notice may be Precedence: bulk. */
const order: readonly Machine[] = ['bounce', 'verification', 'auto-reply', 'list']

export interface MachineFacts {
  /** Of header and body (examine.ts). Vacation notices count where they were looked for. */
  readonly findings: readonly Finding[]
  readonly sender: ReversePath
}

export function machineOf({ findings, sender }: MachineFacts): Machine {
  const told = new Set([...envelopeFindings(sender), ...findings].map(({ rule }) => machines[rule]))
  return order.find(machine => told.has(machine)) ?? 'none'
}
