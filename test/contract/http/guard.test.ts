import { mkdtemp, rename, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { someDelivery, someMessage } from '../../support/fake-desk.ts'
import { openSite, token } from './harness.ts'

// A spelling of 127.0.0.1 that is not taken for loopback, so these tests open nothing to the outside.
const offLoopback = '127.1'

const status = (answer: { status: number }) => answer.status

test('a name that is not ours is misdirected, save for the probes', async () => {
  const site = await openSite({ hosts: ['mail.example.org'] })
  const ask = async (host: string, path = '/api/messages') => status(await site.get(path, { headers: { host } }))
  for (const host of ['localhost', 'localhost:8025', 'LOCALHOST', 'localhost.', 'x.localhost', '127.0.0.1:1', '127.9.9.9', '[::1]:8025'])
    expect([host, await ask(host)]).toEqual([host, 200])
  for (const host of ['mail.example.org', 'MAIL.example.org:443']) expect([host, await ask(host)]).toEqual([host, 200])
  for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example', '192.0.2.1', 'a@localhost', 'localhost/x', '-'])
    expect([host, await ask(host)]).toEqual([host, 421])
  for (const path of ['/', '/style.css', '/login', '/nothing']) expect([path, await ask('evil.example', path)]).toEqual([path, 421])
  for (const path of ['/healthz', '/readyz', '/liveness']) expect([path, await ask('evil.example', path)]).toEqual([path, 200])
})

test('two Host fields are refused', async () => {
  const site = await openSite()
  const answer = await rawExchange(site.port, 'GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n')
  expect(answer).toMatch(/^HTTP\/1\.1 4(?:00|21) /)
})

test('off loopback any IP address is a name of ours, any other name must be listed', async () => {
  const site = await openSite({ host: offLoopback })
  const authorization = `Bearer ${token}`
  expect(status(await site.get('/api/messages', { headers: { host: '192.0.2.1:8025', authorization } }))).toBe(200)
  expect(status(await site.get('/api/messages', { headers: { host: 'evil.example', authorization } }))).toBe(421)
})

test('off loopback a token is needed, and the right one', async () => {
  const site = await openSite({ host: offLoopback })
  const ask = async (authorization: string) => status(await site.get('/api/messages', { headers: { authorization } }))
  expect(await ask(`Bearer ${token}`)).toBe(200)
  expect(await ask(`bearer  ${token}`)).toBe(200)
  for (const wrong of [`Bearer ${token}x`, `Bearer ${token.slice(1)}`, 'Bearer ', `Basic ${token}`, token, `Bearer ${token} x`])
    expect([wrong, await ask(wrong)]).toEqual([wrong, 401])
  const none = await site.get('/api/messages')
  expect([none.status, none.headers['www-authenticate']]).toEqual([401, 'Bearer realm="postern"'])
  expect(JSON.parse(none.body).error.message).toContain('Authorization: Bearer')
})

test('on loopback a forwarded request needs the token', async () => {
  const site = await openSite()
  expect(status(await site.get('/api/messages'))).toBe(200)
  for (const name of [
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Proto',
    'X-Forwarded-Anything',
    'X-Real-IP',
    'Via',
    'CF-Connecting-IP',
  ]) {
    expect([name, status(await site.get('/api/messages', { headers: { [name]: 'x' } }))]).toEqual([name, 401])
    const authorization = `Bearer ${token}`
    expect([name, status(await site.get('/api/messages', { headers: { [name]: 'x', authorization } }))]).toEqual([name, 200])
  }
  expect(await rawExchange(site.port, 'GET /api/messages HTTP/1.0\r\nHost: localhost\r\n\r\n')).toMatch(/^HTTP\/1\.1 401 /)
})

test('without a configured token such a request is told what to configure', async () => {
  const site = await openSite({ token: null })
  expect(status(await site.get('/api/messages'))).toBe(200)
  for (const path of ['/api/messages', '/']) {
    const answer = await site.get(path, { headers: { via: '1.1 proxy' } })
    expect([answer.status, answer.body.includes('listeners.http.token')]).toEqual([401, true])
  }
  expect(status(await site.post('/login', { token: '' }))).toBe(409)
})

test('a short token is an error before anything is opened', async () => {
  await expect(openSite({ token: '123456789012345' })).rejects.toThrow('15 characters')
  await expect(openSite({ token: 'with a space in the middle' })).rejects.toThrow('without spaces')
  await openSite({ token: '1234567890123456' })
})

test('the page shows a login form, and the cookie it gives opens the page', async () => {
  const site = await openSite()
  const via = { via: '1.1 proxy' }
  const first = await site.get('/transactions?verdict=reject', { headers: via })
  expect(first.status).toBe(401)
  expect(first.body).toContain('name="next" value="/transactions?verdict=reject"')
  expect(status(await site.post('/login', { token: 'wrong' }, via))).toBe(401)
  const login = await site.post('/login', { token, next: '/transactions?verdict=reject' }, via)
  expect([login.status, login.headers.location]).toEqual([303, '/transactions?verdict=reject'])
  const set = login.headers['set-cookie']![0]!
  expect(set).toMatch(/^postern=\d+\.[0-9a-f]{64}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/)
  expect(set).not.toContain(token)
  const cookie = set.split(';')[0]!
  const page = await site.get('/', { headers: { ...via, cookie: `other=1; ${cookie}` } })
  expect([page.status, page.body.includes('Log out')]).toEqual([200, true])
  const mac = cookie.split('.')[1]!
  for (const forged of [`postern=99999999999.${mac}`, cookie.slice(0, -1), 'postern=', `${cookie}0`])
    expect([forged, status(await site.get('/', { headers: { ...via, cookie: forged } }))]).toEqual([forged, 401])
  const out = await site.post('/logout', {}, { ...via, cookie })
  expect([out.status, out.headers['set-cookie']![0]!.startsWith('postern=; Max-Age=0')]).toEqual([303, true])
})

test('over HTTPS the cookie is Secure, and a login leads to a path of ours only', async () => {
  const site = await openSite()
  const login = async (next: string, more = {}) => site.post('/login', { token, next }, more)
  expect((await login('/', { 'x-forwarded-proto': 'https' })).headers['set-cookie']![0]).toContain('; Secure')
  expect((await login('/', { forwarded: 'for=1;proto=https' })).headers['set-cookie']![0]).toContain('; Secure')
  for (const next of ['//evil.example', 'https://evil.example', '/\\evil.example', '', '/a\r\nb', 'javascript:x'])
    expect([next, (await login(next)).headers.location]).toEqual([next, '/'])
})

test('what changes something is refused to pages of other origins', async () => {
  const site = await openSite()
  site.desk.messages.push(someMessage({ id: 'm1', deliveries: [someDelivery({ state: 'failed' })] }))
  const refused = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'http://evil.example' },
    { origin: 'http://localhost:3000' },
    { origin: 'null' },
    { origin: 'file://' },
    { origin: 'http://localhost', 'sec-fetch-site': 'cross-site' },
  ]
  for (const path of ['/api/messages/m1/replay', '/messages/m1/replay', '/login', '/logout'])
    for (const headers of refused)
      expect([path, headers, status(await site.get(path, { method: 'POST', headers }))]).toEqual([path, headers, 403])
  expect(site.desk.messages[0]!.deliveries[0]!.state).toBe('failed')
  // A browser says where a form comes from; who doesn't is no browser, and has the API.
  expect(status(await site.get('/messages/m1/replay', { method: 'POST' }))).toBe(403)
  expect(status(await site.get('/api/messages/m1/replay', { method: 'POST' }))).toBe(200)
})

