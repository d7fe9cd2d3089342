import { expect, test } from 'vitest'
import { openSite, type Site, token } from './harness.ts'

const json = { 'content-type': 'application/json' }
const forget = (site: Site, body: unknown, headers: Record<string, string> = json, query = '') =>
  site.get(`/api/keys/forget${query}`, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) })
const messageOf = (answer: { body: string }): string => JSON.parse(answer.body).error.message

test('what is asked to be forgotten is passed on, and the count comes back', async () => {
  const site = await openSite()
  for (const body of [{}, { mailbox: 'incoming' }, { mailbox: 'incoming', route: 'reply', key: 'a"\u00e9' }, { key: 'k' }]) {
    const answer = await forget(site, body)
    expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { forgotten: 3 }])
    expect(site.forgotten.at(-1)).toEqual(body)
  }
  expect(site.logged).toContainEqual({
    level: 'info',
    text: 'Answers about keys forgotten by hand',
    fields: { mailbox: undefined, route: undefined, key: 'k', forgotten: 3 },
  })
})

test('no body means all', async () => {
  const site = await openSite()
  for (const headers of [{}, json] as Record<string, string>[]) {
    expect((await forget(site, '', headers)).status).toBe(200)
    expect(site.forgotten.at(-1)).toEqual({})
  }
})

test('a mailbox or route that is not there is 404', async () => {
  const site = await openSite()
  const answer = await forget(site, { mailbox: 'nowhere' })
  expect([answer.status, JSON.parse(answer.body)]).toEqual([404, { error: { message: 'No such mailbox or route', mailbox: 'nowhere' } }])
})

test.each([
  ['{', 'The body is not JSON'],
  ['[]', 'The body is no object with any of mailbox, route, key'],
  ['null', 'The body is no object with any of mailbox, route, key'],
  ['"k"', 'The body is no object with any of mailbox, route, key'],
  ['{"mailbx":"a"}', 'Unknown field mailbx; known here: mailbox, route, key'],
  ['{"__proto__":"a"}', 'Unknown field __proto__; known here: mailbox, route, key'],
  ['{"key":1}', 'The field key is a text of 1 to 1000 characters'],
  ['{"key":null}', 'The field key is a text of 1 to 1000 characters'],
  ['{"key":""}', 'The field key is a text of 1 to 1000 characters'],
  [JSON.stringify({ key: 'a'.repeat(1001) }), 'The field key is a text of 1 to 1000 characters'],
])('%.40s is 400', async (body, message) => {
  const site = await openSite()
  const answer = await forget(site, body)
  expect([answer.status, messageOf(answer), site.forgotten]).toEqual([400, message, []])
})

test('a text of 1,000 characters is taken', async () => {
  const site = await openSite()
  expect((await forget(site, { key: 'a'.repeat(1000) })).status).toBe(200)
})

test('what is no JSON by its type is refused, and so is a query', async () => {
  const site = await openSite()
  for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'application/jsonp'])
    expect([type, (await forget(site, { key: 'k' }, { 'content-type': type })).status]).toEqual([type, 415])
  expect((await forget(site, { key: 'k' }, { 'content-type': 'application/json; charset=utf-8' })).status).toBe(200)
  expect((await forget(site, {}, json, '?key=k')).status).toBe(400)
  expect(site.forgotten).toHaveLength(1)
})

test('no other path reads such a body', async () => {
  const site = await openSite()
  const answer = await site.get('/api/messages/m1/replay', { method: 'POST', headers: json, body: '{"delivery":1}' })
  expect(answer.status).toBe(415)
})

test('other methods, other origins and requests without the token are refused', async () => {
  const site = await openSite()
  expect((await site.get('/api/keys/forget')).status).toBe(405)
  expect((await site.get('/api/keys/forget')).headers.allow).toBe('POST')
  expect((await forget(site, {}, { ...json, 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  expect((await forget(site, {}, { ...json, via: '1.1 proxy' })).status).toBe(401)
  expect(site.forgotten).toEqual([])
  expect((await forget(site, {}, { ...json, via: '1.1 proxy', authorization: `Bearer ${token}` })).status).toBe(200)
})
