import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { someMessage } from '../../support/fake-desk.ts'
import { openSite, token } from './harness.ts'

test('a body is read up to 16 KiB', async () => {
  const site = await openSite()
  const login = async (size: number) => (await site.post('/login', { token: 'x'.repeat(size - 'token='.length) })).status
  // Within the limit it is read, and found too long for a token.
  expect(await login(16 * 1024)).toBe(400)
  expect(await login(16 * 1024 + 1)).toBe(413)
})

test('a header is read up to 16 KiB', async () => {
  const site = await openSite()
  expect((await site.get('/healthz', { headers: { x: 'x'.repeat(15_000) } })).status).toBe(200)
  expect((await site.get('/healthz', { headers: { x: 'x'.repeat(17_000) } })).status).toBe(431)
})

test('an id of 100 characters is looked for, a longer one finds nothing', async () => {
  const site = await openSite()
  const asked: string[] = []
  site.desk.view = async id => {
    asked.push(id)
    return null
  }
  expect((await site.get(`/api/messages/${'x'.repeat(100)}`)).status).toBe(404)
  expect((await site.get(`/api/messages/${'x'.repeat(101)}`)).status).toBe(404)
  expect(asked).toEqual(['x'.repeat(100)])
})

test('what is no HTTP gets a 400 and the connection ends', async () => {
  const site = await openSite()
  const answer = await new Promise<string>(resolve => {
    const socket = connect(site.port, '127.0.0.1', () => socket.write('EHLO client.example\r\n'))
    let text = ''
    socket.on('data', chunk => {
      text += chunk
    })
    socket.on('close', () => resolve(text))
  })
  expect(answer).toMatch(/^HTTP\/1\.1 400 /)
})

test('close ends connections that are kept alive at once', async () => {
  const site = await openSite()
  const agent = new Agent({ keepAlive: true })
  await new Promise<void>((resolve, reject) => {
    request({ port: site.port, path: '/healthz', agent }, answer => answer.resume().on('end', resolve))
      .on('error', reject)
      .end()
  })
  const start = performance.now()
  await site.close()
  // What is under way is given two seconds.
  expect(performance.now() - start).toBeLessThan(1_900)
  agent.destroy()
})

test('close lets a request under way end, for two seconds at most', async () => {
  const site = await openSite()
  let answer = (): void => {}
  const asked = new Promise<void>(resolve => {
    site.desk.view = async id => {
      resolve()
      await new Promise<void>(done => {
        answer = done
      })
      return someMessage({ id })
    }
  })
  const slow = site.get('/api/messages/m1')
  await asked
  const closed = site.close()
  answer()
  expect((await slow).status).toBe(200)
  await closed
  const stuck = await openSite()
  const begun = new Promise<void>(resolve => {
    stuck.desk.view = () => {
      resolve()
      return new Promise(() => {})
    }
  })
  const never = stuck.get('/api/messages/m1').catch(() => 'broken off')
  await begun
  const start = performance.now()
  await stuck.close()
  const took = performance.now() - start
  expect([await never, took > 1_500, took < 4_000]).toEqual(['broken off', true, true])
})

test('the token is not in the log', async () => {
  const site = await openSite()
  await site.get('/api/messages', { headers: { via: 'x', authorization: `Bearer ${token}` } })
  await site.post('/login', { token })
  await site.post('/login', { token: 'nearly-the-token' })
  expect(JSON.stringify(site.logged)).not.toMatch(new RegExp(`${token}|nearly`))
})