test.each([
  { 'sec-fetch-site': 'same-origin', origin: 'https://proxy.example' },
  { origin: 'http://localhost:8025', host: 'localhost:8025' },
  { origin: 'http://localhost', host: 'localhost:80' },
  { origin: 'https://localhost', host: 'localhost:443' },
])('%j is our own page', async headers => {
  const site = await openSite()
  site.desk.messages.push(someMessage({ id: 'm1', deliveries: [someDelivery({ state: 'failed' })] }))
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const answer = await site.get('/messages/m1/replay', { method: 'POST', headers: { ...form, ...(headers as Record<string, string>) } })
  expect([answer.status, answer.headers.location]).toEqual([303, '/messages/m1?how=replay&count=1'])
})

test('every answer carries the fields that keep a browser in bounds', async () => {
  const site = await openSite()
  for (const path of ['/', '/healthz', '/api/messages', '/nothing', '/%zz', '/api/messages?x=1', `/messages/${'x'.repeat(200)}`]) {
    const { headers } = await site.get(path)
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
    expect([headers['x-content-type-options'], headers['cache-control']]).toEqual(['nosniff', 'no-store'])
    expect(headers['referrer-policy']).toBe('same-origin')
  }
})

test('a UNIX socket needs no token, takes over one left behind, and leaves one that answers', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-http-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'http.sock')
  await leaveBehind(path)
  const site = await openSite({ path, token: null })
  expect(status(await site.get('/api/messages'))).toBe(200)
  expect(status(await site.get('/api/messages', { headers: { 'x-real-ip': '192.0.2.1' } }))).toBe(401)
  await expect(openSite({ path })).rejects.toThrow('EADDRINUSE')
  expect(status(await site.get('/healthz'))).toBe(200)
})

/** Node removes its socket when it closes; one whose file was moved away first stays as after a kill. */
async function leaveBehind(path: string): Promise<void> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(`${path}.was`, resolve))
  await rename(`${path}.was`, path)
  await new Promise(resolve => server.close(resolve))
}

function rawExchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', chunk => {
      answer += chunk.toString()
    })
    socket.on('end', () => resolve(answer))
    socket.on('error', reject)
  })
}
