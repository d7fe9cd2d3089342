import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errorRows, keepsConnection, outcomeOfCause } from '../../../../src/delivery/processors/redis/errors.ts'
import { gather } from '../../../../src/delivery/processors/redis/gather.ts'
import { markName } from '../../../../src/delivery/processors/redis/marked-script.ts'
import { redisStream } from '../../../../src/delivery/processors/redis-stream.ts'
import { messageText } from '../../../../src/delivery/processors/sidekiq/text.ts'
import { sidekiq } from '../../../../src/delivery/processors/sidekiq.ts'
import { sidekiqOptions, streamOptions } from '../../../support/stream.ts'

describe('an error of Redis', () => {
  test.each(errorRows)('$code is a retry that says what it means', ({ code, says, keeps }) => {
    for (const cause of [`${code} some words`, `127.0.0.1:6379: ${code} some words`, `[::1]:6379: ${code} some words`])
      expect(outcomeOfCause(cause)).toEqual({ kind: 'retry', detail: `${says} (${cause})` })
    expect(keepsConnection(code)).toBe(keeps)
  })

  test.each(['connect ECONNREFUSED 127.0.0.1:6379', 'no answer within 500 ms', 'ERR unknown command', '', 'a\r\nb'])(
    '%j is a retry',
    cause => {
      expect(outcomeOfCause(cause)).toEqual({ kind: 'retry', detail: `Redis gave no answer: ${cause.replace('\r\n', ' ')}`.trim() })
      expect(keepsConnection(cause)).toBe(false)
    },
  )

  test('is never anything but a retry of one line, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), cause => {
        const { kind, detail } = outcomeOfCause(cause)
        expect(kind).toBe('retry')
        expect(detail).not.toMatch(/[\r\n]/)
        expect(detail!.length).toBeLessThanOrEqual(500)
      }),
    )
  })

  test('stands on the page', () => {
    const page = readFileSync(new URL('../../../../docs/redis-stream.md', import.meta.url), 'utf8')
    expect(page.match(/^\| `[A-Z]+` \| .* \|$/gm)).toEqual(errorRows.map(({ code, says }) => `| \`${code}\` | ${says} |`))
  })
})

describe('a mark', () => {
  test.each([
    ['postern:mail', 'postern:mark:{postern:mail}:app:1'],
    ['{mail}:in', 'postern:mark:{mail}:in:app:1'],
    ['{}', 'postern:mark:{{}}:app:1'],
  ])('of %s is %s', (key, mark) => {
    expect(markName(key, 'app', '1')).toBe(mark)
  })
})

describe('gathering', () => {
  const signal = new AbortController().signal
  const pieces = async function* (sizes: readonly number[]): AsyncGenerator<Uint8Array> {
    for (const size of sizes) yield Buffer.alloc(size, 'x')
  }
  test('gives what has as many octets as may be, and nothing of what has more', async () => {
    const sizes = fc.array(fc.nat(20), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(60), async (sizes, limit) => {
        const sum = sizes.reduce((a, b) => a + b, 0)
        expect((await gather(pieces(sizes), { limit, signal }))?.length ?? null).toBe(sum <= limit ? sum : null)
      }),
    )
  })
  test('ends with the signal', async () => {
    const over = AbortSignal.abort(new Error('over'))
    await expect(gather(pieces([1]), { limit: 10, signal: over })).rejects.toThrow('over')
  })
})

describe('a message as text', () => {
  const latin = (text: string): Buffer => Buffer.from(text, 'latin1')
  test.each([
    ['UTF-8 stays', Buffer.from('charset=iso-8859-1\r\n\r\nGrüße €'), 'charset=iso-8859-1\r\n\r\nGrüße €'],
    ['a byte order mark stays', Buffer.from('\ufeffA'), '\ufeffA'],
    [
      'by the charset it names',
      latin('Content-Type: text/plain; charset="koi8-r"\r\n\r\n\xf0'),
      'Content-Type: text/plain; charset="koi8-r"\r\n\r\nП',
    ],
    ['by the first one', latin('charset=iso-8859-2 charset=koi8-r \xb1'), 'charset=iso-8859-2 charset=koi8-r ą'],
    ['a charset nobody knows', latin('charset=x-none \xfc\x80'), 'charset=x-none ü€'],
    ['a charset that it is not of', latin('charset=utf-8 \xfc'), 'charset=utf-8 ü'],
    ['none', latin('\xfc'), 'ü'],
    ['UTF-16, which a part may be and a message is not', latin('charset=utf-16le;\n\xfc'), 'charset=utf-16le;\nü'],
  ])('%s', (_, raw, text) => {
    expect(messageText(raw)).toBe(text)
  })

  test('is text that JSON can hold, for any octets; UTF-8 comes back as it was', () => {
    const octets = fc.uint8Array({ maxLength: 200 }).map(array => Buffer.from(array))
    const named = fc.tuple(fc.constantFrom('charset=utf-16le;', 'charset="iso-2022-jp"', 'charset=gb18030 ', "CHARSET='x", ''), octets)
    fc.assert(
      fc.property(named, ([before, rest]) => {
        const text = messageText(Buffer.concat([Buffer.from(before), rest]))
        expect(JSON.parse(JSON.stringify(text))).toBe(text)
      }),
    )
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        expect(messageText(Buffer.from(text))).toBe(text)
      }),
    )
  })
})

describe('options that can’t be', () => {
  const url = 'redis://127.0.0.1:1'
  test.each([
    ['no server', {}, 'needs a url'],
    ['a URL of something else', { url: 'http://127.0.0.1' }, 'redis://'],
    ['no concurrency', { url, concurrency: 0 }, 'concurrency'],
    ['half a millisecond', { url, timeout: 0.5 }, 'time-out'],
    ['no mark', { url, mark: 0 }, 'mark'],
  ])('%s', (_, options, says) => {
    expect(() => redisStream(streamOptions(options))).toThrow(says)
    expect(() => sidekiq(sidekiqOptions(options))).toThrow(says)
  })

  test('names that are empty, and numbers that are none', () => {
    for (const options of [{ stream: '' }, { maxLength: -1 }, { raw: 1.5 }])
      expect(() => redisStream(streamOptions({ url, ...options }))).toThrow()
    for (const options of [{ queue: '' }, { class: '' }]) expect(() => sidekiq(sidekiqOptions({ url, ...options }))).toThrow()
  })
})
