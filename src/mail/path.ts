/**
 * The arguments of MAIL and RCPT (RFC 5321 4.1.1.2, 4.1.1.3, 4.1.2; SIZE RFC 1870, BODY RFC 6152, SMTPUTF8 RFC 6531,
 * REQUIRETLS RFC 8689).
 * Strict: angle brackets required, source routes checked and ignored, unknown or repeated parameters refused. One space
 * behind the colon is tolerated, since clients write it. Never throws. Knows nothing of sequence, limits or mailboxes.
 */
import { type Address, needsUtf8, parseAddress } from './address.ts'
import { badParameter, badRecipient, badSender, parameterNotSupported, senderNeedsUtf8 } from './replies.ts'
import type { Permanent } from './reply.ts'

/** Upper-case name to value; null where none was given. A Map, since the client chooses the names. */
export type Parameters = ReadonlyMap<string, string | null>

export interface Refused {
  readonly ok: false
  readonly reply: Permanent
}

export interface MailCommand {
  readonly ok: true
  /** null is the null reverse-path `<>`. */
  readonly path: Address | null
  readonly parameters: Parameters
  /** SIZE as declared, in octets; null where it was not. */
  readonly size: number | null
  readonly smtpUtf8: boolean
  /** REQUIRETLS was given; whether it may be here is the caller's affair. */
  readonly requireTls: boolean
}

export interface RcptCommand {
  readonly ok: true
  /** 'postmaster' is `<Postmaster>` without a domain (RFC 5321 4.5.1). */
  readonly path: Address | 'postmaster'
}

/** `line` is what stands behind the verb, without CRLF: `FROM:<a@b.example> SIZE=3`. */
export function parseMailCommand(line: string): MailCommand | Refused {
  const split = splitCommand(line, 'FROM:')
  if (split === null) return { ok: false, reply: badSender }
  const parameters = parseParameters(split.rest)
  const path = split.path === '' ? null : parsePath(split.path)
  if (path === undefined) return { ok: false, reply: badSender }
  if (parameters === null) return { ok: false, reply: badParameter }
  for (const [name, value] of parameters) {
    const problem = mailParameterProblem(name, value)
    if (problem !== null) return { ok: false, reply: problem }
  }
  const smtpUtf8 = parameters.has('SMTPUTF8')
  if (!smtpUtf8 && needsUtf8(split.path)) return { ok: false, reply: senderNeedsUtf8 }
  const size = parameters.get('SIZE')
  return { ok: true, path, parameters, size: size === undefined ? null : Number(size), smtpUtf8, requireTls: parameters.has('REQUIRETLS') }
}

/** `TO:<a@b.example>`. `smtpUtf8`: whether MAIL of this transaction asked for it; without it an address must be ASCII (RFC 6531 3.4). */
export function parseRcptCommand(line: string, smtpUtf8: boolean): RcptCommand | Refused {
  const split = splitCommand(line, 'TO:')
  if (split === null) return { ok: false, reply: badRecipient }
  const path = split.path.length === 10 && split.path.toLowerCase() === 'postmaster' ? 'postmaster' : parsePath(split.path)
  if (path === undefined) return { ok: false, reply: badRecipient }
  const parameters = parseParameters(split.rest)
  if (parameters === null) return { ok: false, reply: badParameter }
  // DSN is not announced, so that ORCPT and NOTIFY are as unknown as all others.
  if (parameters.size > 0) return { ok: false, reply: parameterNotSupported }
  if (!smtpUtf8 && needsUtf8(split.path)) return { ok: false, reply: senderNeedsUtf8 }
  return { ok: true, path }
}

/** What stands in the brackets, and what stands behind them. U+FFFD shows that the line was no valid UTF-8. */
function splitCommand(line: string, word: 'FROM:' | 'TO:'): { readonly path: string; readonly rest: string } | null {
  if (forbidden.test(line) || (!line.startsWith(word) && line.slice(0, word.length).toUpperCase() !== word)) return null
  let start = word.length
  if (line[start] === ' ') start++
  if (line[start] !== '<') return null
  const end = closingBracket(line, start + 1)
  return end < 0 ? null : { path: line.slice(start + 1, end), rest: line.slice(end + 1) }
}
const forbidden = /[\x00-\x1f\x7f\ufffd]/

/** Index of the `>` that ends the path: one inside a quoted string doesn't. -1 where there is none. */
function closingBracket(line: string, from: number): number {
  const plain = line.indexOf('>', from)
  const quote = line.indexOf('"', from)
  if (quote < 0 || quote > plain) return plain
  let quoted = false
  for (let i = quote; i < line.length; i++) {
    const c = line[i]
    if (c === '"') quoted = !quoted
    else if (quoted && c === '\\') i++
    else if (c === '>' && !quoted) return i
  }
  return -1
}

/** The mailbox of a path without its source route (RFC 5321 4.1.1.3, appendix C); undefined where it can't be parsed. */
function parsePath(text: string): Address | undefined {
  if (!text.startsWith('@')) return parseAddress(text) ?? undefined
  const colon = text.indexOf(':')
  if (colon < 0 || text.length > 1024) return undefined
  const hops = text.slice(0, colon).split(',')
  if (!hops.every(hop => hop.startsWith('@') && parseAddress(`x${hop}`) !== null)) return undefined
  return parseAddress(text.slice(colon + 1)) ?? undefined
}

const none: Parameters = new Map()
const parameterSyntax = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([\x21-\x3c\x3e-\x7e]+))?$/

/** null for bad syntax or a repeated name. White space at the end of a line is tolerated (RFC 5321 4.1.1). */
function parseParameters(rest: string): Parameters | null {
  if (rest === '') return none
  if (!rest.startsWith(' ')) return null
  const parameters = new Map<string, string | null>()
  for (const word of rest.split(' ')) {
    if (word === '') continue
    const match = parameterSyntax.exec(word)
    if (match === null) return null
    const name = match[1]!.toUpperCase()
    if (parameters.has(name)) return null
    parameters.set(name, match[2] ?? null)
  }
  return parameters
}

function mailParameterProblem(name: string, value: string | null): Permanent | null {
  if (name === 'SIZE') return value !== null && /^[0-9]{1,20}$/.test(value) ? null : badParameter
  if (name === 'BODY') return value !== null && /^(?:7BIT|8BITMIME)$/i.test(value) ? null : badParameter
  if (name === 'SMTPUTF8' || name === 'REQUIRETLS') return value === null ? null : badParameter
  return parameterNotSupported
}
