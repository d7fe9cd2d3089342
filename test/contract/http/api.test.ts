import { expect, test } from 'vitest'
import { SpoolUnavailable } from '../../../src/transaction/ports.ts'
import { someDelivery, someMessage, someTransaction } from '../../support/fake-desk.ts'
import { openSite, type Site } from './harness.ts'

const json = async (site: Site, path: string) => {
  const answer = await site.get(path)
  return { status: answer.status, ...JSON.parse(answer.body) }
}
const problem = async (site: Site, path: string, method = 'GET') => {
  const answer = await site.get(path, { method })
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
  return { status: answer.status, ...JSON.parse(answer.body).error }
}

test('the list has what ports.ts says, newest first, and filters', async () => {
  const site = await openSite()
  site.desk.messages.push(
    someMessage({
      id: 'm1',
      subject: 'one',
      deliveries: [someDelivery({ id: 1 }), someDelivery({ id: 2, state: 'held', mailbox: 'other' })],
    }),
    someMessage({ id: 'm2', subject: 'two', deliveries: [someDelivery({ id: 3, route: 'new', recipient: 'x@y.example' })] }),
  )
  const ids = async (query: string) => (await json(site, `/api/messages${query}`)).messages.map((one: { delivery: number }) => one.delivery)
  expect(await ids('')).toEqual([3, 2, 1])
  expect(await ids('?state=held')).toEqual([2])
  expect(await ids('?mailbox=other')).toEqual([2])
  expect(await ids('?route=new')).toEqual([3])
  expect(await ids('?recipient=x@y.example')).toEqual([3])
  expect(await ids('?text=TWO')).toEqual([3])
  expect(await ids('?text=&state=')).toEqual([3, 2, 1])
  const [first] = (await json(site, '/api/messages')).messages
  expect(first).toEqual({
    id: 'm2',
    delivery: 3,
    state: 'delivered',
    mailbox: 'incoming',
    route: 'new',
    recipient: 'x@y.example',
    sender: 'jane@sender.example',
    subject: 'two',
    size: 1234,
    received: Date.UTC(2026, 0, 2, 3, 4, 5),
  })
})

test('paging by `next` visits every row once', async () => {
  const site = await openSite()
  for (let id = 1; id <= 7; id++) site.desk.messages.push(someMessage({ id: `m${id}`, deliveries: [someDelivery({ id })] }))
  for (const limit of [1, 2, 3, 6, 7, 8]) {
    const seen: number[] = []
    let next: number | null | undefined
    for (let page = 0; page < 10 && next !== null; page++) {
      const answer = await json(site, `/api/messages?limit=${limit}${next === undefined ? '' : `&before=${next}`}`)
      expect(answer.messages.length).toBeLessThanOrEqual(limit)
      seen.push(...answer.messages.map((one: { delivery: number }) => one.delivery))
      next = answer.next
    }
    expect([limit, next, seen]).toEqual([limit, null, [7, 6, 5, 4, 3, 2, 1]])
  }
})

test('paging of transactions visits every row once, also where many are of one millisecond', async () => {
  const site = await openSite()
  const times = [1, 1, 2, 3, 3, 3, 3, 4, 5, 5]
  for (const [at, time] of times.entries()) site.desk.traces.push(someTransaction({ id: `t${at}`, at: time }))
  for (const limit of [1, 2, 3, 4, 9, 10, 11]) {
    const seen = new Set<string>()
    let count = 0
    let next: number | null | undefined
    while (next !== null) {
      const answer = await json(site, `/api/transactions?limit=${limit}${next === undefined ? '' : `&before=${next}`}`)
      for (const one of answer.transactions) seen.add(one.id)
      count += answer.transactions.length
      next = answer.next
    }
    expect([limit, seen.size, count]).toEqual([limit, 10, 10])
  }
})

test('the limit is 1 to 500, 50 by default', async () => {
  const site = await openSite()
  for (let id = 1; id <= 600; id++) site.desk.messages.push(someMessage({ id: `m${id}`, deliveries: [someDelivery({ id })] }))
  expect((await json(site, '/api/messages')).messages).toHaveLength(50)
  expect((await json(site, '/api/messages?limit=1')).messages).toHaveLength(1)
  expect(await json(site, '/api/messages?limit=500')).toMatchObject({ messages: { length: 500 }, next: 101 })
  for (const limit of ['0', '501', '-1', '1.5', '1e2', 'x', '99999999999999999'])
    expect(await problem(site, `/api/messages?limit=${limit}`)).toMatchObject({
      status: 400,
      parameter: 'limit',
      found: limit,
      allowed: 'a whole number from 1 to 500',
    })
})

