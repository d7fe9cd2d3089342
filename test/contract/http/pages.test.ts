import { expect, test } from 'vitest'
import { someDelivery, someMessage, someTransaction } from '../../support/fake-desk.ts'
import { openSite } from './harness.ts'

test('the list shows messages, keeps filters while paging, and says when there is nothing', async () => {
  const site = await openSite()
  expect((await site.get('/')).body).toContain('No message has arrived yet')
  for (let id = 1; id <= 60; id++)
    site.desk.messages.push(someMessage({ id: `m${id}`, subject: `Subject ${id}`, deliveries: [someDelivery({ id })] }))
  const first = (await site.get('/?state=delivered&text=subject')).body
  expect(first).toContain('<a href="/messages/m60">Subject 60</a>')
  expect(first).toContain('<option selected>delivered</option>')
  expect(first).toContain('href="/?state=delivered&amp;text=subject&amp;before=11"')
  const second = (await site.get('/?state=delivered&text=subject&before=11')).body
  expect([second.includes('/messages/m10"'), second.includes('/messages/m11"'), second.includes('rel="next"')]).toEqual([
    true,
    false,
    false,
  ])
  expect((await site.get('/?text=nowhere')).body).toContain('No message fits')
  expect((await site.get('/?state=lost')).status).toBe(400)
  expect((await site.get('/messages')).headers.location).toBe('/')
})

test('a message shows its envelope, header, raw text, decisions and deliveries', async () => {
  const site = await openSite()
  const decisions = [{ stage: 'data', verdict: 'discard', reason: 'message.automatic', detail: 'Auto-Submitted: auto-replied' }] as const
  const deliveries = [
    someDelivery({ id: 4, state: 'failed', detail: '410 Gone' }),
    someDelivery({ id: 5, state: 'discarded', reason: 'message.automatic' }),
  ]
  site.desk.messages.push(someMessage({ id: 'm1', sender: '', decisions, deliveries, truncated: true }))
  site.desk.bodies.set('m1', 'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nX-Long: a\r\n\tb\r\n\r\nBody <b>here</b>\r\n')
  const { status, body } = await site.get('/messages/m1')
  expect(status).toBe(200)
  for (const part of [
    '<dt>Reverse-path</dt><dd>&lt;&gt;</dd>',
    '<dt>Client</dt><dd>192.0.2.7 (mail.sender.example)</dd>',
    '<dt>Subject</dt><dd>Grüße</dd>',
    '<dt>X-Long</dt><dd>a\tb</dd>',
    'Body &lt;b&gt;here&lt;/b&gt;\n</pre>',
    'Auto-Submitted: auto-replied',
    'an automatic reply, a bounce or another machine’s mail',
    '410 Gone',
    'action="/messages/m1/retry" method="post"><input type="hidden" name="delivery" value="4"><button>Retry</button>',
    'action="/messages/m1/discard" method="post"><input type="hidden" name="delivery" value="4"><button class="quiet">Discard</button>',
    'action="/messages/m1/release" method="post"><input type="hidden" name="delivery" value="5"><button>Release</button>',
    'is cut off',
    'href="/api/messages/m1/raw"',
  ])
    expect(body).toContain(part)
  expect(body).not.toContain('The first 64.0 KiB')
  expect((await site.get('/messages/m2')).status).toBe(404)
})

test('the buttons do what they say', async () => {
  const site = await openSite()
  const deliveries = [1, 2, 3].map(id => someDelivery({ id, state: 'failed' }))
  site.desk.messages.push(someMessage({ id: 'm1', deliveries }))
  expect((await site.get('/messages/m1')).body).toContain('<button>Retry all 3</button>')
  const one = await site.post('/messages/m1/replay', { delivery: '2' })
  expect([one.status, one.headers.location]).toEqual([303, '/messages/m1?how=replay&count=1'])
  expect((await site.get('/messages/m1?how=replay&count=1')).body).toContain('1 delivery queued again.')
  expect((await site.post('/messages/m1/replay')).headers.location).toBe('/messages/m1?how=replay&count=2')
  expect((await site.post('/messages/m1/replay')).status).toBe(409)
  expect((await site.post('/messages/m2/replay')).status).toBe(404)
  expect((await site.post('/messages/m1/replay', { other: '1' })).status).toBe(400)
  expect(site.notified).toEqual(['app', 'app'])
})

test('the first 64 KiB of the raw text are shown, and it is said where more follows', async () => {
  const site = await openSite()
  site.desk.messages.push(
    someMessage({ id: 'whole' }),
    someMessage({ id: 'more' }),
    someMessage({ id: 'huge' }),
    someMessage({ id: 'gone' }),
  )
  site.desk.bodies.set('whole', 'x'.repeat(65_536))
  site.desk.bodies.set('more', 'x'.repeat(65_537))
  site.desk.bodies.set('huge', '&'.repeat(5_000_000))
  site.desk.bodies.set('gone', new Error('secret path'))
  const pre = async (id: string) => {
    const { body } = await site.get(`/messages/${id}`)
    return { length: /<pre[^>]*>([^<]*)/.exec(body)![1]!.length, cut: body.includes('The first 64.0 KiB') }
  }
  expect(await pre('whole')).toEqual({ length: 65_536, cut: false })
  expect(await pre('more')).toEqual({ length: 65_536, cut: true })
  expect(await pre('huge')).toEqual({ length: 5 * 65_536, cut: true })
  const gone = await site.get('/messages/gone')
  expect([gone.status, gone.body.includes('could not be read'), gone.body.includes('secret')]).toEqual([200, true, false])
  expect(site.logged.some(line => line.level === 'error')).toBe(true)
})

