/** The shipped postfix/before-queue in front of a real Postern: what Postern says about a message is what its client hears. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, refusedAtRcpt, type Site, startSite } from '../support/behind-postfix.ts'
import { mailClient } from '../support/mail-client.ts'
import { skipWithout } from '../support/services.ts'

const missing = skipWithout('postfix', 'swaks')
const from = ['--from', 'writer@example.org']
const client = ['--xclient-addr', '192.0.2.5', '--xclient-name', 'out.example.org']
let site: Site
let address: string
let second: string

/** A whole transaction, octet for octet; the reply to the end of data. */
async function sendRaw(message: string, recipients: readonly string[] = [address]): Promise<string> {
  const session = await mailClient({ port: site.postfix.smtpPort })
  try {
    const lines = ['MAIL FROM:<writer@example.org>', ...recipients.map(to => `RCPT TO:<${to}>`), 'DATA']
    for (const line of lines) expect(await session.command(line)).toMatch(/^[23]/)
    return (await session.data(message))[0]!
  } finally {
    session.close()
  }
}

describe.skipIf(missing !== null)(`postfix/before-queue${missing === null ? '' : ` (${missing})`}`, () => {
  beforeAll(async () => {
    site = await startSite({ configuration: 'before-queue', more: 'screening: { automatic: reject }' })
    address = await site.postern.mint('ticket-1', '--expires', '30d')
    second = await site.postern.mint('ticket-2', '--expires', '30d')
  })
  afterAll(() => site?.stop())

  test('a good message is answered by Postern, and kept with the true client', async () => {
    const body = ['--header', 'Subject: a reply', '--body', 'Yes, please.']
    const dialog = await site.swaks(...client, ...from, '--to', address, ...body)
    const id = /<- {2}250 2\.6\.0 Accepted (\w+)/.exec(dialog)?.[1]
    expect(id).toBeTruthy()
    const message = await site.postern.message(id!)
    expect(message.client).toMatchObject({ address: '192.0.2.5', name: 'out.example.org', helo: 'mail.example.org' })
    expect(message.deliveries[0]).toMatchObject({ recipient: address, claims: { subject: 'ticket-1' } })
    expect((await site.postern.raw(id!)).toString()).toContain('Yes, please.')
  })

  test('an unknown key and the null sender are refused at RCPT', async () => {
    const unknown = await site.swaks(...from, '--to', 'incoming+guessed@incoming.example.com')
    expect(unknown).toMatch(/<\*\* 550 5\.1\.1 .*No such recipient here/)
    expect(refusedAtRcpt(unknown)).toBe(true)
    const nobody = await site.swaks('--from', '<>', '--to', address)
    expect(nobody).toMatch(/<\*\* 550 5\.7\.1 /)
    expect(refusedAtRcpt(nobody)).toBe(true)
  })

  test('an auto-reply is refused in the session, with Postern’s reason', async () => {
    const dialog = await site.swaks(...from, '--to', address, '--header', 'Auto-Submitted: auto-replied')
    expect(dialog).toMatch(/-> \.\n.*<\*\* 550 5\.7\.1 /s)
    await eventually(async () => {
      const rows = await site.postern.transactions('reason=message.automatic&limit=10')
      return rows.find(row => row.listener === 'smtp' && dialog.includes(row.id))
    })
    expect(await site.postern.messages('text=auto-replied')).toEqual([])
  })

  test.each([
    ['in the text', 'Subject: bare\r\n\r\nhi\nthere\r\n'],
    ['around the dot', 'Subject: bare\r\n\r\nhi\n.\r\n'],
  ])('a message with a bare LF %s is refused in the session', async (_, message) => {
    expect(await sendRaw(message)).toMatch(/^550 5\.5\.2 .*bare <LF>/)
    expect(await site.postern.messages('text=bare')).toEqual([])
  })

  test('a NUL is refused in the session', async () => {
    expect(await sendRaw('Subject: null\r\n\r\nh\0i\r\n')).toMatch(/^55\d 5\./)
  })

  test('several recipients share one answer', async () => {
    expect(await sendRaw('Subject: for two\r\n\r\nhi\r\n', [address, second])).toMatch(/^250 2\.6\.0 Accepted/)
    await eventually(async () => ((await site.postern.messages('text=for%20two')).length === 2 ? true : undefined))
  })

  test('nothing was queued or bounced', async () => {
    expect(await site.postfix.queue()).toEqual([])
    expect(site.postfix.log()).not.toMatch(/qmgr.*from=|status=|fatal:|panic:|warning: .*(unused parameter|bad |unknown )/)
  })

  test('mail of the host itself reaches our postmaster', async () => {
    const to = 'postmaster@incoming.example.com'
    await site.postfix.submit({ sender: 'root@incoming.example.com', recipients: [to], message: 'Subject: from cron\n\nhi\n' })
    await eventually(async () => (await site.postern.messages('text=from%20cron'))[0])
    await eventually(async () => ((await site.postfix.queue()).length === 0 ? true : undefined))
  })

  test('with Postern down the client is told at RCPT to come again; back again, it is served', async () => {
    await site.postern.end('SIGTERM')
    const dialog = await site.swaks(...from, '--to', address)
    expect(dialog).toMatch(/<\*\* 451 4\.3\.0 /)
    expect(refusedAtRcpt(dialog)).toBe(true)
    await site.postern.start()
    await eventually(async () => (/250 2\.6\.0/.test(await site.swaks(...from, '--to', address)) ? true : undefined))
  })

  test('with only the filter’s listener gone the client hears 451 after the message', async () => {
    await site.postfix.command('postconf', '-e', 'postern_smtp = [127.0.0.1]:9')
    await site.postfix.command('postfix', 'reload')
    const dialog = await eventually(async () => {
      const said = await site.swaks(...from, '--to', address)
      return /250 2\.6\.0/.test(said) ? undefined : said
    })
    expect(dialog).toMatch(/-> \.\n.*<\*\* 451 4\.3\.0 /s)
    expect(await site.postfix.queue()).toEqual([])
  })
})
