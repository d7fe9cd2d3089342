/**
 * Why a transaction was not simply accepted: a stable token, the reply that speaks for it at an origin peer, and what it
 * means to the operator. Tokens appear in replies' traces, the log, the API and the page; they never change their meaning.
 */
import * as replies from '../mail/replies.ts'
import type { Reply } from '../mail/reply.ts'

export interface ReasonFacts {
  /** 250 where the mail is kept, or was, whoever sent it. */
  readonly reply: Reply
  readonly meaning: string
}

export const reasons = {
  'connection.limit': { reply: replies.tooManyConnections, meaning: 'limits.connections was reached' },
  'connection.network-limit': { reply: replies.tooManyFromNetwork, meaning: 'the network has limits.connections-per-network open' },
  'connection.errors': { reply: replies.tooManyErrors, meaning: 'the client used up limits.errors' },
  'connection.harvesting': { reply: replies.tooManyUnknownRecipients, meaning: 'the network used up limits.unknown-recipients' },
  'connection.not-trusted': { reply: replies.peerNotTrusted, meaning: 'the peer is not among the listener’s trusted networks' },
  'connection.proxy': {
    reply: replies.notProxied,
    meaning: 'no PROXY header, or a bad one, from a peer of proxy-protocol; it was cut off without a word',
  },
  'connection.early-talker': { reply: replies.spokeEarly, meaning: 'the client spoke before the greeting (early-talker)' },
  'connection.starttls': {
    reply: replies.spokeBeforeTls,
    meaning: 'octets in the clear came behind STARTTLS: commands put in by a third party, or a client that does not wait',
  },
  'connection.tls-required': { reply: replies.tlsRequired, meaning: 'the listener takes no mail without TLS (tls: required)' },
  'sender.syntax': { reply: replies.badSender, meaning: 'MAIL FROM could not be parsed' },
  'recipient.syntax': { reply: replies.badRecipient, meaning: 'RCPT TO could not be parsed' },
  'recipient.relay': { reply: replies.relayingDenied, meaning: 'the domain is not one that this server serves' },
  'recipient.unknown': { reply: replies.unknownRecipient, meaning: 'the domain is ours, no mailbox has this address' },
  'recipient.too-many': { reply: replies.tooManyRecipients, meaning: 'limits.recipients was reached in this transaction' },
  'recipient.postmaster-full': { reply: replies.postmasterBusy, meaning: 'a cap of the postmaster mailbox was reached' },
  'key.unknown': { reply: replies.unknownRecipient, meaning: 'the mailbox matches, its key does not' },
  'key.expired': { reply: replies.keyExpired, meaning: 'the key was good once and has expired' },
  'key.revoked': { reply: replies.keyRevoked, meaning: 'the key was withdrawn' },
  'key.unavailable': { reply: replies.keyUnavailable, meaning: 'the key store gave no answer; the client tries again' },
  'key.missing': { reply: replies.noKeyInMessage, meaning: 'a dedicated address, and no valid key in the References field' },
  'message.automatic': { reply: replies.automaticMail, meaning: 'an automatic reply, a bounce or another machine’s mail' },
  'message.loop': { reply: replies.mailLoop, meaning: 'over 50 Received fields, or our own loop mark' },
  'message.too-large': { reply: replies.tooLarge, meaning: 'larger than limits.message-size' },
  'message.line-endings': { reply: replies.bareLineEnding, meaning: 'a bare CR, bare LF or NUL in the message' },
  'authentication.dmarc': { reply: replies.dmarcFailed, meaning: 'DMARC failed, and the domain in From asks for reject or quarantine' },
  'authentication.spf': { reply: replies.spfFailed, meaning: 'SPF failed, and authentication.spf is enforce' },
  'authentication.required': { reply: replies.senderUnverified, meaning: 'the route takes mail of authenticated senders only' },
  'authentication.unavailable': {
    reply: replies.senderUnknownYet,
    meaning: 'the DNS gave no answer that mattered; at a relay peer that waited for too long: held',
  },
  'sender.not-bound': { reply: replies.senderNotBound, meaning: 'the authenticated sender is not one of those the key is bound to' },
  'message.rate': {
    reply: replies.accepted,
    meaning: 'a cap per key, per sender or per pair was reached: held, in case it is a loop',
  },
  'application.refused': { reply: replies.applicationRefused, meaning: 'the application looked at the message and does not want it' },
  'application.held': { reply: replies.accepted, meaning: 'the application asked to hold the message' },
  'application.discarded': { reply: replies.accepted, meaning: 'the application asked to discard the message' },
  'application.late': {
    reply: replies.applicationLate,
    meaning: 'the application was asked before the reply, gave no answer in time, and delivery.inline.late is defer',
  },
  'application.failed': { reply: replies.accepted, meaning: 'no processor could take the message, or it was given up' },
  'spool.full': { reply: replies.spoolFull, meaning: 'the spool’s disk is full, read-only or below its minimum of free space' },
  'internal.error': { reply: replies.temporaryFailure, meaning: 'something unexpected; details are in the log under the same id' },
} as const satisfies Record<string, ReasonFacts>

export type Reason = keyof typeof reasons
type WithCode<Low extends string> = {
  [R in Reason]: `${(typeof reasons)[R]['reply']['code']}` extends `${Low}${string}` ? R : never
}[Reason]
/** Reasons whose reply is 4yz, and those whose reply is 5yz. */
export type DeferReason = WithCode<'4'>
export type RejectReason = WithCode<'5'>
