/**
 * Not one word to anyone who did not write: over LMTP, with the shipped Postfix as the way to us and as the relay of our notices,
 * and a sink in the place of all the world.
 */
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/behind-postfix.ts'
import { type Deployment, startDeployment } from '../support/origins.ts'
import { freePort } from '../support/ports.ts'
import { removeFolder, temporaryFolder } from '../support/postern.ts'
import { skipWithout } from '../support/services.ts'
import { type Sink, startSink } from '../support/smtp-sink.ts'

const missing = skipWithout('postfix', 'swaks', 'nsd')
const own = '127.0.0.2'
const foreign = '127.0.0.66'
const zones = { 'passes.example': { TXT: [`v=spf1 ip4:${own} -all`] }, '_dmarc.passes.example': { TXT: ['v=DMARC1; p=none'] } }

const mail = (from: string, subject: string, more = '') =>
  `From: ${from}\nTo: you@incoming.example.com\nSubject: ${subject}\n${more}Message-ID: <${subject.replaceAll(' ', '-')}@test>\n\nBuy this: https://spam.example/\n`

describe.skipIf(missing !== null)(`notices${missing === null ? '' : ` (${missing})`}`, () => {
  let folder: string
  let sink: Sink
  let here: Deployment
  /** For alice@passes.example alone. */
  let bound: string

  const quiet = async () => {
    await eventually(async () => ((await here.postfix!.queue()).length === 0 ? true : undefined), 30)
  }
  const discarded = (subject: string) =>
    eventually(async () => (await here.postern.messages(`text=${encodeURIComponent(subject)}`)).find(({ state }) => state === 'discarded'))

  beforeAll(async () => {
    folder = await temporaryFolder('notices')
    sink = await startSink(path.join(folder, 'sink'), { smtp: true })
    const world = `[127.0.0.1]:${sink.port}`
    const port = await freePort()
    here = await startDeployment('lmtp', {
      zones,
      notices: `{ from: postmaster@incoming.example.com, smtp: { host: 127.0.0.1, port: ${port}, tls: none } }`,
      submissionPort: port,
      settings: { default_transport: `notices:${world}`, default_filter_nexthop: world },
    })
    bound = await here.postern.mint('ticket-1', '--expires', '30d', '--sender', 'alice@passes.example')
  })
  afterAll(async () => {
    await here?.stop()
    await sink?.stop()
    await removeFolder(folder)
  })

  test('the sender that a key is bound to is let in', async () => {
    await here.send({ client: own, sender: 'alice@passes.example', to: bound, message: mail('Alice <alice@passes.example>', 'from alice') })
    const row = await eventually(async () => (await here.postern.messages('text=from%20alice'))[0])
    expect(row).toMatchObject({ state: 'delivered' })
  })

  test('a forged sender: discarded, no bounce in Postfix’s queue, no notice', async () => {
    const message = mail('alice@passes.example', 'forged')
    expect(await here.send({ client: foreign, sender: 'alice@passes.example', to: bound, message })).toMatch(/<- {2}250 2\.0\.0 Ok: queued/)
    await discarded('forged')
    const { deliveries } = await here.postern.message((await discarded('forged')).id)
    expect(deliveries).toMatchObject([{ state: 'discarded', reason: 'authentication.required' }])
    await quiet()
    expect(await sink.messages()).toEqual([])
  })

  test('an authenticated sender who may not write here gets one notice, ten repeats none', async () => {
    for (let i = 0; i <= 10; i++) {
      await here.send({ client: own, sender: 'bob@passes.example', to: bound, message: mail('bob@passes.example', `not yours ${i}`) })
      await discarded(`not yours ${i}`)
    }
    const [notice] = await eventually(async () => ((await sink.messages()).length > 0 ? await sink.messages() : undefined), 30)
    await quiet()
    expect(await sink.messages()).toHaveLength(1)
    expect(notice).toMatch(/^X-Mail-Args: <>/m)
    expect(notice).toMatch(/^X-Rcpt-Args: <bob@passes\.example>/m)
    expect(notice).toMatch(/^Auto-Submitted: auto-replied/m)
    expect(notice).toMatch(/^In-Reply-To: <not-yours-0@test>/m)
    expect(notice).toMatch(/not yours 0/)
    expect(notice).not.toContain('spam.example')
  })

  test('an automatic message never causes one', async () => {
    const message = mail('carol@passes.example', 'I am away', 'Auto-Submitted: auto-replied\n')
    const before = (await sink.messages()).length
    await here.send({ client: own, sender: 'carol@passes.example', to: bound, message })
    await discarded('I am away')
    await quiet()
    expect(await sink.messages()).toHaveLength(before)
  })
})
