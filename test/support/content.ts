/** What tests of the content share: the default budgets, a message as a source, and messages that cost a naive parser dear. */
import type { ContentReaderOptions } from '../../src/content/content-reader.ts'
import type { ContentLimits } from '../../src/content/limits.ts'
import type { Raw } from '../../src/content/read-whole.ts'
import { keptLog } from './quiet-log.ts'

const kibi = 1024
const mebi = 1024 * 1024

export const contentLimits: ContentLimits = { parts: 1000, depth: 30, addresses: 2000, header: 256 * kibi, text: mebi, html: 2 * mebi }

export const readerOptions = (changes: Partial<ContentReaderOptions> = {}): ContentReaderOptions => ({
  ...contentLimits,
  workers: 1,
  time: 10_000,
  memory: 256 * mebi,
  size: 32 * mebi,
  links: null,
  log: keptLog(),
  ...changes,
})

/** In pieces, as the spool gives it. */
export function rawOf(message: Uint8Array, piece = 64 * kibi): Raw {
  return async () =>
    (async function* () {
      for (let at = 0; at < message.length; at += piece) yield message.subarray(at, at + piece)
    })()
}

const head = 'From: a@a.example\r\nSubject: hostile\r\nMIME-Version: 1.0\r\n'
const mixed = `${head}Content-Type: multipart/mixed; boundary=b\r\n\r\n`
const times = (count: number, text: (index: number) => string): string => Array.from({ length: count }, (_, i) => text(i)).join('')
const html = (text: string): string => `${head}Content-Type: text/html; charset=utf-8\r\n\r\n${text}`
const plain = (text: string): string => `${head}Content-Type: text/plain; charset=utf-8\r\n\r\n${text}`

/** What becomes of each within the default budgets: parsed, or over which budget. */
export const hostile: Readonly<Record<string, { readonly message: () => string; readonly becomes: 'parsed' | RegExp }>> = {
  '900 tiny attachments': {
    message: () => `${mixed}${times(900, i => `--b\r\nContent-Disposition: attachment; filename=${i}\r\n\r\n${i}\r\n`)}--b--\r\n`,
    becomes: 'parsed',
  },
  '50,000 parts': { message: () => `${mixed}${times(50_000, () => '--b\r\n\r\nx\r\n')}--b--\r\n`, becomes: /more than 1000 parts/ },
  '5,000 addresses': {
    message: () => `To: ${times(5000, i => `u${i}@a.example,\r\n `)}end@a.example\r\n${head}\r\nx\r\n`,
    becomes: /more than 2000 addresses/,
  },
  '50,000 addresses, more than a header may have': {
    message: () => `${head}To: ${times(50_000, i => `"u ${i}" <u${i}@a.example>,\r\n `)}end@a.example\r\n\r\nx\r\n`,
    becomes: 'parsed',
  },
  '500 multiparts in each other': {
    message: () => `${head}${times(500, i => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`)}\r\n\r\nx\r\n`,
    becomes: /more than 30 deep/,
  },
  '200,000 nested tags': { message: () => html('<div>'.repeat(200_000)), becomes: 'parsed' },
  '200,000 nested quotes': { message: () => html('<blockquote>x'.repeat(150_000)), becomes: 'parsed' },
  '60,000 table cells': { message: () => html(`<table>${'<tr><td>x<td>y'.repeat(60_000)}`), becomes: 'parsed' },
  'an unfinished tag': { message: () => html(`<a ${'x="'.repeat(300_000)}`), becomes: 'parsed' },
  '5,000 continuations of a name': {
    message: () => `${mixed}--b\r\nContent-Disposition: attachment;\r\n${times(5000, i => ` filename*${i}=x;\r\n`)}\r\nx\r\n--b--\r\n`,
    becomes: 'parsed',
  },
  'a part with a large header': {
    message: () => `${mixed}--b\r\nX-Large: ${'x'.repeat(300 * kibi)}\r\n\r\nx\r\n--b--\r\n`,
    becomes: /header of a part/,
  },
  'a large header': { message: () => `${head}${times(20_000, i => `X-${i}: ${'y'.repeat(40)}\r\n`)}\r\nx\r\n`, becomes: 'parsed' },
  '100,000 encoded-words': {
    message: () => `${head}X-Words:${' =?utf-8?q?=41?=\r\n'.repeat(12_000)}\r\nx\r\n`,
    becomes: 'parsed',
  },
  'parentheses in a type': {
    message: () => `${head}Content-Type: text/plain; ${'('.repeat(200_000)}\r\n\r\nx\r\n`,
    becomes: 'parsed',
  },
  'quotes in addresses': { message: () => `To: ${'"\\'.repeat(60_000)}\r\n${head}\r\nx\r\n`, becomes: 'parsed' },
  'names of prototypes': {
    message: () =>
      `__proto__: x\r\nconstructor: y\r\n${mixed}--b\r\n__proto__: x\r\nContent-Disposition: attachment; __proto__=a; constructor=b; filename=__proto__\r\n\r\nx\r\n--b--\r\n`,
    becomes: 'parsed',
  },
  '1 MiB of quote marks': { message: () => plain('>'.repeat(mebi)), becomes: 'parsed' },
  '500,000 empty lines': { message: () => plain('\r\n'.repeat(500_000)), becomes: 'parsed' },
  'a line of 8 MiB': { message: () => plain('x'.repeat(8 * mebi)), becomes: 'parsed' },
  '100,000 lines like a boundary': { message: () => `${mixed}--b\r\n\r\n${'--bb\r\n--\r\n'.repeat(50_000)}--b--\r\n`, becomes: 'parsed' },
}
