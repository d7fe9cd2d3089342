// Acting on all that a filter fits: a slice a request for programs, a piece of work with a question for people.
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { DeliveryState } from '../../../src/transaction/ports.ts'
import { someDelivery, someMessage } from '../../support/fake-desk.ts'
import { openSite, type Site, someProcessor } from './harness.ts'

async function siteWith(count: number, state: DeliveryState): Promise<Site> {
  const site = await openSite()
  for (let id = 1; id <= count; id++) site.desk.messages.push(someMessage({ id: `m${id}`, deliveries: [someDelivery({ id, state })] }))
  return site
}

const states = (site: Site) => new Set(site.desk.messages.flatMap(one => one.deliveries.map(({ state }) => state)))
const post = async (site: Site, path: string) => {
  const answer = await site.get(path, { method: 'POST' })
  return { status: answer.status, ...JSON.parse(answer.body) }
}
const json = async (site: Site, path: string) => JSON.parse((await site.get(path)).body)

test('the count is of all that fit, without a limit', async () => {
  const site = await siteWith(120, 'failed')
  expect(await json(site, '/api/messages/count?state=failed')).toEqual({ count: 120 })
  expect(await json(site, '/api/messages/count?state=held')).toEqual({ count: 0 })
  expect((await site.get('/api/messages/count?limit=1')).status).toBe(400)
})

test('the list is filtered by processor and by time', async () => {
  const site = await siteWith(1, 'failed')
  const received = site.desk.messages[0]!.received
  const iso = (at: number) => new Date(at).toISOString()
  const found = async (query: string) => (await json(site, `/api/messages?${query}`)).messages.length
  expect([await found('processor=app'), await found('processor=other')]).toEqual([1, 0])
  expect([await found(`since=${iso(received)}`), await found(`since=${iso(received + 1)}`)]).toEqual([1, 0])
  expect([await found(`until=${iso(received)}`), await found(`until=${received + 1}`)]).toEqual([0, 1])
  expect((await site.get('/api/messages?since=yesterday')).status).toBe(400)
})

test('slices go through all, and say what they looked at and changed', async () => {
  const site = await siteWith(250, 'failed')
  const seen: number[] = []
  for (let next: number | null | undefined; next !== null; ) {
    const done = await post(site, `/api/messages/retry?state=failed&limit=100${next === undefined ? '' : `&before=${next}`}`)
    expect(done.status).toBe(200)
    seen.push(done.looked)
    expect(done.changed).toBe(done.looked)
    next = done.next
  }
  expect(seen.reduce((sum, one) => sum + one, 0)).toBe(250)
  expect(states(site)).toEqual(new Set(['queued']))
  expect(site.notified.length).toBeGreaterThanOrEqual(3)
})

test('without a filter, or for a state that can’t be changed, nothing is done', async () => {
  const site = await siteWith(3, 'failed')
  for (const how of ['retry', 'replay', 'release', 'discard']) {
    expect([how, (await post(site, `/api/messages/${how}`)).status]).toEqual([how, 400])
    expect([how, (await post(site, `/api/messages/${how}?limit=10`)).status]).toEqual([how, 400])
  }
  expect((await post(site, '/api/messages/retry?state=delivered')).status).toBe(409)
  expect((await post(site, '/api/messages/retry?state=failed&limit=1001')).status).toBe(400)
  expect((await site.get('/api/messages/retry?state=failed', { method: 'POST', headers: { origin: 'http://evil.example' } })).status).toBe(
    403,
  )
  expect(states(site)).toEqual(new Set(['failed']))
  expect(site.notified).toEqual([])
})

test('discarding notifies no processor', async () => {
  const site = await siteWith(2, 'held')
  expect(await post(site, '/api/messages/discard?mailbox=incoming')).toMatchObject({ status: 200, changed: 2, next: null })
  expect(await post(site, '/api/messages/m1/release')).toMatchObject({ status: 200, count: 1 })
  expect(await post(site, '/api/messages/m1/discard')).toMatchObject({ status: 200, count: 1 })
  expect(site.notified).toEqual(['app'])
})

