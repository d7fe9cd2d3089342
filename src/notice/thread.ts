/**
 * In-Reply-To and References of an answer (RFC 5322 3.6.4), from what a stranger wrote in the message that is answered. What is
 * no plain msg-id is left out; the list is bounded, and keeps its first id, by which readers find the thread. Pure.
 */

/** Ids that are kept. */
export const mostReferences = 20
/** Octets of one id; its line then stays below 998 (RFC 5322 2.1.1). */
export const longestId = 250
/** Octets that are looked at. */
const longestField = 16_384

export interface Answered {
  readonly messageId: string
  readonly references: string
  readonly inReplyTo: string
}

/** `inReplyTo` is '' where the message has no usable id; it then joins no thread either. */
export function thread({ messageId, references, inReplyTo }: Answered): {
  readonly inReplyTo: string
  readonly references: readonly string[]
} {
  const [own, ...others] = idsOf(messageId)
  if (own === undefined || others.length > 0) return { inReplyTo: '', references: [] }
  const parents = idsOf(references)
  const before = idsOf(inReplyTo)
  // Without References the parent is in In-Reply-To, if that names one alone.
  const all = [...new Set(parents.length > 0 ? parents : before.length === 1 ? before : [])].filter(id => id !== own)
  const kept = all.length < mostReferences ? all : [...all.slice(0, 1), ...all.slice(2 - mostReferences)]
  return { inReplyTo: own, references: [...kept, own] }
}

/** Everything in angle brackets that is a msg-id: printable ASCII with an `@`, no white space, no brackets, no encoded-word. */
export const idsOf = (field: string): readonly string[] =>
  (field.slice(0, longestField).match(/<[^<>]*>/g) ?? []).filter(id => id.length <= longestId && !id.includes('=?') && msgId.test(id))
const msgId = /^<[!-;=?A-~]+@[!-;=?A-~]+>$/
