/**
 * The parsed view of a message, as types: what an application needs to know of it without a MIME parser of its own. Made by content/,
 * handed over inside the event. Times are ISO 8601 in UTC, sizes octets, text is as decoded, with LF line ends.
 */

/** `over-budget`: the message would have taken more time, memory, parts, depth or addresses than it may; `unreadable`: it is no message. */
export type Content = ParsedContent | UnparsedContent

export interface UnparsedContent {
  readonly status: 'over-budget' | 'unreadable'
  /** Which budget, or what is wrong, for people. */
  readonly problem: string
}

export interface ParsedContent {
  readonly status: 'parsed'
  /** All fields in the order of the message, decoded (RFC 2047, and raw UTF-8). */
  readonly header: readonly HeaderField[]
  readonly subject: string
  readonly from: readonly Mailbox[]
  readonly replyTo: readonly Mailbox[]
  readonly to: readonly Mailbox[]
  readonly cc: readonly Mailbox[]
  /** From the Date field; null where it can't be read. */
  readonly date: string | null
  /** With angle brackets; '' where there is none. */
  readonly messageId: string
  readonly inReplyTo: readonly string[]
  readonly references: readonly string[]
  /** The text of the message, made from the HTML where it has only that; null where it has neither. */
  readonly text: string | null
  /** Where `text` comes from. */
  readonly textFrom: 'text' | 'html' | null
  /** As sent: it may hold anything. null where there is none. */
  readonly html: string | null
  /** The new text, above quotes and signature. null where there is no text. */
  readonly reply: Reply | null
  readonly attachments: readonly Attachment[]
  /** What was cut to its limit: 'header', 'text', 'html'. */
  readonly truncated: readonly string[]
}

export interface HeaderField {
  readonly name: string
  readonly value: string
}

export interface Mailbox {
  readonly name: string
  readonly address: string
}

export interface Reply {
  /** '' where nothing new was written. */
  readonly text: string
  /** What was cut off: the quoted mail and the signature; '' where there was none. */
  readonly quoted: string
  readonly signature: string
}

export interface Attachment {
  /** From 0, in the order of the message: its number in links. */
  readonly index: number
  /** As the sender wrote it, without path, control and bidirectional characters; null where it has none. */
  readonly name: string | null
  /** Lower case: 'image/png'. */
  readonly type: string
  readonly size: number
  /** Of the decoded octets, hexadecimal. */
  readonly sha256: string
  readonly disposition: 'attachment' | 'inline'
  /** Without angle brackets; null where it has none. */
  readonly contentId: string | null
  /** Base64; only where it is small enough. */
  readonly content?: string
  /** Where it can be fetched without a token, for a time. */
  readonly url?: string
}
