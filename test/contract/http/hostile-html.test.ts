// HTML from mail in a real browser: a server of its own that must hear nothing, and does hear when the same HTML is shown bare.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { neutral } from '../../../src/listeners/http/pages/html-frame.ts'
import { someMessage } from '../../support/fake-desk.ts'
import { openSite, type Site, someAttachment, someDoor } from './harness.ts'

const browser = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

/** Everything by which a browser may call `sink`, or do something of its own. */
const hostile = (sink: string): string => `<html><head><base href="${sink}/base/">
<meta http-equiv="refresh" content="0;url=${sink}/refresh"><meta http-equiv="x-dns-prefetch-control" content="on">
<link rel="stylesheet" href="${sink}/style"><link rel="prefetch" href="${sink}/prefetch"><link rel="preconnect" href="${sink}">
<link rel="icon" href="${sink}/icon"><LINK
 rel="preload" as="image" href="${sink}/preload"><style>@import "${sink}/import"; body { background: url(${sink}/css) }
@font-face { font-family: x; src: url(${sink}/font) } p { font-family: x }</style></head><body background="${sink}/background">
<p id="words">Words of the mail</p><img src="${sink}/img" srcset="${sink}/srcset 2x"><img src="relative"><img src="x:" onerror="fetch('${sink}/onerror')">
<script>fetch('${sink}/script'); document.body.append('SCRIPT ' + 'RAN'); top.location = '${sink}/top'</script><svg><image href="${sink}/svg"/><use href="${sink}/use#a"/>
<script>fetch('${sink}/svg-script')</script></svg><iframe src="${sink}/iframe"></iframe><iframe srcdoc="<img src='${sink}/srcdoc'>"></iframe>
<object data="${sink}/object"></object><embed src="${sink}/embed"><video src="${sink}/video" poster="${sink}/poster"></video><audio src="${sink}/audio" autoplay></audio>
<form action="${sink}/form" id="f"><input type="image" src="${sink}/input"><input name="a" autofocus onfocus="this.form.submit()"></form>
<a href="${sink}/link" ping="${sink}/ping">a link</a><div style="background-image:url('${sink}/inline');list-style:url(${sink}/list)">x</div>
<img id="good" src="cid:pic@mail"><table background="cid:pic@mail"><tr><td>x</table></body></html>`

const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

