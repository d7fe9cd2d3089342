/**
 * The same octets, however they are cut into packets, make the same dialog (RFC 2920, PIPELINING): compared over a real
 * socket with the dialog of one piece. Messages hold what looks like commands, and commands what looks like the end of data.
 */
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestListener, type TestListener } from '../../support/dialog.ts'

const line = fc.constantFrom(
  'EHLO client.example',
  'MAIL FROM:<writer@example.org>',
  'RCPT TO:<incoming+GoodKey@in.test>',
  'RCPT TO:<incoming+SlowGoodKey@in.test>',
  'RCPT TO:<incoming+Expired@in.test>',
  'DATA',
  '.',
  '..',
  '',
  'RSET',
  'NOOP',
  'From: a@example.org',
  'QUIT',
)
const whole = ['EHLO c.example', 'MAIL FROM:<w@example.org>', 'RCPT TO:<incoming+GoodKey@in.test>', 'DATA', 'QUIT', '..', 'RSET', '.']
const lines = fc.array(fc.oneof({ weight: 4, arbitrary: line.map(one => [one]) }, { weight: 1, arbitrary: fc.constant(whole) }), {
  maxLength: 20,
})

let relay: TestListener
let origin: TestListener
const settings = (more: Record<string, string>) =>
  new Map(Object.entries({ errors: '1000000', 'connections-per-network': '1000', ...more }))
beforeAll(async () => {
  origin = await openTestListener(settings({}))
  relay = await openTestListener(settings({ listener: 'lmtp' }))
})
afterAll(async () => {
  await origin.listener.close(0)
  await relay.listener.close(0)
})

/** Sends the pieces, one packet each, closes our side, and gives all that was heard, with the ids made equal. */
function heard({ listener }: TestListener, pieces: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: listener.port!, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    let text = ''
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      text += chunk
    })
    socket.on('error', reject)
    socket.on('end', () => {
      socket.end()
      resolve(text.replace(/ [0-9a-hjkmnp-tv-z]{16}\r\n/g, ' {id}\r\n'))
    })
    const send = (i: number): void => {
      if (i === pieces.length) socket.end()
      else socket.write(pieces[i]!, 'latin1', () => setImmediate(send, i + 1))
    }
    socket.on('connect', () => send(0))
  })
}

function cut(text: string, places: readonly number[]): string[] {
  const sorted = [...new Set(places.map(place => place % (text.length + 1)))].sort((a, b) => a - b)
  return [0, ...sorted].map((from, i) => text.slice(from, sorted[i] ?? text.length)).filter(piece => piece !== '')
}

test.each(['origin', 'relay'])('cut anywhere, at an %s peer', { timeout: 60_000 }, async which => {
  const open = which === 'origin' ? origin : relay
  await fc.assert(
    fc.asyncProperty(lines, fc.array(fc.nat(), { maxLength: 12 }), async (groups, places) => {
      const text = groups
        .flat()
        .map(one => `${which === 'relay' ? one.replace('EHLO', 'LHLO') : one}\r\n`)
        .join('')
      const [one, many] = [await heard(open, [text]), await heard(open, cut(text, places))]
      expect(many).toBe(one)
      expect(one).toMatch(/^(?:[2-5]\d\d[ -][\x20-\x7e]*\r\n)+$/)
    }),
    { numRuns: 60 },
  )
})
