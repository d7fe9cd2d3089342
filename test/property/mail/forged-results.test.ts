/** Any chunking gives the same, no field in our name survives, and every other octet stays. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isOwnResults } from '../../../src/mail/authentication-results.ts'
import { makeResultsFilter } from '../../../src/mail/forged-results.ts'
import { parseHeader } from '../../../src/mail/header-fields.ts'

const host = 'in.example.com'
const line = fc
  .tuple(
    fc.constantFrom(
      '',
      '',
      ' ',
      '\t',
      'A: 1',
      'Authentication-Results: ',
      'authentication-results :',
      'Authentication-Results',
      '\x0cAuthentication-Results\xa0:',
      ' : ',
      '\x0b',
      'ARC-Authentication-Results: ',
    ),
    fc.constantFrom('', '', host, host.toUpperCase(), `(x) ${host}`, 'other.example', ' ', '(', 'a', `; ${host}`),
    fc.constantFrom('', '; spf=pass', '\0', '\r', 'x'),
    fc.constantFrom('\r\n', '\r\n', '\n', '\r', ''),
  )
  .map(parts => parts.join(''))
const message = fc.array(line, { maxLength: 12 }).map(lines => lines.join(''))
const cuts = fc.array(fc.nat(120), { maxLength: 30 })

const octets = (text: string): Uint8Array => Uint8Array.from(text, c => c.charCodeAt(0))

function filtered(text: string, at: readonly number[]): string {
  const filter = makeResultsFilter(host)
  const places = [0, ...at.filter(place => place < text.length).sort((a, b) => a - b), text.length]
  const chunks = places.slice(1).map((end, index) => octets(text.slice(places[index], end)))
  return [...chunks.flatMap(chunk => filter.push(chunk)), ...filter.end()].map(chunk => String.fromCharCode(...chunk)).join('')
}

/** Some readers trim more than white space off a name, or unfold it. */
const field = /^(?![ \t])[\x00-\x20\x7f-\xff]*authentication-results[\x00-\x20\x7f-\xff]*:([\s\S]*)$/i

/** The same, written for reading: line by line, to the first empty one. */
function expected(text: string): string {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? []
  const empty = lines.findIndex(each => each === '\n' || each === '\r\n')
  const end = empty < 0 ? lines.length : empty
  let out = ''
  for (let i = 0; i < end; ) {
    let next = i + 1
    while (next < end && /^[ \t]/.test(lines[next]!)) next++
    const value = field.exec(lines.slice(i, next).join(''))?.[1]
    if (value === undefined) out += lines[i++]
    else {
      if (!isOwnResults(value.replace(/\r?\n/g, ''), host)) out += lines.slice(i, next).join('')
      i = next
    }
  }
  return out + lines.slice(end).join('')
}

test('as read line by line, whatever the chunks', () => {
  let changed = 0
  fc.assert(
    fc.property(message, cuts, (text, at) => {
      const out = filtered(text, at)
      expect(out).toBe(expected(text))
      if (out !== text) changed++
      const header = parseHeader(octets(out))
      expect(header.all('authentication-results').filter(value => isOwnResults(value, host))).toEqual([])
      expect(filtered(out, at)).toBe(out)
    }),
    { numRuns: 5000 },
  )
  expect(changed).toBeGreaterThan(500)
})
