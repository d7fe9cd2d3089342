/**
 * What Postfix should do with a recipient (SMTPD_POLICY_README, access(5)): refuse with our reply, defer, or go on with its
 * other restrictions (DUNNO). Never OK: it would let in what a later restriction refuses. The client still has the message:
 * what depends on the sender is answered too.
 */
import { isIP } from 'node:net'
import type { Protocol } from '../../mail/envelope.ts'
import { formatReply, isTransient, type Reply } from '../../mail/reply.ts'
import { canonicalDomain } from '../../policy/recipient/pattern.ts'
import { refusal, reject, type Verdict } from '../../policy/verdict.ts'
import { ask, type Opinion, refuse } from '../../transaction/ask.ts'
import { beginTransaction, type MailCommand } from '../../transaction/at-mail.ts'
import type { Guard } from '../../transaction/guard.ts'
import type { Site } from '../../transaction/site.ts'
import { decided, type SessionFacts } from '../../transaction/transaction.ts'
import { parseUnquoted, senderOf, split } from './address.ts'
import { charge } from './charge.ts'
import { originOf, type Told } from './origin.ts'
import type { PolicyRequest } from './request.ts'

const session: SessionFacts = { listener: 'policy', peer: 'origin', replyPerRecipient: false, normalizeLineEndings: false }

const dunno = 'action=DUNNO\n\n'
/** Postfix puts 450 and 4.7.1 before it. */
export const sorry = 'action=DEFER_IF_PERMIT Temporary failure\n\n'

export interface PolicyParts {
  readonly guard: Guard
  readonly told: Told
}

export function answerPolicy(site: Site, parts: PolicyParts, request: PolicyRequest): string | Promise<string> {
  if (request.protocol_state !== 'RCPT') return dunno
  const recipient = parseUnquoted(request.recipient)
  if (recipient === null) return unreadable(site, parts.guard, request)
  const opinion = ask(site, { session, mail: mailOf(request), recipient })
  const answer = (settled: Opinion): string | Promise<string> =>
    settled.verdict.kind === 'accept'
      ? aboutSender(site, parts, { ...settled, instance: request.instance })
      : said(site, parts.guard, settled)
  return opinion instanceof Promise ? opinion.then(answer) : answer(opinion)
}

/** The recipient is good: what does SPF say of the client? */
function aboutSender(
  site: Site,
  { guard, told }: PolicyParts,
  { transaction, instance }: Opinion & { readonly instance: string },
): string | Promise<string> {
  // Mail for postmaster is taken from anybody.
  const asked = transaction.recipients[0]?.grant.kind === 'postmaster' ? null : originOf(site, transaction)
  if (asked === null) return dunno
  return asked.then(({ verdict, field }) => {
    if (verdict.kind !== 'accept') return said(site, guard, { transaction, verdict })
    return told.first(instance) ? `action=PREPEND ${field}\n\n` : dunno
  })
}

/** At our own domains no recipient can have such an address, and the next hop would refuse it when a bounce is all that is left. */
function unreadable(site: Site, guard: Guard, request: PolicyRequest): string {
  if (!site.directory.domains.has(canonicalDomain(split(request.recipient).domain))) return dunno
  const transaction = beginTransaction(site, session, mailOf(request))
  const recipient = request.recipient.slice(0, 512)
  decided(transaction, { stage: 'rcpt', recipient, verdict: 'reject', reason: 'recipient.syntax' })
  return said(site, guard, { transaction, verdict: reject('recipient.syntax') })
}

function said(site: Site, guard: Guard, { transaction, verdict }: Opinion): string {
  const refused = refusal(verdict)
  if (refused === undefined || isForOthers(verdict)) return dunno
  return action(refuse(site, transaction, charge(guard, transaction, verdict) ?? refused))
}

/** A domain that we don't serve: what becomes of its mail is for Postfix to say. */
const isForOthers = (verdict: Verdict): boolean => verdict.kind === 'reject' && verdict.reason === 'recipient.relay'

/**
 * A 5yz and the 421 that ends the session stand for themselves. Any other 4yz must not overrule a refusal by one of the
 * restrictions behind us; Postfix makes 450 of it and keeps the enhanced code.
 */
function action(reply: Reply): string {
  const line = formatReply(reply)
  return isTransient(reply) && reply.code !== 421 ? `action=DEFER_IF_PERMIT ${line.slice(4)}\n\n` : `action=${line}\n\n`
}

function mailOf(request: PolicyRequest): MailCommand {
  const { client_address, client_name, helo_name, queue_id, size } = request
  return {
    reversePath: senderOf(request.sender),
    size: /^[1-9]\d{0,14}$/.test(size) ? Number(size) : null,
    smtpUtf8: false,
    client: {
      address: isIP(client_address) === 0 ? null : client_address,
      name: client_name === 'unknown' ? null : client_name || null,
      helo: helo_name || null,
      ident: queue_id || null,
    },
    protocol: protocols.get(request.protocol_name) ?? 'ESMTP',
  }
}

const protocols: ReadonlyMap<string, Protocol> = new Map([['SMTP', 'SMTP']])
