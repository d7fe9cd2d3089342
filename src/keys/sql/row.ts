/**
 * One row of an answer, turned into what judgeRecord reads. Values come as the text PostgreSQL writes, with the type of their
 * column. A timestamp without a zone is refused: whose clock it means stands nowhere.
 */
import type { KeyCheck } from '../../transaction/ports.ts'
import { unavailable } from '../gate.ts'
import { judgeRecord } from '../record.ts'
import { parseArray } from './array.ts'

export interface Column {
  readonly name: string
  /** PostgreSQL's number for the type. */
  readonly type: number
}

export interface Answer {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly (string | null)[])[]
}

const told = ['subject', 'senders', 'expires', 'revoked']
const type = { boolean: 16, timestamp: 1114, timestamptz: 1184, json: [114, 3802], numbers: [20, 21, 23, 700, 701, 1700] } as const

/** What the rows of an answer say of the key; `at` in milliseconds since 1970. Never throws for what PostgreSQL writes. */
export function judgeRows({ columns, rows }: Answer, at: number): KeyCheck {
  if (rows.length > 1) return unavailable('the query gives more than one row for a key')
  const row = rows[0]
  if (row === undefined) return { kind: 'unknown' }
  const record: Record<string, unknown> = {}
  for (const [index, { name, type: number }] of columns.entries()) {
    if (!told.includes(name)) continue
    if (Object.hasOwn(record, name)) return unavailable(`the query gives two columns with the name ${name}`)
    if (name === 'expires' && number === type.timestamp)
      return unavailable('the column expires has no time zone: write expires AT TIME ZONE ‘UTC’ AS expires, or the zone it is in')
    record[name] = readValue(name, number, row[index] ?? null)
  }
  return judgeRecord(record, at)
}

function readValue(name: string, number: number, text: string | null): unknown {
  if (text === null) return null
  if (name === 'subject') return text
  if (name === 'revoked') return number === type.boolean ? text === 't' : text
  if (name === 'expires') return instantOf(number, text)
  if (/^\{[\s\S]*\}$/.test(text) || isOf(type.json, number)) return listOf(number, text)
  return text
}

function instantOf(number: number, text: string): unknown {
  if (isOf(type.numbers, number)) return Number(text)
  if (number !== type.timestamptz) return text
  if (text === 'infinity') return null
  // “-infinity”, and the years before the first: long ago.
  if (text === '-infinity' || text.endsWith(' BC')) return 0
  // As the session's DateStyle and TimeZone have it, with the year in the six digits that ECMAScript takes.
  const parts = /^(\d{4,6})-(\d\d-\d\d) ([\d:.]+)\+00$/.exec(text)
  return parts === null ? Number.NaN : Date.parse(`+${parts[1]!.padStart(6, '0')}-${parts[2]}T${parts[3]}Z`) / 1000
}

/** No address and no domain begins and ends with braces: what does is an array, whatever the type of its elements. */
function listOf(number: number, text: string): unknown {
  return isOf(type.json, number) ? JSON.parse(text) : (parseArray(text) ?? [null])
}

const isOf = (numbers: readonly number[], number: number): boolean => numbers.includes(number)
