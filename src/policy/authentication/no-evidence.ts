/**
 * What is known where nothing was looked at: because the check could not be made now (busy, crashed, stopped), which is a
 * temporary error for all of it; or because checks are off, which finds nothing.
 */
import { canonicalDomain } from '../recipient/pattern.ts'
import type { Arc, Dmarc, MessageEvidence, Spf } from './evidence.ts'

const arc: Arc = { result: 'none', instance: 0, sealer: null, dmarc: null, detail: '' }
const dmarc: Dmarc = { result: 'none', policy: null, domain: null, organisation: null, spfAligned: false, detail: '' }
const empty: MessageEvidence = { dkim: [], unchecked: 0, dmarc, arc, names: [], queries: 0 }

/** Checks are off. SPF: `noSpf`. */
export const uncheckedMessage: MessageEvidence = Object.freeze(empty)

/** `detail` for people: why, at most 200 characters. */
export const unavailable = (detail: string): MessageEvidence => ({
  ...empty,
  dmarc: { ...dmarc, result: 'temperror', detail },
  arc: { ...arc, temporary: true, detail },
  namesTemporary: true,
})

/** `sender` is RFC5321.MailFrom, '' for the null reverse-path: then HELO would have been checked (RFC 7208 2.4). */
export function unavailableSpf({ sender, helo }: { readonly sender: string; readonly helo: string | null }, detail: string): Spf {
  const domain = sender === '' ? (helo ?? '') : sender.slice(sender.lastIndexOf('@') + 1)
  return { result: 'temperror', identity: sender === '' ? 'helo' : 'mailfrom', domain: canonicalDomain(domain), detail, queries: 0 }
}