test('a parameter that is unknown, given twice or unfit is a 400 that says what is allowed', async () => {
  const site = await openSite()
  expect(await problem(site, '/api/messages?stat=held')).toMatchObject({
    status: 400,
    parameter: 'stat',
    allowed: expect.arrayContaining(['state']),
  })
  expect(await problem(site, '/api/messages?__proto__=1')).toMatchObject({ status: 400, parameter: '__proto__' })
  expect(await problem(site, '/api/messages?constructor=1')).toMatchObject({ status: 400, parameter: 'constructor' })
  expect(await problem(site, '/api/messages?state=held&state=failed')).toMatchObject({ status: 400, parameter: 'state' })
  expect(await problem(site, '/api/messages?state=lost')).toMatchObject({
    status: 400,
    found: 'lost',
    allowed: expect.arrayContaining(['held']),
  })
  expect(await problem(site, '/api/transactions?verdict=no')).toMatchObject({ status: 400, allowed: expect.arrayContaining(['reject']) })
  expect(await problem(site, '/api/transactions?reason=no')).toMatchObject({
    status: 400,
    allowed: expect.arrayContaining(['key.expired']),
  })
  expect(await problem(site, `/api/messages?text=${'x'.repeat(201)}`)).toMatchObject({ status: 400, allowed: 'at most 200 characters' })
  expect((await json(site, `/api/messages?text=${'x'.repeat(200)}`)).status).toBe(200)
  for (const path of ['/api/messages/m1?x=1', '/api/messages/m1/raw?x=1', '/api/transactions/t1?x=1'])
    expect(await problem(site, path)).toMatchObject({ status: 400, parameter: 'x' })
})

test('a message and a transaction go out as they are', async () => {
  const site = await openSite()
  const message = someMessage({ id: 'm1', subject: 'a\u0000\u202e<b>"\ud83d\ude00' })
  const trace = someTransaction({ id: 't1' })
  site.desk.messages.push(message)
  site.desk.traces.push(trace)
  expect(await json(site, '/api/messages/m1')).toEqual({ status: 200, ...message })
  expect(await json(site, '/api/transactions/t1')).toEqual({ status: 200, ...trace })
  for (const query of [
    'id=t1',
    'reason=key.unknown',
    'verdict=reject',
    'client=198.51.100.9',
    `recipient=${encodeURIComponent(trace.recipients[0]!)}`,
  ])
    expect((await json(site, `/api/transactions?${query}`)).transactions).toHaveLength(1)
  for (const query of ['id=t2', 'reason=key.expired', 'verdict=accept', 'client=198.51.100.8', 'recipient=x'])
    expect((await json(site, `/api/transactions?${query}`)).transactions).toHaveLength(0)
  for (const path of ['/api/messages/m2', '/api/messages/m2/raw', '/api/transactions/t2', '/api/messages/%00%0d%0a', '/api/nothing'])
    expect([path, (await problem(site, path)).status]).toEqual([path, 404])
})

test('the raw message is an attachment with every octet of it', async () => {
  const site = await openSite()
  const body = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 256))
  site.desk.messages.push(someMessage({ id: 'm1' }))
  site.desk.bodies.set('m1', body)
  const answer = await fetch(`http://127.0.0.1:${site.port}/api/messages/m1/raw`)
  expect(answer.headers.get('content-type')).toBe('message/rfc822')
  expect(answer.headers.get('content-disposition')).toBe('attachment; filename="m1.eml"')
  expect(Buffer.from(await answer.arrayBuffer()).equals(body)).toBe(true)
})

test('a name in the file name can’t leave its quotes', async () => {
  const site = await openSite()
  site.desk.messages.push(someMessage({ id: 'm"\r\nX: y' }))
  const answer = await site.get(`/api/messages/${encodeURIComponent('m"\r\nX: y')}/raw`)
  expect(answer.headers['content-disposition']).toBe('attachment; filename="m___X__y.eml"')
})

test('a body that fails on the way ends the download short of its end', async () => {
  const site = await openSite()
  site.desk.messages.push(someMessage({ id: 'm1' }))
  site.desk.bodies.set('m1', new Error('segment is gone: /var/spool/secret'))
  const answer = await site.get('/api/messages/m1/raw').then(
    got => got.status,
    () => 'broken off',
  )
  expect(['broken off', 500]).toContain(answer)
})

