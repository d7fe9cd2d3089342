import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseArray } from '../../../src/keys/sql/array.ts'
import { parseSqlUrl } from '../../../src/keys/sql/place.ts'
import { compileQuery, queryProblem } from '../../../src/keys/sql/query.ts'
import { judgeRows } from '../../../src/keys/sql/row.ts'
import { tokens } from '../../../src/keys/sql/tokens.ts'

const piece = fc.oneof(
  fc.constantFrom(
    'SELECT',
    ' ',
    '\n',
    '%{key}',
    '%{sender}',
    '%{x}',
    "'",
    '"',
    '$$',
    '$a$',
    '$1',
    ';',
    '--',
    '/*',
    '*/',
    'E',
    "E'",
    '\\',
    "''",
    '%',
    '{',
    '}',
    '(',
    ')',
    '1',
    'name',
    'ä',
  ),
  fc.string({ maxLength: 5 }),
)
const sql = fc.array(piece, { maxLength: 30 }).map(pieces => pieces.join(''))

test('the pieces of an SQL text are the text again, but for what is broken', () => {
  fc.assert(
    fc.property(sql, text => {
      const all = [...tokens(text)]
      const whole = all.filter(({ kind }) => kind !== 'broken')
      const again = whole.map(token => token.text).join('')
      if (whole.length === all.length) expect(again).toBe(text)
      else expect(text.startsWith(again)).toBe(true)
      for (const { text } of all) expect(text).not.toBe('')
    }),
    { numRuns: 2_000 },
  )
})

test('a query is taken or told what is wrong, and what is taken has no placeholder left', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        sql,
        sql.map(text => `SELECT %{key} ${text}`),
        fc.string({ unit: 'binary' }),
      ),
      text => {
        const compiled = compileQuery(text)
        if (typeof compiled === 'string') {
          expect(compiled).toMatch(/\S/)
          return void expect(queryProblem(text)).toBe(compiled)
        }
        expect(queryProblem(text)).toBeNull()
        expect(compiled.parameters).toContain('key')
        expect(compiled.text).not.toMatch(/%\{\w*\}/)
        const used = new Set(compiled.text.match(/\(\$\d+::text\)/g))
        expect(used.size).toBe(compiled.parameters.length)
      },
    ),
    { numRuns: 2_000 },
  )
})

test('an array is read as it was written', () => {
  const quoted = (text: string) => `"${text.replace(/[\\"]/g, '\\$&')}"`
  fc.assert(
    fc.property(fc.array(fc.option(fc.string({ unit: 'grapheme' }))), elements => {
      const text = `{${elements.map(one => (one === null ? 'NULL' : quoted(one))).join(',')}}`
      expect(parseArray(text)).toEqual(elements)
    }),
  )
  fc.assert(fc.property(fc.string(), text => void parseArray(text)))
})

test('whatever a row holds, it is an answer or unavailable, and good only without doubt', () => {
  const name = fc.oneof(fc.constantFrom('subject', 'senders', 'expires', 'revoked'), fc.string())
  const type = fc.oneof(fc.constantFrom(16, 20, 23, 25, 114, 700, 1009, 1082, 1114, 1184, 3802), fc.nat())
  // Of JSON columns PostgreSQL gives JSON.
  const text = fc.option(
    fc.oneof(fc.string(), fc.json(), fc.constantFrom('t', 'f', 'infinity', '{a,b}', '2020-01-01 00:00:00+00'), fc.nat().map(String)),
  )
  const cell = fc.tuple(name, type, text).filter(([, type, text]) => text === null || ![114, 3802].includes(type) || isJson(text))
  fc.assert(
    fc.property(fc.array(cell, { maxLength: 6 }), cells => {
      const columns = cells.map(([name, type]) => ({ name, type }))
      const check = judgeRows({ columns, rows: [cells.map(([, , text]) => text)] }, Date.parse('2026-11-21'))
      expect(['valid', 'expired', 'revoked', 'unavailable']).toContain(check.kind)
      const told = (name: string) => cells.filter(cell => cell[0] === name && cell[2] !== null)
      if (check.kind === 'valid') {
        expect(told('revoked').every(([, type, text]) => type === 16 && text !== 't')).toBe(true)
        expect(told('expires').every(([, , text]) => check.claims.expires !== undefined || text === 'infinity')).toBe(true)
      }
    }),
    { numRuns: 2_000 },
  )
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('a URL is taken or told what is wrong, and never echoed', () => {
  const part = fc.oneof(
    fc.constantFrom('postgres://', 'app', ':', '@', '/', 'mail', '?', 'sslmode=require', '&', '%', '%2F', '[::1]', '5432', 'hunter2'),
    fc.string({ maxLength: 4 }),
  )
  fc.assert(
    fc.property(
      fc.array(part).map(parts => parts.join('')),
      text => {
        const place = parseSqlUrl(text)
        if (typeof place === 'string') expect(place).not.toContain('hunter2')
        else expect(place.port).toBeGreaterThanOrEqual(0)
      },
    ),
    { numRuns: 2_000 },
  )
})
