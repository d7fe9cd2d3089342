/**
 * What is asked when decisions are measured: as many good keys as unknown ones, in no order, from a spread wide enough that no
 * cache of a few answers could help. One question a line, as decide.c reads them.
 */
import { createHash } from 'node:crypto'
import { mintSignedKey } from '../../src/keys/signed.ts'

/** Keys that a large store holds, and questions of each sort that are asked. */
export const storedKeys = 1_000_000
export const asked = 50_000

const md5 = (text: string): string => createHash('md5').update(text).digest('hex')

/** The n-th stored key, from 1; PostgreSQL makes the same with md5('postern' || n). */
export const storedKey = (n: number): string => md5(`postern${n}`)

const unknownKey = (n: number): string => md5(`unknown${n}`)

export const addressOf = (key: string): string => `incoming+${key}@incoming.example.com`

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

/** For a store that holds the first `stored` keys. */
export function storedQuestions(stored: number): readonly string[] {
  const good = numbers(asked).map(n => storedKey(1 + ((n * Math.max(1, Math.floor(stored / asked))) % stored)))
  return mixed(good, numbers(asked).map(unknownKey))
}

/** Unknown ones have the form of good ones, so that their tag has to be computed: one octet of it is another. */
export function signedQuestions(secret: Uint8Array): readonly string[] {
  const place = { secret, keyId: 1, mailbox: 'incoming', route: 'reply', expires: Date.now() + 30 * 86_400_000 }
  const good = numbers(asked).map(n => mintSignedKey({ ...place, subject: `ticket-${n}` }))
  return mixed(good, good.map(otherTag))
}

/** Five characters before the last stand for tag alone, whatever the length. */
function otherTag(key: string): string {
  const at = key.length - 5
  return `${key.slice(0, at)}${key[at] === 'a' ? 'b' : 'a'}${key.slice(at + 1)}`
}

/** In an order that is the same each time and follows no pattern. */
function mixed(good: readonly string[], unknown: readonly string[]): readonly string[] {
  const all = [...good.map(key => `+${addressOf(key)}`), ...unknown.map(key => `-${addressOf(key)}`)]
  return all
    .map((text, index) => ({ text, order: md5(`order${index}`) }))
    .sort((x, y) => (x.order < y.order ? -1 : 1))
    .map(({ text }) => text)
}
