// The parsed view, attachments as downloads, and the links that open them without a token.
import { expect, test } from 'vitest'
import { attachmentLink } from '../../../src/lib/attachment-link.ts'
import { someMessage } from '../../support/fake-desk.ts'
import { openSite, someAttachment, someDoor } from './harness.ts'

const octets = new Uint8Array([1, 2, 3])
const attachments = [
  someAttachment({ name: 'Grüße "1".pdf' }),
  someAttachment({ index: 1, name: '../../etc/passwd.html', type: 'text/html' }),
  someAttachment({ index: 2, name: null, type: 'image/svg+xml' }),
]
const content = someDoor({ text: 'New\n\n> old', textFrom: 'text', reply: { text: 'New', quoted: '> old', signature: '' }, attachments }, [
  octets,
  octets,
  octets,
])
const secret = new Uint8Array(32).fill(7)

async function site(more: Parameters<typeof openSite>[0] = {}) {
  const opened = await openSite({ content, ...more })
  opened.desk.messages.push(someMessage({ id: 'm1' }))
  opened.desk.bodies.set('m1', 'Subject: x\r\n\r\nbody\r\n')
  return opened
}

test('the parsed view goes out as it is; without a parser there is none', async () => {
  const { get } = await site()
  expect(JSON.parse((await get('/api/messages/m1/content')).body)).toEqual(await content.view('m1'))
  expect((await get('/api/messages/none/content')).status).toBe(404)
  expect((await (await site({ content: null })).get('/api/messages/m1/content')).status).toBe(404)
})

test('an attachment is a download, whatever it says it is', async () => {
  const { get } = await site()
  const header = async (index: number) => (await get(`/api/messages/m1/attachments/${index}`)).headers
  const first = await get('/api/messages/m1/attachments/0')
  expect([first.status, first.headers['content-type'], Buffer.from(first.body)]).toEqual([200, 'application/pdf', Buffer.from(octets)])
  expect(first.headers['content-disposition']).toBe(`attachment; filename="Gr__e _1_.pdf"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20_1_.pdf`)
  expect([first.headers['x-content-type-options'], first.headers['content-security-policy']]).toEqual([
    'nosniff',
    "default-src 'none'; sandbox; frame-ancestors 'none'",
  ])
  expect([(await header(1))['content-type'], (await header(1))['content-disposition']]).toEqual([
    'application/octet-stream',
    'attachment; filename="_.._etc_passwd.html"',
  ])
  expect([(await header(2))['content-type'], (await header(2))['content-disposition']]).toEqual([
    'application/octet-stream',
    'attachment; filename="attachment-2"',
  ])
  for (const index of ['3', '-1', '00', '1.0', 'x', '9999999'])
    expect((await get(`/api/messages/m1/attachments/${index}`)).status).toBe(404)
})

test('the page shows reply, text and attachments, and says what a budget stopped', async () => {
  const { get } = await site()
  const { body } = await get('/messages/m1')
  for (const part of [
    '<h2>Reply</h2>',
    '>New</pre>',
    'New\n\n&gt; old</pre>',
    'href="/api/messages/m1/attachments/0" download',
    'attachment 2</a>',
  ])
    expect(body).toContain(part)
  expect(body).not.toContain('<iframe')
  const over = await site({ content: { ...content, view: async () => ({ status: 'over-budget', problem: 'more than 1000 <parts>' }) } })
  expect((await over.get('/messages/m1')).body).toContain('more than 1000 &lt;parts&gt;')
  const broken = await site({ content: { ...content, view: async () => Promise.reject(new Error('secret')) } })
  const shown = await broken.get('/messages/m1')
  expect([shown.status, shown.body.includes('secret')]).toEqual([200, false])
})

test('a long text is cut at 65,536 characters', async () => {
  for (const [length, cut] of [
    [65_536, false],
    [65_537, true],
  ] as const) {
    const { get } = await site({ content: someDoor({ text: 'x'.repeat(length), textFrom: 'text' }) })
    expect((await get('/messages/m1')).body.includes('Only the beginning')).toBe(cut)
  }
})

test('eight messages are read at once, a ninth is told to wait', async () => {
  const gate = Promise.withResolvers<void>()
  const { get } = await site({ content: { ...content, view: id => gate.promise.then(() => content.view(id)) } })
  const eight = Array.from({ length: 8 }, () => get('/api/messages/m1/content'))
  await expect.poll(async () => (await get('/api/messages/m1/attachments/0')).status).toBe(503)
  gate.resolve()
  expect((await Promise.all(eight)).map(one => one.status)).toEqual(Array(8).fill(200))
  expect((await get('/api/messages/m1/attachments/0')).status).toBe(200)
})

const links = { url: 'https://mail.example', secret, expires: 60_000 }
const linkTo = (part: 'raw' | number, at = Date.now(), message = 'm1') =>
  attachmentLink(links, { message, part, at }).slice(links.url.length)
const strange = { headers: { host: 'mail.example', 'x-forwarded-for': '192.0.2.1' } }

test('a link needs no token and no name of ours, through a proxy too', async () => {
  const { get } = await site({ links })
  const raw = await get(linkTo('raw'), strange)
  expect([raw.status, raw.headers['content-type'], raw.body]).toEqual([200, 'message/rfc822', 'Subject: x\r\n\r\nbody\r\n'])
  expect(raw.headers['content-disposition']).toBe('attachment; filename="m1.eml"')
  expect((await get(linkTo(1), strange)).headers['content-type']).toBe('application/octet-stream')
  expect((await get(linkTo(7), strange)).status).toBe(404)
  expect((await get(linkTo('raw', Date.now(), 'gone'), strange)).status).toBe(404)
  for (const path of ['/', '/api/messages/m1/raw', '/api/messages']) expect((await get(path, strange)).status).toBe(421)
})

test('a link that is changed is 403, one that is over 410, and neither stands in the log', async () => {
  const opened = await site({ links })
  const good = linkTo(0)
  const status = async (path: string) => (await opened.get(path, strange)).status
  expect(await status(good)).toBe(200)
  for (const wrong of [
    good.replace('/0?', '/1?'),
    good.replace('/0?', '/raw?'),
    good.replace('/0?', '/00?'),
    good.replace('/m1/', '/m2/'),
    good.replace(/expires=\d/, 'expires=9'),
    good.slice(0, -1),
    `${good}x`,
    `${good}&signature=x`,
    good.split('&')[0]!,
    '/attachments/m1/0',
    '/attachments/m1/raw?expires=9999999999&signature=',
  ])
    expect([wrong, await status(wrong)]).toEqual([wrong, 403])
  expect(await status(linkTo(0, Date.now() - 62_000))).toBe(410)
  expect(await status(linkTo(0, Date.now() - 50_000))).toBe(200)
  expect((await opened.get(good, { ...strange, method: 'POST' })).status).toBe(405)
  expect(JSON.stringify(opened.logged)).not.toContain('signature')
  expect(opened.logged.filter(line => line.level === 'warn')).toEqual([])
})

test('where no links are configured there are none, and the guard stands', async () => {
  const { get } = await site()
  expect((await get(linkTo('raw'), strange)).status).toBe(421)
  expect((await get(linkTo('raw'))).status).toBe(404)
})

test('the raw message of a link can be what processors get', async () => {
  const raw = async () =>
    (async function* () {
      yield Buffer.from('cleaned')
    })()
  const { get } = await site({ links: { ...links, raw } })
  expect((await get(linkTo('raw'))).body).toBe('cleaned')
})
