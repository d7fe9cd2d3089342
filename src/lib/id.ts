/**
 * Transaction ids: 16 characters of lower-case base32 (Crockford's alphabet: no i, l, o, u), so that a person can read one
 * to another. The first 9 are the time in milliseconds, so ids sort by time; the last 7 are random (35 bits).
 * An id finds a transaction; it must never be what grants access to it.
 */
import { randomInt } from 'node:crypto'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const TIME_CHARACTERS = 9
/** 2^35: randomInt draws from a pool that Node keeps, so no buffer of our own is needed. */
const RANDOM_RANGE = 2 ** 35

/** `now` in milliseconds since 1970, from 0 to the year 3084. */
export function newId(now: number): string {
  return base32(now, TIME_CHARACTERS) + base32(randomInt(RANDOM_RANGE), 7)
}

/** When the id was made, in milliseconds since 1970; null where it is not an id. */
export function idTime(id: string): number | null {
  if (!/^[0-9a-hjkmnp-tv-z]{16}$/.test(id)) return null
  let time = 0
  for (let at = 0; at < TIME_CHARACTERS; at++) time = time * 32 + ALPHABET.indexOf(id[at]!)
  return time
}

/** The lowest `5 * characters` bits of `value`. In two halves, because bit operators see 32 bits only. */
function base32(value: number, characters: number): string {
  let text = ''
  let high = Math.floor(value / 2 ** 25)
  let low = value - high * 2 ** 25
  for (let left = 5; left > 0; left--) {
    text = ALPHABET[low & 31]! + text
    low >>>= 5
  }
  for (let left = characters - 5; left > 0; left--) {
    text = ALPHABET[high & 31]! + text
    high >>>= 5
  }
  return text
}