test('what the application wrote is shown as text', async () => {
  const site = await openSite()
  const answer = '<b>NoMethodError</b>\n  in app.rb:7'
  site.desk.messages.push(someMessage({ id: 'm1', deliveries: [someDelivery({ state: 'failed', answer })] }), someMessage({ id: 'm2' }))
  const page = (await site.get('/messages/m1')).body
  expect(page).toContain('What the application wrote</summary>')
  expect(page).toContain('&lt;b&gt;NoMethodError&lt;/b&gt;\n  in app.rb:7</pre>')
  expect((await site.get('/messages/m2')).body).not.toContain('What the application wrote')
})

test('transactions show verdict, reason, reply and count', async () => {
  const site = await openSite()
  expect((await site.get('/transactions')).body).toContain('No client has tried')
  site.desk.traces.push(
    someTransaction({ id: 't1', count: 77 }),
    someTransaction({ id: 't2', at: 5, message: 'm1', verdict: 'accept', reason: null }),
  )
  const list = (await site.get('/transactions')).body
  expect(list).toContain('77 ×')
  expect(list).toContain('<a href="/transactions/t1">550 5.1.1 No such recipient here')
  const one = (await site.get('/transactions/t1')).body
  for (const part of ['77 equal ones', 'key.unknown', 'the mailbox matches, its key does not', '198.51.100.9', 'not kept'])
    expect(one).toContain(part)
  expect((await site.get('/transactions/t2')).body).toContain('<a href="/messages/m1">m1</a>')
  expect((await site.get('/transactions/t3')).status).toBe(404)
  expect((await site.get('/transactions?reason=key.expired')).body).toContain('No transaction fits')
})

test('an id, or a reply with one in it, is found', async () => {
  const site = await openSite()
  site.desk.messages.push(someMessage({ id: '1k3qzk9a0aaaaaaa' }))
  site.desk.traces.push(someTransaction({ id: '1k3qzk9a0bbbbbbb' }))
  const find = async (id: string) => {
    const answer = await site.get(`/find?id=${encodeURIComponent(id)}`)
    return answer.headers.location ?? answer.status
  }
  expect(await find(' 1k3qzk9a0aaaaaaa ')).toBe('/messages/1k3qzk9a0aaaaaaa')
  expect(await find('1k3qzk9a0bbbbbbb')).toBe('/transactions/1k3qzk9a0bbbbbbb')
  expect(await find('host said: 550 5.1.1 No such recipient here (1K3QZK9A0BBBBBBB)')).toBe('/transactions/1k3qzk9a0bbbbbbb')
  expect(await find('nothing')).toBe(404)
  expect(await find('nothing like an id')).toBe(404)
  expect(await find('')).toBe(404)
})

test('a spool that takes no mail is said on every page', async () => {
  const site = await openSite()
  expect((await site.get('/')).body).not.toContain('role="alert"')
  site.desk.current = { writable: false, detail: 'disk <full>', used: 1, free: 0 }
  for (const path of ['/', '/transactions']) expect((await site.get(path)).body).toContain('takes no mail now.</b> disk &lt;full&gt;')
})

test('the pages ask for nothing but their stylesheet, and have a viewport and a title', async () => {
  const site = await openSite()
  site.desk.messages.push(someMessage({ id: 'm1' }))
  for (const path of ['/', '/messages/m1', '/transactions', '/login', '/nothing']) {
    const { body } = await site.get(path)
    expect(body).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">')
    expect(body).toMatch(/<title>[^<]+ · Postern<\/title>/)
    expect(body).toMatch(/<h1>/)
    expect(body).not.toMatch(/<script|<img|<iframe|style=|\son\w+=/)
  }
  const style = await site.get('/style.css', { headers: { via: 'x' } })
  expect([style.status, style.headers['content-type']]).toEqual([200, 'text/css; charset=utf-8'])
})

test('a page shows at most 100 rows, deliveries, decisions and recipients', async () => {
  const site = await openSite()
  const many = (count: number) => Array.from({ length: count }, (_, at) => `r${at}@x.example`)
  const deliveries = many(101).map((recipient, at) => someDelivery({ id: at, recipient }))
  const decisions = many(101).map(recipient => ({ stage: 'rcpt', verdict: 'accept', recipient }) as const)
  site.desk.messages.push(someMessage({ id: 'm1', deliveries, decisions }))
  site.desk.traces.push(someTransaction({ id: 't1', recipients: many(101), decisions: [] }))
  const message = (await site.get('/messages/m1')).body
  expect([message.match(/class="card"/g)?.length, message.match(/class="stage"/g)?.length]).toEqual([100, 100])
  expect(message.match(/1 more is in the API\./g)).toHaveLength(2)
  expect((await site.get('/transactions/t1')).body).toContain('r99@x.example</span><p class="empty">1 more is in the API.')
  for (const path of ['/', '/transactions']) {
    expect([path, (await site.get(`${path}?limit=100`)).status]).toEqual([path, 200])
    expect([path, (await site.get(`${path}?limit=101`)).status]).toEqual([path, 400])
  }
})
