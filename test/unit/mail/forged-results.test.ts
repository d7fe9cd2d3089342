/** What is taken out of a message at hand-over, and that nothing else is. */
import { expect, test } from 'vitest'
import { lookAhead, makeResultsFilter } from '../../../src/mail/forged-results.ts'
import { processorTime } from '../../support/processor-time.ts'

const octets = (text: string): Uint8Array => Uint8Array.from(text, c => c.charCodeAt(0))
const text = (chunks: readonly Uint8Array[]): string => chunks.map(chunk => String.fromCharCode(...chunk)).join('')
function filtered(message: string, size = message.length || 1): string {
  const filter = makeResultsFilter('in.example.com')
  let out = ''
  for (let at = 0; at < message.length; at += size) out += text(filter.push(octets(message.slice(at, at + size))))
  return out + text(filter.end())
}
const forged = 'Authentication-Results: in.example.com; dmarc=pass\r\n'

test.each([
  ['A: 1\r\n', forged, 'B: 2\r\n\r\nbody'],
  ['', forged, '\r\nbody'],
  ['A: 1\r\n', forged, ''],
  ['A: 1\r\n', forged.slice(0, -2), ''],
  ['A: 1\r\n', forged + forged, '\r\nbody'],
  ['A: 1\r\n', 'Authentication-Results:\r\n in.example.com;\r\n\tspf=pass\r\n \r\n', 'B: 2\r\n\r\n'],
  ['A: 1\n', forged.replaceAll('\r', ''), 'B: 2\n\nbody\n'],
  ['A: 1\n', 'authentication-RESULTS \t : in.example.com\n\t; spf=pass\n', '\nbody'],
  ['A: 1\r\n', 'AUTHENTICATION-RESULTS:in.example.com\r\n', '\r\nbody'],
  // Behind a line that is no field, where some readers go on.
  ['A: 1\r\nno field\r\n', forged, 'B: 2\r\n\r\nbody'],
  ['>From x\r\n', forged, '\r\n'],
  [' folded\r\n', forged, '\r\n'],
  // Readers that trim names (mailparser) or unfold before they look for the colon.
  ['A: 1\r\n', forged.replace(':', '\r\n :'), 'B: 2\r\n\r\n'],
  ['A: 1\r\n', forged.replace(':', ' \r\n\t\r\n \t:'), '\r\nbody'],
  ['A: 1\r\n', forged.replace(':', '\x0c:'), '\r\n'],
  ['A: 1\r\n', forged.replace(':', '\xa0\x0b\0:'), '\r\n'],
  ['A: 1\r\n', `\x0c\xa0${forged}`, 'B: 2\r\n\r\n'],
  ['A: 1\r\n', `\x0b\r\n ${forged}`, 'B: 2\r\n\r\n'],
  ['', `\xef\xbb\xbf${forged}`, '\r\n'],
  ['A: 1\r\n', `${'\x0c\r\n '.repeat(lookAhead)}${forged}`, '\r\n'],
  ['A: 1\r\n', 'Authentication-Results: in. example. com; dmarc=pass\r\n', '\r\n'],
  ['A: 1\r\n', 'Authentication-Results: in.=?utf-8?q?example?=.com; dmarc=pass\r\n', '\r\n'],
  // Larger than what is looked at.
  ['A: 1\r\n', `Authentication-Results: in.example.com;${' x'.repeat(lookAhead)}\r\n y\r\n`, 'B: 2\r\n\r\n'],
  ['A: 1\r\n', `Authentication-Results: ${' '.repeat(lookAhead)}in.example.com; x\r\n`, 'B: 2\r\n\r\n'],
  ['A: 1\r\n', `Authentication-Results${' '.repeat(lookAhead)}: other.example; x\r\n`, 'B: 2\r\n\r\n'],
  ['A: 1\r\n', `Authentication-Results: (${'\r\n x'.repeat(lookAhead / 2)}) in.example.com; x\r\n`, 'B: 2\r\n\r\n'],
  [`A: ${'x'.repeat(100_000)}\r\n`, forged, '\r\nbody'],
])('%j goes', (before, gone, after) => {
  for (const size of [undefined, 1, 7, 4096, lookAhead]) expect(filtered(before + gone + after, size)).toBe(before + after)
})

test.each([
  '',
  'A',
  'A: 1',
  '\r\n',
  `A: 1\r\n\r\n${forged}`,
  `A: 1\n\n${forged}`,
  `A: 1\r\n\n${forged}`,
  `\r\n${forged}`,
  'Authentication-Results: other.example; spf=pass smtp.mailfrom=in.example.com\r\n in.example.com\r\n\r\n',
  'ARC-Authentication-Results: i=1; in.example.com; dmarc=pass\r\n\r\n',
  'X-Authentication-Results: in.example.com; dmarc=pass\r\n\r\n',
  'Authentication-Results-Original: in.example.com; dmarc=pass\r\n\r\n',
  'Authentication-Resultss: in.example.com\r\n\r\n',
  'Authentication\rResults: in.example.com\r\n\r\n',
  ' Authentication-Results: in.example.com\r\n\r\n',
  'A: 1\r\n Authentication-Results: in.example.com\r\n\r\n',
  'A: 1\rAuthentication-Results: in.example.com\r\n\r\n',
  'Authentication-Results in.example.com\r\n\r\n',
  'Authentication-Results',
  'Authentication-Results  ',
  'Authentication-Results\r\nB: 2\r\n\r\n',
  'Authentication-Results\r\n: in.example.com; dmarc=pass\r\n\r\n',
  'Authentication-Results\x0c',
  '\x0cA: Authentication-Results: in.example.com\r\n\r\n',
  `A: 1\r\n${'\xe4'.repeat(lookAhead * 2)}\r\n\r\n`,
  `Authentication-Results: other.example;${' x'.repeat(lookAhead)}\r\n\r\nbody`,
  `Authentication-Results: other.example;${'\r\n x'.repeat(lookAhead)}\r\nB: 2\r\n\r\nbody`,
])('%j stays', message => {
  for (const size of [undefined, 1, 7, 4096, lookAhead]) expect(filtered(message, size)).toBe(message)
})

test('a message with nothing to take out passes without being copied', () => {
  const message = octets(`A: 1\r\nB: 2\r\nApple: 3\r\n\r\n${'x'.repeat(50)}`)
  const filter = makeResultsFilter('in.example.com')
  const out = [...filter.push(message), ...filter.push(message)]
  expect(out.map(chunk => [chunk.buffer, chunk.length])).toEqual([
    [message.buffer, message.length],
    [message.buffer, message.length],
  ])
})

test.each([
  ['A: 1\r\n', 65_536],
  ['Authentication-Results: other.example\r\n', 65_536],
  [`Authentication-Results: (${'('.repeat(5000)}\r\n`, 65_536],
  ['a', 65_536],
  ['Authentication-Results', 65_536],
  ['\x0c\r\n', 65_536],
  ['\x0c\r\n ', 1],
  ['\xe4', 100],
  ['Authentication-Results\r\n ', 100],
  ['Authentication-Results: x\r\n ', 1],
  ['Authentication-Results: x; (\r\n (', 100],
  [`Authentication-Results: x;${' y'.repeat(8000)}\r\n`, 1],
])('2 MiB of the same take little time, case %#', (piece, size) => {
  const message = octets(piece.repeat(Math.ceil((2 << 20) / piece.length)))
  const filter = makeResultsFilter('in.example.com')
  const took = processorTime(() => {
    for (let at = 0; at < message.length; at += size) filter.push(message.subarray(at, at + size))
    filter.end()
  })
  expect(took).toBeLessThan(2000)
})
