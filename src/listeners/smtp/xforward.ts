/**
 * XFORWARD (Postfix XFORWARD_README): who the true client is, told by a trusted peer before MAIL. Values are xtext
 * (RFC 3461 4); `[UNAVAILABLE]` and `[TEMPUNAVAIL]` stand for unknown. Several commands before one MAIL add up; the dialog
 * forgets all of it when the transaction ends.
 */
import { isIP } from 'node:net'

/** What was told so far; null for what the peer does not know. No address after any XFORWARD: mail the relay made itself. */
export interface Forwarded {
  readonly address?: string | null
  readonly name?: string | null
  readonly helo?: string | null
  readonly ident?: string | null
}

export const attributes = ['NAME', 'ADDR', 'PORT', 'PROTO', 'HELO', 'IDENT', 'SOURCE'] as const

const fields: ReadonlyMap<string, keyof Forwarded | null> = new Map([
  ['ADDR', 'address'],
  ['NAME', 'name'],
  ['HELO', 'helo'],
  ['IDENT', 'ident'],
  ['PORT', null],
  ['PROTO', null],
  ['SOURCE', null],
])

/** The attributes of one command added to what is known; null where they can't be understood (nothing is taken then). */
export function parseXforward(argument: string, known: Forwarded): Forwarded | null {
  const words = argument.split(' ').filter(word => word !== '')
  if (words.length === 0) return null
  const result: { -readonly [Field in keyof Forwarded]: Forwarded[Field] } = { address: null, ...known }
  for (const word of words) {
    const equals = word.indexOf('=')
    if (equals < 1) return null
    const field = fields.get(word.slice(0, equals).toUpperCase())
    if (field === undefined) return null
    const value = decodeXtext(word.slice(equals + 1))
    if (value === null || value.length > 255) return null
    if (field === null) continue
    const told = /^\[(?:UNAVAILABLE|TEMPUNAVAIL)\]$/i.test(value) || value === '' ? null : value
    const kept = field === 'address' ? plainAddress(told) : told
    if (kept === undefined) return null
    result[field] = kept
  }
  return result
}

/** Null for an unknown address, undefined for what is no address. */
function plainAddress(value: string | null): string | null | undefined {
  if (value === null) return null
  const plain = value.replace(/^IPv6:/i, '').replace(/^::ffff:(?=\d+\.)/i, '')
  return isIP(plain) === 0 ? undefined : plain
}

/** Null where an escape is broken or a control character comes out: neither belongs in a log or a header field. */
function decodeXtext(text: string): string | null {
  if (/\+(?![0-9A-Fa-f]{2})/.test(text)) return null
  const plain = text.replace(/\+([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return /[\x00-\x1f\x7f-\x9f]/.test(plain) ? null : plain
}
