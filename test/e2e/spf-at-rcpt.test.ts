/**
 * SPF enforced behind the shipped postfix/lmtp: refused at RCPT, while the sender still has the message; what was found goes into
 * the message, once. And what the application is given: our results on top, none that somebody wrote in our name.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, refusedAtRcpt } from '../support/behind-postfix.ts'
import { type Deployment, startDeployment } from '../support/origins.ts'
import { type Application, answering, startApplication } from '../support/scripted-application.ts'
import { skipWithout } from '../support/services.ts'

const missing = skipWithout('postfix', 'swaks', 'nsd')
const own = '127.0.0.2'
const zones = { 'passes.example': { TXT: [`v=spf1 ip4:${own} -all`] } }
const message = (subject: string, more = '') =>
  `${more}From: bob@passes.example\nTo: you@incoming.example.com\nSubject: ${subject}\n\nYes.\n`

let application: Application
let here: Deployment
let address: string

beforeAll(async () => {
  if (missing !== null) return
  application = await startApplication(answering(200))
  here = await startDeployment('lmtp', {
    zones,
    authentication: 'spf: enforce',
    processor: `{ webhook: { url: ${application.url}, timeout: 5s } }`,
  })
  address = await here.postern.mint('ticket-1', '--expires', '30d')
})
afterAll(async () => {
  await here?.stop()
  await application?.close()
})

test.skipIf(missing !== null)('a client that SPF forbids is refused at RCPT', async () => {
  const dialog = await here.send({ client: '127.0.0.66', sender: 'bob@passes.example', to: address, message: message('forbidden') })
  expect(dialog).toMatch(/<\*\* 550 5\.7\.23 .*SPF/)
  expect(refusedAtRcpt(dialog)).toBe(true)
  const row = await eventually(async () => (await here.postern.transactions('reason=authentication.spf&limit=1'))[0])
  expect(row).toMatchObject({ listener: 'policy', client: '127.0.0.66', sender: 'bob@passes.example' })
  expect(dialog).toContain(row.id)
})

test.skipIf(missing !== null)('the application gets our results on top, Received-SPF, and no forged results', async () => {
  const forged =
    'Authentication-Results: incoming.example.com;\n dkim=pass header.d=bank.example\nAuthentication-Results: mx.elsewhere.example; spf=pass\n'
  await here.send({ client: own, sender: 'bob@passes.example', to: address, message: message('genuine', forged) })
  const call = await eventually(() => application.requests[0])
  const { data } = JSON.parse(call.body) as { data: { raw: { content: string }; authentication: { from: object; spf: object } } }
  expect(data.authentication).toMatchObject({ from: { authenticated: true, how: 'spf' }, spf: { result: 'pass' } })
  const raw = Buffer.from(data.raw.content, 'base64').toString('latin1')
  expect(raw).toMatch(/^Authentication-Results: incoming\.example\.com;[\s\S]*?spf=pass/)
  expect(raw.match(/^Authentication-Results: incoming\.example\.com/gm)).toHaveLength(1)
  expect(raw).not.toContain('bank.example')
  expect(raw).toContain('Authentication-Results: mx.elsewhere.example; spf=pass')
  expect(raw.match(/^Received-SPF: pass /gm)).toHaveLength(1)
  const kept = await here.postern.raw((await here.postern.messages('text=genuine'))[0]!.id)
  expect(kept.toString()).toContain('bank.example')
})
