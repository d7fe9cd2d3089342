/**
 * The trace fields that a message gets in front when it is handed over: Authentication-Results (made elsewhere), Return-Path,
 * Delivered-To and Received (RFC 5321 4.4). What a client said of itself goes through one encoder, so that it can't add a
 * clause, a field or a line. The stored message is never touched. Formats only; knows nothing of who may be believed.
 */
import type { Client, Protocol } from './envelope.ts'

export interface TraceFacts {
  /** Ours. */
  readonly hostname: string
  readonly id: string
  /** Milliseconds since 1970. */
  readonly received: number
  /** RFC5321.MailFrom, '' for the null reverse-path. */
  readonly sender: string
  readonly recipient: string
  readonly client: Client
  readonly protocol: Protocol
  /** Our finished Authentication-Results field with its CRLF; absent where nothing was checked. */
  readonly results?: string
}

/** Three fields, or four with `results` in front, each ended by CRLF, lines of at most 998 octets; ASCII unless the protocol is one of RFC 6531. */
export function traceFields(facts: TraceFacts): string {
  const utf8 = facts.protocol.startsWith('UTF8')
  const recipient = path(facts.recipient, utf8)
  return (
    `${facts.results ?? ''}Return-Path: <${path(facts.sender, utf8)}>\r\n` +
    `Delivered-To: ${recipient}\r\n` +
    `Received: ${from(facts.client, utf8)}by ${word(facts.hostname, utf8)} with ${facts.protocol}\r\n` +
    `\tid ${word(facts.id, utf8)} for <${recipient}>;\r\n` +
    `\t${date(facts.received)}\r\n`
  )
}

/** The clause about the client; empty where nothing is known of it, as for mail from a local socket. */
function from({ address, name, helo }: Client, utf8: boolean): string {
  if (address === null && name === null && helo === null) return ''
  const said = word(helo ?? name ?? 'unknown', utf8)
  if (address === null) return `from ${said}${name === null ? '' : ` (${word(name, utf8)})`}\r\n\t`
  return `from ${said} (${word(name ?? 'unknown', utf8)} [${literal(address)}])\r\n\t`
}

/** RFC 5321 4.1.3. */
function literal(address: string): string {
  const harmless = bounded(address, 64).replace(/[^0-9A-Za-z.:%-]/gu, '?')
  return harmless.includes(':') ? `IPv6:${harmless}` : harmless
}

/** The encoder: an address literal, or letters, digits and what names need. Anything else becomes a question mark. */
function word(text: string, utf8: boolean): string {
  if (addressLiteral.test(text)) return text
  const harmless = bounded(text, 255).replace(utf8 ? notInWord : notInAsciiWord, '?')
  return harmless === '' ? 'unknown' : harmless
}
const addressLiteral = /^\[[0-9A-Za-z.:]{1,64}\]$/
const notInAsciiWord = /[^A-Za-z0-9._:-]/gu
const notInWord = /[^A-Za-z0-9._:\u{a1}-\u{d7ff}\u{e000}-\u{10ffff}-]|[\u2028\u2029\ufeff]/gu

/** An address was parsed before; this only makes sure that nothing gets out of its line or its brackets. */
function path(text: string, utf8: boolean): string {
  return bounded(text, 512).replace(utf8 ? notInPath : notInAsciiPath, '?')
}
const notInAsciiPath = /[^\x20-\x7e]/gu
const notInPath = /[\x00-\x1f\x7f-\x9f\u2028\u2029]|\p{Cs}/gu

/** At most `octets` octets of UTF-8, never half a character. */
function bounded(text: string, octets: number): string {
  if (text.length * 3 <= octets) return text
  let left = octets
  let result = ''
  for (const character of text) {
    const code = character.codePointAt(0)!
    left -= code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    if (left < 0) break
    result += character
  }
  return result
}

/** RFC 5322 3.3, in UTC. */
const date = (at: number): string => new Date(at).toUTCString().replace('GMT', '+0000')
