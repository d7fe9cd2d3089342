/**
 * What envelope and header say about who wrote a message: a machine (`automatic`), a group or list (`tag`), or we ourselves
 * (`loop`). RFC 3834 2 and 5, RFC 3464, RFC 2919, RFC 5321 6.3. Findings only: the operator's settings make verdicts of
 * them (actions.ts), so that every rule can be watched before it acts.
 */
import type { ReversePath } from '../../mail/envelope.ts'
import type { Header } from '../../mail/header-fields.ts'
import { firstKeyword, mediaType, parameter } from './keywords.ts'

export interface Finding {
  readonly rule: Rule
  /** `vacation`: a guess from habits of responders that say nothing themselves; counts only where the operator wants it. */
  readonly class: 'automatic' | 'tag' | 'loop' | 'vacation'
  /** For people: what was seen, at most 120 characters. */
  readonly detail: string
}

/** Rules and what they find; the names appear in logs and on the page. */
export const rules = {
  'null-reverse-path': 'automatic',
  'mailer-daemon': 'automatic',
  'list-sender': 'tag',
  'auto-submitted': 'automatic',
  'x-autoreply': 'automatic',
  'precedence-auto-reply': 'automatic',
  'delivery-status': 'automatic',
  'multipart-report': 'automatic',
  bounce: 'automatic',
  challenge: 'automatic',
  'precedence-bulk': 'tag',
  'list-id': 'tag',
  'x-autorespond': 'tag',
  'received-count': 'loop',
  'loop-mark': 'loop',
  'vacation-field': 'vacation',
  'vacation-subject': 'vacation',
  verification: 'tag',
} as const satisfies Record<string, Finding['class']>

export type Rule = keyof typeof rules

/** Over this many Received fields a message goes in circles. RFC 5321 6.3 would have it 100 or more; mail that people send stays far below 50. */
export const maxReceived = 50

/** The field that mail sent by ourselves carries, and its value. */
export const loopField = 'X-Loop'
export const loopMark = (hostname: string): string => `postern@${hostname.toLowerCase()}`

export const finding = (rule: Rule, detail: string): Finding => ({ rule, class: rules[rule], detail: detail.slice(0, 120) })

/** What the reverse-path tells. At most one finding. */
export function envelopeFindings(sender: ReversePath): readonly Finding[] {
  if (sender === null) return [finding('null-reverse-path', '<>')]
  if (sender.localPart.length === 13 && sender.localPart.toLowerCase() === 'mailer-daemon') {
    return [finding('mailer-daemon', sender.localPart)]
  }
  return listSender.test(sender.localPart) ? [finding('list-sender', sender.localPart)] : []
}
// Mailing list managers and senders with variable reverse-paths: list-bounces, list-bounces+you=host, bounce-…, owner-…, …-owner, …-request.
const listSender = /^(?:owner|bounces?)[-+]|^bounces?$|-(?:bounces?|owner|request)(?:$|[-+])/i

/** What the header section tells; `hostname` is ours. Any of several fields of a name counts. */
export function messageFindings(header: Header, hostname: string): readonly Finding[] {
  const found: Finding[] = []
  const each = (name: string, look: (value: string) => Finding | null): void => {
    for (const value of header.all(name)) {
      const result = look(value)
      if (result === null) continue
      found.push(result)
      return
    }
  }
  const received = header.count('received')
  if (received > maxReceived) found.push(finding('received-count', `${received} Received fields`))
  const mark = loopMark(hostname)
  each('x-loop', value => (value.toLowerCase() === mark ? finding('loop-mark', value) : null))
  each('auto-submitted', value => (firstKeyword(value) === 'no' ? null : finding('auto-submitted', value)))
  each('x-autoreply', value => (firstKeyword(value) === 'yes' ? finding('x-autoreply', value) : null))
  each('precedence', value => (firstKeyword(value) === 'auto_reply' ? finding('precedence-auto-reply', value) : null))
  each('precedence', value => (bulk.has(firstKeyword(value)) ? finding('precedence-bulk', value) : null))
  each('content-type', reportOf)
  each('list-id', value => finding('list-id', value))
  each('x-autorespond', value => finding('x-autorespond', value))
  return found
}

/** RFC 6522: what a report is about stands beside its type. A receipt or a complaint is no bounce. */
function reportOf(value: string): Finding | null {
  if (mediaType(value) !== 'multipart/report') return null
  const type = parameter(value, 'report-type')?.toLowerCase()
  return finding(type === 'delivery-status' ? 'delivery-status' : 'multipart-report', value)
}

const bulk: ReadonlySet<string> = new Set(['bulk', 'junk', 'list'])