async function finished(site: Site): Promise<string> {
  for (let tries = 0; tries < 1_000; tries++) {
    const page = await site.get('/redeliver/work')
    if (page.headers.refresh === undefined) return page.body
    await sleep(20)
  }
  throw new Error('the work does not end')
}

test('on the page a question says how many, and the work goes through all of them', async () => {
  const site = await siteWith(2_500, 'failed')
  expect((await site.get('/?state=failed')).body).toContain('href="/redeliver?how=retry&amp;state=failed"')
  expect((await site.get('/')).body).not.toContain('/redeliver')
  const question = (await site.get('/redeliver?how=retry&state=failed&since=2000-01-01')).body
  expect(question).toContain('Retry 2500 deliveries?')
  expect(question).toContain('name="since" value="2000-01-01T00:00:00.000Z"')
  expect(states(site)).toEqual(new Set(['failed']))
  const started = await site.post('/redeliver', { how: 'retry', state: 'failed', since: '2000-01-01T00:00:00.000Z' })
  expect([started.status, started.headers.location]).toEqual([303, '/redeliver/work'])
  const end = await finished(site)
  expect(end).toContain('2500 of 2500')
  expect(end).toContain('Done.')
  expect(states(site)).toEqual(new Set(['queued']))
})

test('one piece of work at a time; it can be stopped, and a failing spool ends it', async () => {
  const site = await siteWith(3_000, 'failed')
  const gate = Promise.withResolvers<void>()
  const redeliverMany = site.desk.redeliverMany
  site.desk.redeliverMany = async (filter, how) => {
    await gate.promise
    return redeliverMany(filter, how)
  }
  await site.post('/redeliver', { how: 'retry', state: 'failed' })
  expect((await site.get('/redeliver/work')).headers.refresh).toBe('1')
  expect((await site.post('/redeliver', { how: 'discard', state: 'failed' })).status).toBe(409)
  await site.post('/redeliver/stop')
  gate.resolve()
  expect(await finished(site)).toContain('Stopped; what was done stays done.')
  expect(states(site)).toEqual(new Set(['failed', 'queued']))
  site.desk.redeliverMany = async () => Promise.reject(new Error('secret'))
  await site.post('/redeliver', { how: 'retry', state: 'failed' })
  const end = await finished(site)
  expect([end.includes('The spool gave no answer'), end.includes('secret')]).toEqual([true, false])
})

test('work is started by a form of ours only, for what can be done', async () => {
  const site = await siteWith(1, 'failed')
  for (const fields of [{}, { how: 'retry' }, { how: 'melt', state: 'failed' }, { state: 'failed', x: '1' }] as Record<string, string>[])
    expect([fields, (await site.post('/redeliver', fields)).status]).toEqual([fields, 400])
  expect((await site.post('/redeliver', { how: 'release', state: 'failed' })).status).toBe(409)
  expect((await site.post('/redeliver', { how: 'retry', state: 'failed' }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  expect(states(site)).toEqual(new Set(['failed']))
  expect((await site.get('/redeliver/work')).body).toContain('No work under way')
})

test('processors: how they fare, a strip while one is paused, and the button', async () => {
  const site = await openSite()
  expect(await json(site, '/api/processors')).toEqual({ processors: [] })
  site.processors = [
    someProcessor(),
    someProcessor({ name: 'archive', allowed: 1, paused: { since: 1, until: 60_000, cause: '410 Gone' } }),
  ]
  expect(await json(site, '/api/processors')).toEqual({ processors: site.processors })
  expect((await site.get('/')).body).toContain('<b>Paused:</b> archive.')
  const page = (await site.get('/processors')).body
  for (const part of [
    '410 Gone',
    'tried again at <time',
    'action="/processors/archive/resume"',
    '1, at most 1 now, 4 by the configuration',
  ])
    expect(page).toContain(part)
  expect(page).not.toContain('action="/processors/app/resume"')
  expect((await site.post('/processors/archive/resume')).headers.location).toBe('/processors?resumed=archive')
  expect(await post(site, '/api/processors/archive/resume')).toEqual({ status: 200, name: 'archive', resumed: true })
  expect((await post(site, '/api/processors/none/resume')).status).toBe(404)
  expect(site.resumed).toEqual(['archive', 'archive'])
})
