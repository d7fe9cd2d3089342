/**
 * What makes a delivery the same one when a client that lost our 250 sends again: recipient, From, Date, Message-ID and
 * Subject, beside the body that the spool adds. Trace fields are left out, since each hop adds some; the Message-ID alone
 * would let a sender suppress other mail; the authenticated bit keeps a forgery from pre-empting the real one. Pure.
 */
import type { Header } from '../mail/header-fields.ts'
import { canonicalDomain } from './recipient/pattern.ts'

export const repeatWindow = 7 * 24 * 3600 * 1000
/** For a message that carries no Date or no Message-ID: two real ones may well look alike. */
export const shortRepeatWindow = 3600 * 1000

const fields = ['from', 'date', 'message-id', 'subject'] as const

/** `window` in milliseconds. Fits `IdempotencyKey` of the ports. */
export function idempotencyKey(message: { readonly recipient: string; readonly header: Header; readonly authenticated: boolean }): {
  readonly material: string
  readonly window: number
} {
  const { recipient, header, authenticated } = message
  let material = framed(canonicalRecipient(recipient)) + (authenticated ? '1' : '0')
  let identified = true
  for (const name of fields) {
    const values = header.raw(name)
    material += `;${values.length}`
    for (const value of values) material += framed(value)
    if ((name === 'date' || name === 'message-id') && values.every(value => value === '')) identified = false
  }
  return { material, window: identified ? repeatWindow : shortRepeatWindow }
}

/** The length in front keeps one value from spilling into the next. */
const framed = (value: string): string => `,${value.length}:${value}`

function canonicalRecipient(recipient: string): string {
  const at = recipient.lastIndexOf('@')
  return recipient.slice(0, at + 1) + canonicalDomain(recipient.slice(at + 1))
}
