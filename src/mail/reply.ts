/**
 * An SMTP reply as data: basic code (RFC 5321 4.2), enhanced status code (RFC 3463) and text.
 * The class digit of the enhanced code is taken from the basic code, so a pair such as `450 5.1.1` can't be written.
 * Must not know which reply is used when: that is the catalogue's (replies.ts) and the policies' business.
 */
export type PositiveCode = 220 | 221 | 250 | 252 | 354
export type TransientCode = 421 | 450 | 451 | 452
export type PermanentCode = 500 | 501 | 502 | 503 | 504 | 530 | 550 | 552 | 553 | 554 | 555
export type ReplyCode = PositiveCode | TransientCode | PermanentCode

/** `code` is the basic code, `status` the whole enhanced code ("5.1.1") or null where none is sent (220, 354, EHLO). */
export interface Reply<Code extends ReplyCode = ReplyCode> {
  readonly code: Code
  readonly status: string | null
  readonly text: string
}
export type Positive = Reply<PositiveCode>
export type Transient = Reply<TransientCode>
export type Permanent = Reply<PermanentCode>

/** Subject and detail of an enhanced status code, without its class: "1.1". */
export type StatusDetail = `${number}.${number}`

export function reply<Code extends ReplyCode>(code: Code, detail: StatusDetail | null, text: string): Reply<Code> {
  const status = detail === null ? null : `${Math.floor(code / 100)}.${detail}`
  return Object.freeze({ code, status, text })
}

/** The same reply with more text behind it: a transaction id, a limit. What comes from a peer must not be put here, but for one line of the application that refused. */
export function withText<Code extends ReplyCode>(base: Reply<Code>, more: string): Reply<Code> {
  return { code: base.code, status: base.status, text: `${base.text} ${more}` }
}

export const isTransient = (r: Reply): r is Transient => r.code >= 400 && r.code < 500
export const isPermanent = (r: Reply): r is Permanent => r.code >= 500

/** One reply line without its CRLF. Control characters, which could split it in two, become spaces; so does non-ASCII. */
export function formatReply(r: Reply): string {
  const text = /[^\x20-\x7e]/.test(r.text) ? r.text.replace(/[^\x20-\x7e]/g, ' ') : r.text
  return r.status === null ? `${r.code} ${text}` : `${r.code} ${r.status} ${text}`
}
