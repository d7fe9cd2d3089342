/**
 * A notice as the spool takes it: one more delivery of the refused message, to the address that may be told (RFC 3834 4),
 * by the processor that writes and sends it. Whether anybody may be told is decided before (policy/notice/), never here.
 */
import { parseAddress } from '../mail/address.ts'
import type { Reason } from '../policy/reasons.ts'
import { asciiLower, canonicalDomain } from '../policy/recipient/pattern.ts'
import type { NewDelivery } from './ports.ts'

/** The name of the processor of notices; no configured one can have it. */
export const noticeProcessorName = '(notice)'

export interface Refused {
  /** The delivery that the notice tells of: one being added, or one that has failed. */
  readonly of: Pick<NewDelivery, 'recipient' | 'mailbox' | 'route' | 'key'>
  /** Who is told. */
  readonly to: string
  readonly reason: Reason
  /** The application's words, one line. */
  readonly text?: string
  /** One notice a sender and reason in so many milliseconds: a second one is a repeat, and nothing is added. */
  readonly per: number
}

export function noticeDelivery({ of, to, reason, text, per }: Refused): NewDelivery {
  const { recipient, mailbox, route, key } = of
  return {
    recipient: to,
    mailbox,
    route,
    key,
    claims: {},
    processor: noticeProcessorName,
    state: 'queued',
    reason,
    idempotency: { material: `notice,${framed(folded(to))}${framed(reason)}`, alone: true, window: per },
    about: { recipient, reason, ...(text === undefined ? {} : { text }) },
  }
}

/** The length in front keeps one value from spilling into the next. */
const framed = (value: string): string => `${value.length}:${value},`

/** One writer, however the address is spelled: nobody gets a second notice for writing from `Alice@`. */
function folded(address: string): string {
  const { localPart, domain } = parseAddress(address) ?? { localPart: address, domain: '' }
  return `${asciiLower(localPart)}@${canonicalDomain(domain)}`
}
