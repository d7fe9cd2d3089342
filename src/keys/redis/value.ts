/**
 * What Redis answered, turned into a verdict on the key: nothing there, a member of a set, or a value that is plain text or a
 * JSON object. A value that can't be read is `unavailable`: the key is there, and what it claims is not known.
 */
import { isUtf8 } from 'node:buffer'
import type { KeyCheck } from '../../transaction/ports.ts'
import { judgeRecord } from '../record.ts'

const unknown: KeyCheck = Object.freeze({ kind: 'unknown' })
const bare: KeyCheck = Object.freeze({ kind: 'valid', claims: Object.freeze({}) })
const unreadable = (what: string): KeyCheck => ({ kind: 'unavailable', cause: `redis: the value ${what}` })

/** What is kept of a key is small; this bounds what is read as JSON. */
const maxValueOctets = 65_536

/** `found`: null or 0 for nothing, another number for a member of a set, else the value. `at` in milliseconds since 1970. */
export function judgeFound(found: Buffer | number | null, at: number): KeyCheck {
  if (found === null || found === 0) return unknown
  if (typeof found === 'number') return bare
  if (found.length > maxValueOctets) return unreadable(`has more than ${maxValueOctets} octets`)
  if (!isUtf8(found)) return unreadable('is not UTF-8')
  const text = found.toString('utf8')
  if (!/^[ \t\r\n]*\{/.test(text)) return judgeRecord(text, at)
  try {
    return judgeRecord(JSON.parse(text), at)
  } catch {
    return unreadable('begins as JSON and is none')
  }
}
