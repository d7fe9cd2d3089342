/** The shipped postfix/probes in front of a real Postern, with swaks as the client out on the internet. */
import { execFile } from 'node:child_process'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/ports.ts'
import { makePostern, type Postern, removeFolder, temporaryFolder } from '../support/postern.ts'
import { type Postfix, startPostfix } from '../support/postfix.ts'
import { skipWithout } from '../support/services.ts'

const missing = skipWithout('postfix', 'swaks')
let folder: string
let postern: Postern
let postfix: Postfix
let address: string

/** swaks to Postfix; its whole dialog, whatever came of it. The client's address is XCLIENT's. */
function swaks(...args: readonly string[]): Promise<string> {
  const words = ['--server', '127.0.0.1', '--port', String(postfix.smtpPort), '--helo', 'mail.example.org', ...args]
  return new Promise(resolve => execFile('swaks', words, (_, stdout, stderr) => resolve(stdout + stderr)))
}

async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let left = 100; left > 0; left--) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error(`did not come to pass within 10 s\n${postfix.log()}`)
}

describe.skipIf(missing !== null)(`behind Postfix${missing === null ? '' : ` (${missing})`}`, () => {
  beforeAll(async () => {
    folder = await temporaryFolder('postfix')
    postern = await makePostern({ folder: path.join(folder, 'postern') })
    await postern.start()
    address = await postern.mint('ticket-1', '--expires', '30d')
    postfix = await startPostfix({
      folder: path.join(folder, 'postfix'),
      smtpPort: await freePort(),
      lmtpPort: postern.ports.lmtp,
      settings: { smtpd_authorized_xclient_hosts: '127.0.0.1' },
    })
  })
  afterAll(async () => {
    await postfix?.stop()
    if (postern?.running) await postern.end('SIGTERM')
    await removeFolder(folder)
  })

  test('a reply arrives, with the address of the client that Postfix talked to', async () => {
    const client = ['--xclient-addr', '192.0.2.5', '--xclient-name', 'out.example.org']
    const dialog = await swaks(
      ...client,
      '--from',
      'writer@example.org',
      '--to',
      address,
      '--header',
      'Subject: a reply',
      '--body',
      'Yes, please.',
    )
    expect(dialog).toMatch(/250 2\.0\.0 Ok: queued as/)
    const row = await eventually(async () => (await postern.messages('text=a%20reply'))[0])
    expect(row).toMatchObject({ state: 'delivered', mailbox: 'incoming', route: 'reply', recipient: address, sender: 'writer@example.org' })
    const message = await postern.message(row.id)
    expect(message.client).toMatchObject({ address: '192.0.2.5', name: 'out.example.org', helo: 'mail.example.org' })
    expect(message.client.ident).toBeTruthy()
    expect(message.protocol).toBe('LMTP')
    expect(message.deliveries[0]!.claims).toMatchObject({ subject: 'ticket-1' })
    expect((await postern.raw(row.id)).toString()).toContain('Yes, please.')
    expect(await postfix.queue()).toEqual([])
  })

  test('an unknown key is refused by Postfix at RCPT, and nothing is queued or bounced', async () => {
    const dialog = await swaks('--from', 'writer@example.org', '--to', 'incoming+nosuchkey@incoming.example.com')
    expect(dialog).toMatch(/<\*\* 550 5\.1\.1 .*Recipient address rejected: undeliverable address: No such recipient here/)
    expect(dialog).not.toMatch(/-> DATA/)
    expect(await postfix.queue()).toEqual([])
  })

  test('an expired key is refused by Postfix at RCPT', async () => {
    const expired = await postern.mint('ticket-2', '--expires', '1s')
    await new Promise(resolve => setTimeout(resolve, 2_100))
    expect(await swaks('--from', 'writer@example.org', '--to', expired)).toMatch(/<\*\* 550 5\.1\.1 /)
    expect(await postfix.queue()).toEqual([])
  })

  test('automatic mail is discarded without a bounce', async () => {
    const dialog = await swaks('--from', '<>', '--to', address, '--header', 'Subject: out of office')
    expect(dialog).toMatch(/250 2\.0\.0 Ok: queued as/)
    const row = await eventually(async () => (await postern.messages('text=out%20of%20office'))[0])
    expect(row.state).toBe('discarded')
    await eventually(async () => ((await postfix.queue()).length === 0 ? true : undefined))
    expect(postfix.log()).not.toMatch(/status=bounced|sender non-delivery notification/)
  })

  test('a client that is refused at the door finds its trace by the id in the reply', async () => {
    const [row] = await postern.transactions('reason=key.unknown&limit=1')
    expect(row).toMatchObject({ verdict: 'reject', reason: 'key.unknown', recipients: ['incoming+nosuchkey@incoming.example.com'] })
    expect(postfix.log()).toContain(row!.id)
  })

  test('while Postern is down mail for a key that Postfix knows is queued, and delivered when it is back', async () => {
    await postern.end('SIGTERM')
    const dialog = await swaks('--from', 'writer@example.org', '--to', address, '--header', 'Subject: patience')
    expect(dialog).toMatch(/250 2\.0\.0 Ok: queued as/)
    expect(await postfix.queue()).toHaveLength(1)
    await postern.start()
    await postfix.command('postqueue', '-f')
    const row = await eventually(async () => (await postern.messages('text=patience'))[0])
    expect(row.state).toBe('delivered')
    await eventually(async () => ((await postfix.queue()).length === 0 ? true : undefined))
  })
})