async function listen(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(handle)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** Who is called: every connection and every path. */
async function openSink() {
  const heard: string[] = []
  const { server, url } = await listen((incoming, response) => {
    heard.push(incoming.url!)
    response.writeHead(200, { 'access-control-allow-origin': '*' }).end()
  })
  server.on('connection', () => heard.push('connection'))
  return { url, heard }
}

/** The page as it stands after a while. */
async function rendered(url: string): Promise<string> {
  const profile = await mkdtemp(join(tmpdir(), 'postern-browser-'))
  const options = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--password-store=basic',
  ]
  try {
    return await new Promise((resolve, reject) => {
      execFile(
        browser!,
        [...options, `--user-data-dir=${profile}`, '--window-size=1200,4000', '--timeout=3000', '--dump-dom', url],
        { timeout: 40_000, maxBuffer: 50_000_000, killSignal: 'SIGKILL' },
        (error, stdout) => (error === null ? resolve(stdout) : reject(error)),
      )
    })
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function siteWith(markup: string): Promise<Site> {
  const image = someAttachment({ name: 'p.png', type: 'image/png', size: pixel.length, disposition: 'inline', contentId: 'pic@mail' })
  const site = await openSite({ content: someDoor({ text: 'Words', textFrom: 'text', html: markup, attachments: [image] }, [pixel]) })
  site.desk.messages.push(someMessage({ id: 'm1' }))
  return site
}

/** Our pages with what a person would have opened. */
async function opened(site: Site) {
  const asked: string[] = []
  const { url } = await listen((incoming, response) => {
    asked.push(incoming.url!)
    const headers = { ...incoming.headers, host: 'localhost' }
    const outgoing = request({ host: '127.0.0.1', port: site.port, path: incoming.url, headers }, async answer => {
      const body = Buffer.concat(await gather(answer)).toString()
      const { 'content-length': _, ...kept } = answer.headers
      response
        .writeHead(answer.statusCode!, kept)
        .end(incoming.url!.endsWith('/html') ? body : body.replaceAll('<details>', '<details open>'))
    })
    outgoing.end()
  })
  return { url, asked }
}

async function gather(answer: IncomingMessage): Promise<Buffer[]> {
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  return chunks
}

test.skipIf(browser === undefined)('a browser that shows hostile HTML calls nobody, in the frame and by itself', async () => {
  const sink = await openSink()
  const site = await siteWith(hostile(sink.url))
  const { url: base, asked } = await opened(site)

  const alone = await rendered(`${base}/messages/m1/html`)
  expect(alone).toContain('Words of the mail')
  expect(alone).not.toContain('SCRIPT RAN')
  expect(alone).toContain(`src="data:image/png;base64,${pixel.toString('base64')}"`)
  asked.splice(0)
  const page = await rendered(`${base}/messages/m1`)
  expect(asked).toEqual(expect.arrayContaining(['/messages/m1', '/messages/m1/html']))
  expect(page).toContain('<iframe class="mail" sandbox="" src="/messages/m1/html"')
  expect(sink.heard).toEqual([])
})

test.skipIf(browser === undefined)('even where no element has lost its name, the policy lets nothing be loaded or run', async () => {
  const sink = await openSink()
  const site = await siteWith('x')
  const { headers } = await site.get('/messages/m1/html')
  const kept = { 'content-type': 'text/html', 'content-security-policy': headers['content-security-policy'] as string }
  const bare = hostile(sink.url).replace(/<link rel="preconnect"[^>]*>/, '')
  const held = await listen((_request, response) => void response.writeHead(200, kept).end(bare))
  expect(await rendered(held.url)).not.toContain('SCRIPT RAN')
  expect(sink.heard.filter(path => path !== 'connection')).toEqual([])
})

test.skipIf(browser === undefined)('the same HTML without our fields calls: the sink hears', async () => {
  const sink = await openSink()
  const markup = hostile(sink.url)
    .replace(/<meta http-equiv="refresh"[^>]*>/, '')
    .replace(/top\.location = '[^']*'/, '')
    .replace(' autofocus', '')
  const { url } = await listen((_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end(markup))
  expect(await rendered(url)).toContain('SCRIPT RAN')
  for (const path of ['/img', '/style', '/import', '/script', '/iframe', '/svg', '/css']) expect(sink.heard).toContain(path)
})

test('the frame’s answer has a policy of its own; every other answer can’t be framed', async () => {
  const site = await siteWith('<p>hello</p>')
  const framed = await site.get('/messages/m1/html')
  expect(framed.headers['content-security-policy']).toBe(
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
  )
  expect([framed.headers['x-frame-options'], framed.headers['x-dns-prefetch-control']]).toEqual(['SAMEORIGIN', 'off'])
  expect([framed.headers['content-type'], framed.body]).toEqual(['text/html; charset=utf-8', '<p>hello</p>'])
  const page = await site.get('/messages/m1')
  expect(page.headers['content-security-policy']).toMatch(/frame-ancestors 'none'; frame-src 'self'$/)
  expect([page.headers['x-frame-options'], (await site.get('/messages/none/html')).status]).toEqual([undefined, 404])
  expect((await site.get('/messages/m1/html', { headers: { via: 'x' } })).status).toBe(401)
})

test.each([
  '<LiNk rel=x>',
  '<link/rel=x>',
  '<meta\n>',
  '<base\thref=x>',
  '<script',
  '<iframe src=x',
  '<link>',
  '<<link x',
  '<frame>',
  '<form>',
])('%s loses its name', markup => expect(neutral(markup)).toMatch(/<x-/))
test.each(['<p>link</p>', '<links>', '<linked-x>'.replace('-x', 'x'), '&lt;link', '< link', '<metal>', '<frameset2>'])('%s stays', markup =>
  expect(neutral(markup)).toBe(markup),
)

test('what images add is bounded, however often one is shown', async () => {
  const octets = new Uint8Array(1024 * 1024)
  const image = someAttachment({ type: 'image/png', size: octets.length, contentId: 'a' })
  const markup = '<img src="cid:a">'.repeat(100)
  const site = await openSite({ content: someDoor({ html: markup, attachments: [image] }, [octets]) })
  const { body } = await site.get('/messages/m1/html')
  expect(body.length).toBeLessThan(6.1 * 1024 * 1024)
  expect([body.match(/src="data:/g)?.length, body.match(/src="cid:/g)?.length]).toEqual([4, 96])
})
