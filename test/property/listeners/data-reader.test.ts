/**
 * The end of data (RFC 5321 4.1.1.4, 4.5.2) is CRLF.CRLF and nothing else, at every chunk split of every variant, whether
 * line endings are normalized or not. The reader is compared with a slow one that sees the whole input at once.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDataReader } from '../../../src/listeners/smtp/data-reader.ts'

interface Read {
  readonly content: string
  readonly ended: boolean
  readonly flawed: boolean
  /** What stands behind the end of data. */
  readonly rest: string
}

function read(pieces: readonly string[], normalize: boolean): Read {
  let content = ''
  const reader = createDataReader(normalize, chunk => {
    content += chunk.toString('latin1')
  })
  let rest = ''
  for (const piece of pieces) {
    const chunk = Buffer.from(piece, 'latin1')
    if (reader.ended) rest += piece
    else rest += chunk.subarray(reader.feed(chunk, 0)).toString('latin1')
  }
  return { content, ended: reader.ended, flawed: reader.flawed, rest }
}

/** The rules, line by line, on the whole input. Only for input with an end. */
function slowly(input: string, normalize: boolean): Read {
  const end = input.startsWith('.\r\n') ? 0 : input.indexOf('\r\n.\r\n') + 2
  const raw = input.slice(0, end)
  const stripped = raw.replace(/(^|\r\n)\./g, '$1')
  const flawed = /\0|\r(?!\n)|(?<!\r)\n/.test(stripped)
  const normalized = stripped.replace(/\r+\n|\n/g, '\r\n').replace(/\r+(?!\n)|\0/g, ' ')
  return { content: normalize ? normalized : stripped, ended: true, flawed, rest: input.slice(end + 3) }
}

const alphabet = fc.constantFrom(
  '\r',
  '\n',
  '.',
  '\0',
  'a',
  '\t',
  '\r\n',
  '\r\n.',
  '\r\n..',
  '\n.\n',
  '\r.\r',
  '\n.\r\n',
  '\r\n.\r',
  '\r\n.\n',
  '\r.\r\n',
)
const wire = fc.array(alphabet, { maxLength: 40 }).map(parts => parts.join(''))
const withEnd = wire.map(text => `${text}\r\n.\r\nNOOP\r\n`)

test.each([true, false])('agrees with the slow reader at every single split (normalize %s)', normalize => {
  fc.assert(
    fc.property(withEnd, input => {
      const expected = slowly(input, normalize)
      for (let at = 0; at <= input.length; at++) expect(read([input.slice(0, at), input.slice(at)], normalize)).toEqual(expected)
      expect(read([...input], normalize)).toEqual(expected)
    }),
    { numRuns: 400 },
  )
})

test('long lines are walked four octets at a time, with the same result', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 150 }), alphabet), { maxLength: 12 }),
      fc.nat(64),
      fc.boolean(),
      (parts, lead, normalize) => {
        const input = `${'l'.repeat(lead)}${parts.map(([n, end]) => 'x'.repeat(n) + end).join('')}\r\n.\r\n`
        const expected = slowly(input, normalize)
        expect(read([input], normalize)).toEqual(expected)
        expect(read(input.match(/[\s\S]{1,67}/g)!, normalize)).toEqual(expected)
      },
    ),
    { numRuns: 400 },
  )
})

test('normalized output has no bare CR, bare LF or NUL and is not changed by a second reading', () => {
  fc.assert(
    fc.property(withEnd, fc.integer({ min: 1, max: 7 }), (input, size) => {
      const { content } = read(input.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g'))!, true)
      expect(content).not.toMatch(/\0|\r(?!\n)|(?<!\r)\n/)
      const again = read([`${content.replace(/(^|\r\n)\./g, '$1..')}.\r\n`], true)
      expect(again).toEqual({ content, ended: true, flawed: false, rest: '' })
    }),
    { numRuns: 400 },
  )
})

test('without CRLF.CRLF there is no end', () => {
  fc.assert(
    fc.property(wire, input => {
      fc.pre(!input.startsWith('.\r\n') && !input.includes('\r\n.\r\n'))
      expect(read([...input], false).ended).toBe(false)
      expect(read([input], true).ended).toBe(false)
    }),
  )
})
