/**
 * Of which refusals a writer should hear, when his message was already answered 250: those that he, or whoever gave him the
 * address, can do something about. Whom one may tell at all is another question (may-notify.ts).
 */
import type { Reason } from '../reasons.ts'

/** Every reason is listed, so that a new one has to be thought about. */
const heard: Readonly<Record<Reason, boolean>> = {
  'connection.limit': false,
  'connection.network-limit': false,
  'connection.errors': false,
  'connection.harvesting': false,
  'connection.not-trusted': false,
  'connection.proxy': false,
  'connection.early-talker': false,
  'connection.starttls': false,
  'connection.tls-required': false,
  'sender.syntax': false,
  'recipient.syntax': false,
  'recipient.relay': false,
  'recipient.unknown': true,
  'recipient.too-many': false,
  'recipient.postmaster-full': false,
  'key.unknown': true,
  'key.expired': true,
  'key.revoked': true,
  'key.unavailable': false,
  'key.missing': true,
  // A machine would answer; a loop would go on; a flood would be a flood of notices.
  'message.automatic': false,
  'message.loop': false,
  'message.rate': false,
  'message.too-large': true,
  'message.line-endings': true,
  // The author did not write it, as far as anybody knows: whoever did needs no help from us.
  'authentication.dmarc': false,
  'authentication.spf': false,
  'authentication.required': true,
  // Held, and may still be handed over.
  'authentication.unavailable': false,
  'sender.not-bound': true,
  'application.refused': true,
  // Held, and may still be handed over; or as the application wants it.
  'application.held': false,
  'application.discarded': false,
  'application.late': false,
  'application.failed': true,
  'spool.full': false,
  'internal.error': false,
}

export const hears = (reason: Reason): boolean => heard[reason]

/** All of them, for whoever has to have words for each. */
export const heardReasons = (Object.keys(heard) as Reason[]).filter(hears)
