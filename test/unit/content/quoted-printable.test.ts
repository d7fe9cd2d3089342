/** Quoted-printable undone: RFC 2045 6.7, what is malformed, and octets that should not stand there. */
import { describe, expect, test } from 'vitest'
import { decodeQuotedPrintable } from '../../../src/content/parts/quoted-printable.ts'
import { readContent } from '../../../src/content/read-content.ts'
import { contentLimits } from '../../support/content.ts'
import { processorTimeOf } from '../../support/processor-time.ts'

const octets = (text: string): Buffer => Buffer.from(text, 'latin1')

test.each([
  ['', ''],
  ['a=3Db=3db', 'a=b=b'],
  ['soft =\r\nbreak=\nend=', 'soft breakend'],
  ['soft= \t\r\nbreak', 'softbreak'],
  ['white \t\r\nat the end \nof lines\t ', 'white\r\nat the end\nof lines'],
  ['coded=20\r\nwhite=09', 'coded \r\nwhite\t'],
  ['before a break \t=\r\n\r\nit stays', 'before a break \t\r\nit stays'],
  ['=', ''],
  ['==', '='],
  ['=4', '=4'],
  ['=4G = x =\rx', '=4G = x =\rx'],
  ['=C3=BC bare \xc3\xbc and \xfc', '\xc3\xbc bare \xc3\xbc and \xfc'],
  ['=00=FF', '\x00\xff'],
])('%j is %j', (coded, plain) => expect(decodeQuotedPrintable(octets(coded)).toString('latin1')).toBe(plain))

describe('of a message', () => {
  const options = { limits: contentLimits, links: null, inline: 1000, larger: 'omit' } as const
  const message = (body: Buffer): Buffer =>
    Buffer.concat([
      octets('From: a@a.example\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'),
      body,
    ])

  test('bare UTF-8 is not lost', async () => {
    const content = await readContent(message(Buffer.from('日本 =E6=97=A5=\r\n日 \r\n')), { id: 'm', received: 0 }, options)
    expect(content).toMatchObject({ text: '日本 日日\n' })
  })
  test('white space takes linear time', async () => {
    const took = await processorTimeOf(async () => {
      const content = await readContent(message(octets(`${' \t'.repeat(256 * 1024)}x`)), { id: 'm', received: 0 }, options)
      expect(content.status).toBe('parsed')
    })
    // With a pattern for white space at the end of a line it takes minutes.
    expect(took).toBeLessThan(5_000)
  })
})
