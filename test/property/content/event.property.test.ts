/** Whatever a message holds, the event with its real parsed view is JSON that the published schema takes, and says nothing unprintable. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readContent } from '../../../src/content/read-content.ts'
import { defaultEventOptions, eventBody } from '../../../src/delivery/event/event.ts'
import { contentLimits as limits } from '../../support/content.ts'
import { eventCases, sourceOf } from '../../support/event-cases.ts'

const root = path.join(import.meta.dirname, '..', '..', '..')
const folders = ['content', 'replies', 'bounces', 'screening'].map(name => path.join(root, 'test', 'messages', name))
const messages = folders.flatMap(folder =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.eml'))
    .map(name => readFileSync(path.join(folder, name))),
)
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
formats.default(ajv)
const valid = ajv.compile(JSON.parse(readFileSync(path.join(root, 'docs', 'event.schema.json'), 'utf8')))

const links = { url: 'https://incoming.example.com', secret: new Uint8Array(32), expires: 1000 }
const [one] = Object.values(eventCases)

async function check(raw: Uint8Array, changes: Partial<typeof limits> = {}): Promise<void> {
  const options = { limits: { ...limits, ...changes }, links, inline: 100, larger: 'link' } as const
  const content = new TextEncoder().encode(JSON.stringify(await readContent(raw, { id: 'm1', received: 0 }, options)))
  const pieces: Buffer[] = []
  for await (const piece of eventBody(one!.delivery, { ...sourceOf(one!), content: async () => content }, defaultEventOptions))
    pieces.push(piece)
  const json = Buffer.concat(pieces).toString()
  // Half a character would stand there escaped, and many readers refuse it.
  expect(json.replaceAll('\\\\', '')).not.toMatch(/\\ud[89a-f]/i)
  expect([valid(JSON.parse(json)), valid.errors]).toEqual([true, null])
}

test('all messages that are kept for tests', async () => {
  expect(messages.length).toBeGreaterThan(150)
  for (const message of messages) await check(Uint8Array.from(message))
})

/** Octets that mean something to some reader of mail. */
const pieces = [
  '\0', '\r', '\n', '\r\n\r\n', '\x1b$B', '\x0e', '~{', '+2AA-', '=?utf-7?q?+2AA-?=', '=?utf-16?b?2AA=?=', "filename*0*=utf-16''%D8%00;", '\xff', '\xed\xa0\x80', '\xf0\x9f',
  '\u2028', '__proto__: x\r\n', 'constructor', '=D8=00', '--b\r\n', 'Content-Type: text/html\r\n\r\n&#xD800;&#0;', 'charset=utf-16le', 'charset=hz', ': ', '"', '<', 'Date: 1 Jan 9999 99:99\r\n', 'Date: 31 Dec 9999 23:59:59 -1200\r\n', 'Date: 1 Jan 99999 00:00\r\n',
] // biome-ignore format: pieces

test('all of them, broken anyhow', async () => {
  const change = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    drop: fc.nat(30),
    put: fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 5 })),
  })
  await fc.assert(
    fc.asyncProperty(fc.nat(messages.length - 1), fc.array(change, { maxLength: 6 }), fc.boolean(), async (index, changes, tight) => {
      let raw = messages[index]!
      for (const { at, drop, put } of changes) {
        const from = Math.floor(at * raw.length)
        raw = Buffer.concat([raw.subarray(0, from), Buffer.from(put), raw.subarray(from + drop)])
      }
      await check(Uint8Array.from(raw), tight ? { parts: 3, depth: 2, addresses: 3, header: 300, text: 50, html: 50 } : {})
    }),
    { numRuns: 400 },
  )
})
