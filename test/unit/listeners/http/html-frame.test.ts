/** Images of a message put into its HTML: which references are one, and what hostile HTML costs the loop that serves sessions. */
import { expect, test } from 'vitest'
import { withImages } from '../../../../src/listeners/http/pages/html-frame.ts'
import type { Attachment, ParsedContent } from '../../../../src/mail/content.ts'
import { processorTimeOf } from '../../../support/processor-time.ts'

const image: Attachment = {
  index: 0,
  name: 'a.png',
  type: 'image/png',
  size: 3,
  sha256: '',
  disposition: 'inline',
  contentId: 'a@b',
  content: 'AAAA',
}
const framed = (markup: string): Promise<string> =>
  withImages({ attachments: [image] } as unknown as ParsedContent, markup, async ({ content }) => content ?? null)

test.each([
  ['<img src="cid:a@b">', '<img src="data:image/png;base64,AAAA">'],
  ['<img src = \n cid:a@b>', '<img src = \n data:image/png;base64,AAAA>'],
  ["<td background='\tCID:a%40b'>", "<td background='\tdata:image/png;base64,AAAA'>"],
  ['a { background: url( " cid:a@b" ) }', 'a { background: url( " data:image/png;base64,AAAA" ) }'],
  ['<img src="cid:other">', '<img src="cid:other">'],
  ['<img xsrc="cid:a@b">', '<img xsrc="cid:a@b">'],
])('%s', async (markup, expected) => expect(await framed(markup)).toBe(expected))

test.each(['src=', 'src="', 'background', 'url(', "url('"])('white space behind %s takes linear time', async start => {
  const markup = `<img ${start}${' \n'.repeat(500_000)}x`
  const took = await processorTimeOf(async () => expect(await framed(markup)).toBe(markup))
  // Quadratic it takes more than an hour.
  expect(took).toBeLessThan(2_000)
})
