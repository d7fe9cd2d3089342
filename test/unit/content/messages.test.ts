/** Messages and their content: test/messages/content/NAME.eml beside NAME.json. What is cut from the text as quoted has messages of its own. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { readAttachment, readContent } from '../../../src/content/read-content.ts'
import { contentLimits } from '../../support/content.ts'

const folder = path.join(import.meta.dirname, '..', '..', 'messages', 'content')
const names = readdirSync(folder).flatMap(file => (file.endsWith('.eml') ? [file.slice(0, -4)] : []))
const options = { limits: contentLimits, links: null, inline: 0, larger: 'omit' } as const
const messageOf = (name: string): Uint8Array => new Uint8Array(readFileSync(path.join(folder, `${name}.eml`)))

test('there are many', () => expect(names.length).toBeGreaterThanOrEqual(120))

describe.each(names)('%s', name => {
  test('has the expected content', async () => {
    const content = await readContent(messageOf(name), { id: 'm', received: 0 }, options)
    const { reply, ...rest } = { reply: null, ...content }
    expect(rest).toEqual(JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')))
    expect(reply === null).toBe(content.status !== 'parsed' || content.text === null)
  })
})

describe('attachments', () => {
  const inline = { ...options, inline: 1000 }
  test('stand in the content, octet for octet, and are the ones that are fetched', async () => {
    const message = messageOf('mixed-text-around-attachment')
    const content = await readContent(message, { id: 'm', received: 0 }, inline)
    if (content.status !== 'parsed') throw new Error(content.problem)
    const octets = Buffer.from('\xff\xd8cat', 'latin1')
    expect(content.attachments[0]!.content).toBe(octets.toString('base64'))
    const fetched = await readAttachment(message, 0, contentLimits)
    expect({ ...fetched, octets: Buffer.from(fetched!.octets) }).toEqual({ name: 'cat.jpg', type: 'image/jpeg', octets })
    expect(await readAttachment(message, 1, contentLimits)).toBeNull()
    expect(await readAttachment(message, -1, contentLimits)).toBeNull()
    expect(await readAttachment(message, 0, { ...contentLimits, parts: 1 })).toBeNull()
  })
  test.each([
    [4, undefined],
    [5, Buffer.from('\xff\xd8cat', 'latin1').toString('base64')],
  ])('of 5 octets, with %i inline', async (size, found) => {
    const content = await readContent(messageOf('mixed-text-around-attachment'), { id: 'm', received: 0 }, { ...options, inline: size })
    expect(content).toMatchObject({ attachments: [found === undefined ? { size: 5 } : { content: found }] })
  })
  test('have a link where they are too large, and links are wanted and configured', async () => {
    const links = { url: 'https://incoming.example.com', secret: new Uint8Array(32), expires: 1000 }
    const read = (changes: object) =>
      readContent(messageOf('mixed-text-around-attachment'), { id: 'm1', received: 1000 }, { ...options, ...changes })
    const url = expect.stringMatching(/^https:\/\/incoming\.example\.com\/attachments\/m1\/0\?expires=2&signature=/)
    expect(await read({ links, larger: 'link' })).toMatchObject({ attachments: [{ url }] })
    for (const changes of [{ links }, { larger: 'link' }, { links, larger: 'link', inline: 5 }]) {
      const content = await read(changes)
      expect(content.status === 'parsed' && content.attachments[0]!.url).toBeUndefined()
    }
  })
  test('of one message alone are fetched, named text too', async () => {
    expect(await readAttachment(messageOf('attachment-alone'), 0, contentLimits)).toMatchObject({ name: 'scan.pdf' })
    expect(await readAttachment(messageOf('mixed-named-text'), 0, contentLimits)).toMatchObject({ octets: Buffer.from('my notes') })
    expect(await readAttachment(messageOf('mixed-named-text'), 1, contentLimits)).toMatchObject({ octets: Buffer.from('<p>page</p>') })
  })
})

describe('limits', () => {
  const parts = (count: number) => `--b\r\n\r\nx\r\n`.repeat(count)
  const mail = (fields: string, body: string) =>
    new TextEncoder().encode(
      `From: a@a.example\r\n${fields}MIME-Version: 1.0\r\n${body.startsWith('--b') ? 'Content-Type: multipart/mixed; boundary=b\r\n' : ''}\r\n${body}`,
    )
  const nested = (depth: number) =>
    new TextEncoder().encode(
      `From: a@a.example\r\n${Array.from({ length: depth }, (_, i) => `Content-Type: multipart/mixed; boundary=b${i}x\r\n\r\n--b${i}x\r\n`).join('')}\r\nx\r\n`,
    )
  const read = (message: Uint8Array, limits: object) =>
    readContent(message, { id: 'm', received: 0 }, { ...options, limits: { ...contentLimits, ...limits } })

  test.each<[string, Uint8Array, object, string | null]>([
    ['parts, as many as may be', mail('', parts(4)), { parts: 5 }, null],
    ['a part too many', mail('', parts(5)), { parts: 5 }, 'more than 5 parts'],
    ['as deep as may be', nested(3), { depth: 3 }, null],
    ['too deep', nested(4), { depth: 3 }, 'parts in parts more than 3 deep'],
    ['addresses, as many as may be', mail('To: b@b.example\r\nCc: c@c.example\r\n', 'x'), { addresses: 3 }, null],
    ['an address too many', mail('To: b@b.example, d@d.example\r\nCc: c@c.example\r\n', 'x'), { addresses: 3 }, 'more than 3 addresses'],
  ])('%s', async (_, message, limits, problem) => {
    const content = await read(message, limits)
    expect(content).toMatchObject(problem === null ? { status: 'parsed' } : { status: 'over-budget', problem })
  })
  test('the header, the text and the HTML are cut', async () => {
    const html = 'From: a@a.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\naäää'
    expect(await read(mail('', 'aäää'), { text: 7 })).toMatchObject({ text: 'aäää', truncated: [] })
    expect(await read(mail('', 'aäää'), { text: 6 })).toMatchObject({ text: 'aää', truncated: ['text'] })
    expect(await read(new TextEncoder().encode(html), { html: 7 })).toMatchObject({ html: 'aäää', truncated: [] })
    expect(await read(new TextEncoder().encode(html), { html: 4 })).toMatchObject({ html: 'aä', text: 'aä', truncated: ['html'] })
    const two = new TextEncoder().encode('From: a@a.example\r\nX-A: b\r\n c\r\n\r\nbody')
    expect(await read(two, { header: 31 })).toMatchObject({ header: [{}, { value: 'b c' }], truncated: [], text: 'body' })
    expect(await read(two, { header: 30 })).toMatchObject({ header: [{ name: 'From' }], truncated: ['header'], text: 'body' })
  })
})

test.each(['i', 'I', 'a', '1'])('lists of type %s may begin where they like', async type => {
  const html = `<ol type=${type} start=99999999999999999999999><li>one<li>two</ol>`
  const message = Buffer.from(`From: a@a.example\r\nContent-Type: text/html\r\n\r\n${html}`)
  const content = await readContent(message, { id: 'm', received: 0 }, options)
  expect(content).toMatchObject({ status: 'parsed', text: expect.stringMatching(/one\n.*two/) })
})
