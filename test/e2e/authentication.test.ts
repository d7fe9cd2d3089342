/**
 * Who sent it, in all three deployments, with a real DNS server: what each answer of SPF, DKIM and DMARC does to a message, and
 * that trouble with the DNS loses none.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MessageRow } from '../../src/transaction/desk.ts'
import { eventually } from '../support/behind-postfix.ts'
import { type Deployment, type DeploymentName, startDeployment } from '../support/origins.ts'
import { skipWithout } from '../support/services.ts'
import { signedMessage } from '../support/signed-mail.ts'

const missing = skipWithout('postfix', 'swaks', 'nsd')
/** Of the author's own domain, and of nobody that its SPF knows. */
const own = '127.0.0.2'
const foreign = '127.0.0.66'

const plain = (from: string, subject: string) =>
  `From: ${from}\nTo: you@incoming.example.com\nSubject: ${subject}\nDate: ${new Date().toUTCString()}\nMessage-ID: <${subject}@test>\n\nYes.\n`

const signed = await signedMessage({ from: 'alice@signs.example', subject: 'dkim-pass' })

const zones = {
  ...Object.fromEntries(signed.records),
  'passes.example': { TXT: [`v=spf1 ip4:${own} -all`] },
  'new.passes.example': { TXT: [`v=spf1 ip4:${own} -all`] },
  '_dmarc.passes.example': { TXT: ['v=DMARC1; p=reject'] },
  'soft.example': { TXT: ['v=spf1 ~all'] },
  'hard.example': { TXT: ['v=spf1 -all'] },
  'signs.example': { TXT: ['v=spf1 -all'] },
  '_dmarc.signs.example': { TXT: ['v=DMARC1; p=reject'] },
  'quarantines.example': { TXT: ['v=spf1 -all'] },
  '_dmarc.quarantines.example': { TXT: ['v=DMARC1; p=quarantine'] },
}

const deployments: readonly DeploymentName[] = ['MX', 'lmtp', 'before-queue']

describe.skipIf(missing !== null).each(deployments)(`%s${missing === null ? '' : ` (${missing})`}`, name => {
  let here: Deployment
  let address: string
  const send = (client: string, sender: string, message: string) => here.send({ client, sender, to: address, message })
  const row = (text: string): Promise<MessageRow> =>
    eventually(async () => (await here.postern.messages(`text=${encodeURIComponent(text)}`))[0])
  const answer = async (text: string) => (await here.postern.message((await row(text)).id)).authentication
  /** After a refusal: nobody is told but whoever still had the message. */
  const queue = async () => (await here.postfix?.queue()) ?? []

  beforeAll(async () => {
    here = await startDeployment(name, { zones, authentication: 'dmarc: enforce' })
    address = await here.postern.mint('ticket-1', '--expires', '30d')
  })
  afterAll(() => here?.stop())

  test('SPF pass, aligned: the author is authenticated', async () => {
    expect(await send(own, 'bob@passes.example', plain('bob@passes.example', 'spf-pass'))).toMatch(/<- {2}250 2/)
    expect(await answer('spf-pass')).toMatchObject({
      from: { address: 'bob@passes.example', authenticated: true, how: 'spf' },
      mailFrom: { address: 'bob@passes.example', authenticated: true },
      spf: { result: 'pass', domain: 'passes.example' },
      dmarc: { result: 'pass' },
    })
    expect(await row('spf-pass')).toMatchObject({ state: 'delivered' })
  })

  test('DKIM pass, although SPF fails', async () => {
    expect(await send(foreign, 'alice@signs.example', signed.raw.toString('latin1'))).toMatch(/<- {2}250 2/)
    expect(await answer('dkim-pass')).toMatchObject({
      from: { authenticated: true, how: 'dkim' },
      mailFrom: { authenticated: false },
      spf: { result: 'fail' },
      dkim: [{ result: 'pass', domain: 'signs.example', aligned: true }],
      dmarc: { result: 'pass' },
    })
  })

  test.each([
    ['softfail', 'carol@soft.example'],
    ['fail', 'carol@hard.example'],
    ['none', 'carol@unknown.example'],
  ])('SPF %s without a DMARC policy: taken, not authenticated', async (result, sender) => {
    expect(await send(foreign, sender, plain(sender, `spf-${result}`))).toMatch(/<- {2}250 2/)
    expect(await answer(`spf-${result}`)).toMatchObject({
      from: { authenticated: false, how: 'none' },
      spf: { result },
      dmarc: { result: 'none' },
    })
    expect(await row(`spf-${result}`)).toMatchObject({ state: 'delivered' })
  })

  test('DMARC fail, p=reject: refused to who still has the message, else discarded; nobody else hears of it', async () => {
    const dialog = await send(foreign, 'bob@passes.example', plain('bob@passes.example', 'forged'))
    if (name === 'lmtp') {
      expect(dialog).toMatch(/<- {2}250 2\.0\.0 Ok: queued/)
      const { id } = await row('forged')
      expect((await here.postern.message(id)).deliveries).toMatchObject([{ state: 'discarded', reason: 'authentication.dmarc' }])
    } else {
      expect(dialog).toMatch(/<\*\* 550 5\.7\.26 .*DMARC policy/)
      expect(await here.postern.messages('text=forged')).toEqual([])
      const refused = await eventually(async () => (await here.postern.transactions('reason=authentication.dmarc&limit=1'))[0])
      expect(refused).toMatchObject({ verdict: 'reject', sender: 'bob@passes.example' })
      expect(dialog).toContain(refused.id)
    }
    await eventually(async () => ((await queue()).length === 0 ? true : undefined))
  })

  test('DMARC fail, p=quarantine: held until a person releases it', async () => {
    const dialog = await send(foreign, 'dave@quarantines.example', plain('dave@quarantines.example', 'quarantined'))
    expect(dialog).toMatch(/<- {2}250 2/)
    const held = await row('quarantined')
    expect(held).toMatchObject({ state: 'held' })
    expect((await here.postern.message(held.id)).deliveries).toMatchObject([{ reason: 'authentication.dmarc' }])
    await here.postern.post(`/api/messages/${held.id}/release`)
    await eventually(async () => ((await row('quarantined')).state === 'delivered' ? true : undefined))
  })

  test('the DNS is silent: later, and then the message is there, once', async () => {
    here.dns.pause()
    // Names that nothing remembers.
    const message = plain('erin@new.passes.example', 'later')
    const dialog = await send(own, 'erin@new.passes.example', message)
    if (name === 'lmtp') {
      expect(dialog).toMatch(/<- {2}250 2\.0\.0 Ok: queued/)
      await eventually(async () => ((await queue())[0]?.recipients[0]?.delay_reason?.includes('451 4.4.3') ? true : undefined), 30)
    } else expect(dialog).toMatch(/<\*\* 451 4\.4\.3 /)
    expect(await here.postern.messages('text=later')).toEqual([])
    const deferred = await eventually(async () => (await here.postern.transactions('reason=authentication.unavailable&limit=1'))[0])
    expect(deferred).toMatchObject({ verdict: 'defer' })
    here.dns.resume()
    await eventually(async () => {
      if (name === 'lmtp') await here.postfix!.command('postqueue', '-f')
      else await send(own, 'erin@new.passes.example', message)
      return (await here.postern.messages('text=later'))[0]
    }, 40)
    await eventually(async () => ((await queue()).length === 0 ? true : undefined))
    expect(await here.postern.messages('text=later')).toHaveLength(1)
  })
})