test('replay and release count, or say why not', async () => {
  const site = await openSite()
  const states = ['delivered', 'failed', 'held', 'discarded', 'queued'] as const
  const deliveries = states.map((state, at) => someDelivery({ id: at + 1, state, processor: state === 'failed' ? 'other' : 'app' }))
  site.desk.messages.push(someMessage({ id: 'm1', deliveries }))
  const post = async (path: string) => {
    const answer = await site.get(path, { method: 'POST' })
    return { status: answer.status, ...JSON.parse(answer.body) }
  }
  expect(await post('/api/messages/m1/release?delivery=3')).toEqual({ status: 200, id: 'm1', count: 1 })
  expect(site.notified).toEqual(['app'])
  expect(await post('/api/messages/m1/release')).toEqual({ status: 200, id: 'm1', count: 1 })
  expect(await post('/api/messages/m1/release')).toMatchObject({
    status: 409,
    error: { allowed: ['held', 'discarded'], found: ['delivered', 'failed', 'queued'] },
  })
  expect(await post('/api/messages/m1/replay')).toEqual({ status: 200, id: 'm1', count: 2 })
  expect(site.notified).toEqual(['app', undefined, undefined])
  expect(await post('/api/messages/m1/replay?delivery=5')).toMatchObject({ status: 409 })
  expect(await post('/api/messages/m1/replay?delivery=6')).toMatchObject({ status: 404 })
  expect(await post('/api/messages/m2/replay')).toMatchObject({ status: 404 })
  expect(await post('/api/messages/m1/replay?delivery=x')).toMatchObject({ status: 400 })
  expect(site.notified).toHaveLength(3)
})

test('a body that would be passed over is refused', async () => {
  const site = await openSite()
  site.desk.messages.push(someMessage({ id: 'm1' }))
  for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain']) {
    const ask = { method: 'POST', headers: { 'content-type': type }, body: 'delivery=2' }
    expect([type, (await site.get('/api/messages/m1/replay', ask)).status]).toEqual([type, 415])
    const empty = await site.get('/api/messages/m1/replay', { method: 'POST', headers: { 'content-type': type } })
    site.desk.messages[0] = someMessage({ id: 'm1' })
    expect([type, empty.status]).toEqual([type, 200])
  }
})

test('other methods are 405 with what is allowed', async () => {
  const site = await openSite()
  const allow = async (method: string, path: string) => {
    const answer = await site.get(path, { method, headers: { 'sec-fetch-site': 'same-origin' } })
    return [answer.status, answer.headers.allow]
  }
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'])
    for (const path of ['/', '/api/messages', '/api/messages/m1', '/healthz'])
      expect([method, path, ...(await allow(method, path))]).toEqual([method, path, 405, expect.stringMatching(/GET.*HEAD|HEAD.*GET/)])
  expect(await allow('GET', '/api/messages/m1/replay')).toEqual([405, 'POST'])
  expect((await allow('PROPFIND', '/'))[0]).toBe(405)
})

test('an error of ours says nothing but where the log has it', async () => {
  const site = await openSite()
  site.desk.view = async () => {
    throw new Error('secret detail')
  }
  const answer = await site.get('/api/messages/m1')
  expect([answer.status, answer.body.includes('secret')]).toEqual([500, false])
  const { id } = JSON.parse(answer.body).error
  expect(site.logged.filter(line => line.level === 'error')).toMatchObject([{ fields: { request: id, err: { message: 'secret detail' } } }])
  site.desk.view = async () => {
    throw new SpoolUnavailable('secret detail', false)
  }
  const busy = await site.get('/messages/m1')
  expect([busy.status, busy.body.includes('secret')]).toEqual([503, false])
})

test('the probes', async () => {
  const site = await openSite()
  expect((await site.get('/healthz')).body).toBe('OK\n')
  expect((await site.get('/liveness')).body).toBe('OK\n')
  expect(await json(site, '/readyz')).toEqual({ status: 200, ...site.readiness })
  site.readiness = { ready: false, checks: [{ name: 'spool', ok: false, detail: 'full' }] }
  expect(await json(site, '/readyz')).toEqual({ status: 503, ...site.readiness })
  const stranger = await site.get('/readyz', { headers: { via: '1.1 proxy', host: 'evil.example' } })
  expect([stranger.status, JSON.parse(stranger.body)]).toEqual([503, { ready: false, checks: [{ name: 'spool', ok: false }] }])
})
