/** The shipped postfix/lmtp in front of a real Postern: it asks before it queues. swaks is the client out on the internet. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, queued, refusedAtRcpt, type Site, startSite } from '../support/behind-postfix.ts'
import { skipWithout } from '../support/services.ts'

const missing = skipWithout('postfix', 'swaks')
const from = ['--from', 'writer@example.org']
const client = ['--xclient-addr', '192.0.2.5', '--xclient-name', 'out.example.org']
let site: Site
let address: string

describe.skipIf(missing !== null)(`postfix/lmtp${missing === null ? '' : ` (${missing})`}`, () => {
  beforeAll(async () => {
    site = await startSite({ configuration: 'lmtp' })
    address = await site.postern.mint('ticket-1', '--expires', '30d')
  })
  afterAll(() => site?.stop())

  test('an unknown key is refused at RCPT from Postfix, with our reason, and nothing stands in its queue', async () => {
    const dialog = await site.swaks(...client, ...from, '--to', 'incoming+nosuchkey@incoming.example.com')
    expect(dialog).toMatch(/<\*\* 550 5\.1\.1 .*No such recipient here/)
    expect(refusedAtRcpt(dialog)).toBe(true)
    expect(await site.postfix.queue()).toEqual([])
    const row = await eventually(async () => (await site.postern.transactions('reason=key.unknown&limit=1'))[0])
    expect(row).toMatchObject({ listener: 'policy', client: '192.0.2.5', sender: 'writer@example.org' })
    expect(dialog).toContain(row.id)
  })

  test('an expired key is refused at RCPT', async () => {
    const expired = await site.postern.mint('ticket-2', '--expires', '1s')
    await new Promise(resolve => setTimeout(resolve, 2_100))
    const dialog = await site.swaks(...from, '--to', expired)
    expect(dialog).toMatch(/<\*\* 550 5\.1\.1 /)
    expect(refusedAtRcpt(dialog)).toBe(true)
  })

  test('a key store that is down is a 4xx at RCPT; up again, the same key is good and another is not', async () => {
    const to = ['--to', 'filed+Key1@incoming.example.com']
    const down = await site.swaks(...from, ...to)
    expect(down).toMatch(/<\*\* 45[01] 4\./)
    expect(refusedAtRcpt(down)).toBe(true)
    await site.fileKeys('Key1')
    const dialog = await eventually(async () => {
      const said = await site.swaks(...from, ...to, '--header', 'Subject: filed')
      return /<\*\* 4/.test(said) ? undefined : said
    })
    expect(dialog).toMatch(queued)
    expect(await site.swaks(...from, '--to', 'filed+Key2@incoming.example.com')).toMatch(/<\*\* 550 5\.1\.1 /)
    // Postfix asks the socketmap in lower case: case is the policy service's to decide.
    expect(await site.swaks(...from, '--to', 'filed+kEY1@incoming.example.com')).toMatch(/<\*\* 550 5\.1\.1 /)
    await eventually(async () => (await site.postern.messages('text=filed'))[0])
  })

  test('a good key is delivered, with the address of the client that Postfix talked to', async () => {
    const dialog = await site.swaks(...client, ...from, '--to', address, '--header', 'Subject: a reply', '--body', 'Yes, please.')
    expect(dialog).toMatch(queued)
    const row = await eventually(async () => (await site.postern.messages('text=a%20reply'))[0])
    expect(row).toMatchObject({ state: 'delivered', mailbox: 'incoming', recipient: address, sender: 'writer@example.org' })
    const message = await site.postern.message(row.id)
    expect(message.client).toMatchObject({ address: '192.0.2.5', name: 'out.example.org', helo: 'mail.example.org' })
    expect(message.client.ident).toBeTruthy()
    expect(await eventually(async () => ((await site.postfix.queue()).length === 0 ? true : undefined))).toBe(true)
  })

  test('the null sender is refused by the policy service', async () => {
    const dialog = await site.swaks('--from', '<>', '--to', address)
    expect(dialog).toMatch(/<\*\* 550 5\.7\.1 /)
    expect(refusedAtRcpt(dialog)).toBe(true)
    const row = await eventually(async () => (await site.postern.transactions('reason=message.automatic&limit=1'))[0])
    expect(row).toMatchObject({ listener: 'policy', verdict: 'reject' })
  })

  test('the list of recipients alone refuses too: the policy service is not the only guard', async () => {
    await site.postfix.command('postconf', '-e', 'smtpd_recipient_restrictions = reject_unlisted_recipient')
    await site.postfix.command('postfix', 'reload')
    const dialog = await eventually(async () => {
      const said = await site.swaks(...from, '--to', 'incoming+nosuchkey@incoming.example.com')
      return said.includes('User unknown') ? said : undefined
    })
    expect(dialog).toMatch(/<\*\* 550 5\.1\.1 .*User unknown/)
    expect(await site.swaks(...from, '--to', address, '--quit-after', 'RCPT')).toMatch(/<- {2}250 2\.1\.5/)
  })

  test('no message was bounced, and no setting is misspelt', async () => {
    expect(site.postfix.log()).not.toMatch(/status=bounced|non-delivery notification/)
    expect(site.postfix.log()).not.toMatch(/warning: .*(unused parameter|bad |unknown )|fatal:|panic:/)
  })
})
