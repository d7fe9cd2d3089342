/**
 * Requests of Postfix's policy delegation protocol (SMTPD_POLICY_README): lines `name=value` that end with LF, and an empty
 * line behind them. Attributes we don't know are skipped, of one that comes twice the last counts. Judges nothing.
 */
import type { Malformed, QuestionReader } from '../ask-connection.ts'

/** Octets of a line without its LF, octets of a request without its empty line, and attributes. */
export const limits = { line: 8_192, request: 65_536, attributes: 100 } as const

/** What we want to know; '' where Postfix doesn't say or doesn't know. */
export interface PolicyRequest {
  readonly protocol_state: string
  readonly protocol_name: string
  readonly client_address: string
  readonly client_name: string
  readonly helo_name: string
  readonly sender: string
  readonly recipient: string
  readonly size: string
  readonly queue_id: string
  /** The same for all questions about one message. */
  readonly instance: string
}

export function policyReader(): QuestionReader<PolicyRequest> {
  let rest: Buffer = nothing
  let at = 0
  /** Up to where the end was looked for: octets that come one at a time are not looked at again and again. */
  let searched = 0
  return {
    feed(chunk) {
      rest = at === rest.length ? chunk : Buffer.concat([rest.subarray(at), chunk])
      searched = Math.max(0, searched - at)
      at = 0
    },
    next() {
      if (at < rest.length && rest[at] === 0x0a) return empty
      const end = rest.indexOf('\n\n', Math.max(at, searched - 1), 'latin1')
      searched = rest.length
      if ((end < 0 ? rest.length : end) - at > limits.request) return tooLong
      if (end < 0) return null
      const text = rest.toString('utf8', at, end)
      at = end + 2
      searched = at
      return parseRequest(text)
    },
  }
}

const nothing = Buffer.alloc(0)
const malformed = (what: string): Malformed => Object.freeze({ malformed: what })
const empty = malformed('request without attributes')
const tooLong = malformed(`request over ${limits.request} octets`)
const tooMany = malformed(`request of over ${limits.attributes} attributes`)
const lineTooLong = malformed(`line over ${limits.line} octets`)
const noEquals = malformed('line without name=value')
const nul = malformed('NUL in a request')
const otherKind = malformed('no request=smtpd_access_policy')

/** The lines of one request, without the LF of the last. */
export function parseRequest(text: string): PolicyRequest | Malformed {
  if (text.includes('\0')) return nul
  const found = { ...unknown }
  let request = ''
  let attributes = 0
  for (let from = 0; from <= text.length; ) {
    const newline = text.indexOf('\n', from)
    const end = newline < 0 ? text.length : newline
    const equals = text.indexOf('=', from)
    if (isTooLong(text, from, end)) return lineTooLong
    if (equals <= from || equals > end) return noEquals
    if (++attributes > limits.attributes) return tooMany
    const name = text.slice(from, equals)
    if (isWanted(name)) found[name] = text.slice(equals + 1, end)
    else if (name === 'request') request = text.slice(equals + 1, end)
    from = end + 1
  }
  return request === 'smtpd_access_policy' ? found : otherKind
}

const unknown: { -readonly [Name in keyof PolicyRequest]: string } = {
  protocol_state: '',
  protocol_name: '',
  client_address: '',
  client_name: '',
  helo_name: '',
  sender: '',
  recipient: '',
  size: '',
  queue_id: '',
  instance: '',
}

const isWanted = (name: string): name is keyof PolicyRequest => Object.hasOwn(unknown, name)

/** A character has one octet at the least and three at the most; only lines between are counted. */
function isTooLong(text: string, from: number, end: number): boolean {
  const characters = end - from
  if (characters > limits.line) return true
  return characters * 3 > limits.line && Buffer.byteLength(text.slice(from, end)) > limits.line
}
