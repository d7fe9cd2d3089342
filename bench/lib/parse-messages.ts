/** The messages that bench/parse reads, as octets: a short text, a newsletter with HTML alone, a text with a large attachment. */

const head = (type: string): string =>
  `From: Ada Example <ada@sender.example>\r\nTo: incoming@incoming.example.com\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nDate: Sat, 21 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@sender.example>\r\nMIME-Version: 1.0\r\nContent-Type: ${type}\r\n`

const line = 'The quick brown fox jumps over the lazy dog, and writes about it at some length.\r\n'
const quoted = 'On Sat, 21 Nov 2026 at 09:00, Support <support@example.com> wrote:\r\n'

export interface ParsedMessage {
  readonly name: string
  readonly octets: Uint8Array
  /** To be parsed in one round. */
  readonly count: number
}

const octets = (text: string): Uint8Array => new TextEncoder().encode(text)

function large(size: number): string {
  const content = Buffer.alloc(Math.floor((size * 3) / 4.1))
  for (let i = 0; i < content.length; i += 4) content.writeUInt32LE((i * 2_654_435_761) >>> 0, Math.min(i, content.length - 4))
  const base64 = content.toString('base64').replace(/.{76}/g, '$&\r\n')
  const text = `--b\r\nContent-Type: text/plain\r\n\r\n${line}`
  const file = `\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n`
  return `${head('multipart/mixed; boundary=b')}\r\n${text}${file}${base64}\r\n--b--\r\n`
}

export function parseMessages(): readonly ParsedMessage[] {
  const row = `<tr><td style="padding:4px">Item</td><td><a href="https://shop.example/item?x=1">A thing &amp; another</a></td><td>12&nbsp;€</td></tr>\n`
  const html = `<html><head><style>td{color:#333}</style></head><body><h1>News</h1><p>Hello <b>Ada</b></p><table>${row.repeat(Math.floor(100_000 / row.length))}</table></body></html>`
  return [
    {
      name: 'text 2 KB',
      octets: octets(`${head('text/plain; charset=utf-8')}\r\n${line.repeat(6)}\r\n${quoted}${`> ${line}`.repeat(12)}`),
      count: 1000,
    },
    { name: 'HTML 100 KB', octets: octets(`${head('text/html; charset=utf-8')}\r\n${html}`), count: 40 },
    { name: 'attachment 5 MB', octets: octets(large(5 * 1024 * 1024)), count: 20 },
  ]
}
