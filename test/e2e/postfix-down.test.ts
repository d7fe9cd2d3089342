/**
 * The shipped postfix/lmtp while Postern is down, or hangs: mail for our domain waits, wherever it is, and is not lost to a
 * key that expires meanwhile; the site's other domains don't notice. The other domains are set up as postfix/README.md says.
 */
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, queued, refusedAtRcpt, type Site, startSite } from '../support/behind-postfix.ts'
import { removeFolder, temporaryFolder } from '../support/postern.ts'
import { findProgram, skipWithout } from '../support/services.ts'
import { type Sink, startSink } from '../support/smtp-sink.ts'

const missing = skipWithout('postfix', 'smtp-source', 'swaks')
const from = ['--from', 'writer@example.org']
let folder: string
let site: Site
let others: Sink
let address: string

const shipped = (parameter: string): string =>
  execFileSync(findProgram('postconf')!, ['-c', path.join(import.meta.dirname, '../../postfix/lmtp'), '-h', parameter], {
    encoding: 'utf8',
  }).trim()

/** README.md, "Other domains on the same Postfix": a relay domain with a list and a next hop of its own, and a virtual one. */
const otherDomains = (port: number) => ({
  relay_domains: `${shipped('relay_domains')}, other.example.net`,
  relay_recipient_maps: `${shipped('relay_recipient_maps')}, inline:{ { good@other.example.net = OK } }`,
  transport_maps: `inline:{ { other.example.net = lmtp:inet:127.0.0.1:${port} } }`,
  virtual_mailbox_domains: 'virtual.example.net',
  virtual_mailbox_maps: 'inline:{ { good@virtual.example.net = virtual } }',
  virtual_transport: `lmtp:inet:127.0.0.1:${port}`,
})

/** Both kinds of other domain: a good recipient arrives and an unknown one is refused, without waiting for anybody. */
async function othersAreUntouched(): Promise<void> {
  for (const domain of ['other.example.net', 'virtual.example.net']) {
    const mark = `${domain} ${Math.random()}`
    const started = Date.now()
    expect(await site.swaks(...from, '--to', `good@${domain}`, '--header', `Subject: ${mark}`)).toMatch(queued)
    expect(await site.swaks(...from, '--to', `unknown@${domain}`)).toMatch(/<\*\* 550 5\.1\.1 /)
    await eventually(async () => ((await others.messages()).some(message => message.includes(mark)) ? true : undefined))
    expect(Date.now() - started).toBeLessThan(5_000)
  }
}

async function postfixSet(parameter: string): Promise<void> {
  await site.postfix.command('postconf', '-e', parameter)
  await site.postfix.command('postfix', 'reload')
}

const emptyQueue = () => eventually(async () => ((await site.postfix.queue()).length === 0 ? true : undefined))

describe.skipIf(missing !== null)(`postfix/lmtp while Postern is down${missing === null ? '' : ` (${missing})`}`, () => {
  beforeAll(async () => {
    folder = await temporaryFolder('others')
    others = await startSink(path.join(folder, 'sink'))
    site = await startSite({ configuration: 'lmtp', settings: otherDomains(others.port) })
    address = await site.postern.mint('ticket-1', '--expires', '30d')
  })
  afterAll(async () => {
    await site?.stop()
    await others?.stop()
    await removeFolder(folder)
  })

  test('with Postern up the other domains work', othersAreUntouched)

  test('what Postfix had taken waits and is delivered when Postern is back, keys that expired meanwhile included', async () => {
    await postfixSet('defer_transports = lmtp')
    const short = await site.postern.mint('short', '--expires', '8s')
    const deadline = Date.now() + 8_000
    for (const to of [address, short])
      expect(await site.swaks(...from, '--to', to, '--header', `Subject: waits ${to === short ? 'short' : 'long'}`)).toMatch(queued)
    await site.postern.end('SIGTERM')
    await postfixSet('defer_transports =')
    await site.postfix.command('postqueue', '-f')
    await eventually(() => (site.postfix.log().match(/status=deferred \(connect to .*refused/g)?.length === 2 ? true : undefined))
    expect(await site.postfix.queue()).toHaveLength(2)
    await sleep(Math.max(0, deadline + 2_000 - Date.now()))
    await site.postern.start()
    // From now on the short key is no good for anybody else.
    expect(await site.swaks(...from, '--to', short)).toMatch(/<\*\* 550 5\.1\.1 /)
    await site.postfix.command('postqueue', '-f')
    const rows = await eventually(async () => {
      const found = await site.postern.messages('text=waits')
      return found.length === 2 ? found : undefined
    })
    expect(rows.map(row => row.state)).toEqual(['delivered', 'delivered'])
    await emptyQueue()
    expect(site.postfix.log()).not.toMatch(/status=bounced|non-delivery notification/)
  })

  test('mail for our domain is deferred at RCPT within seconds, the other domains are untouched', async () => {
    await site.postern.end('SIGTERM')
    for (const to of [address, 'incoming+guessed@incoming.example.com', 'postmaster@incoming.example.com']) {
      const started = Date.now()
      const dialog = await site.swaks(...from, '--to', to)
      expect(dialog).toMatch(/<\*\* 451 4\.3\.0 .*Recipients cannot be checked now/)
      expect(refusedAtRcpt(dialog)).toBe(true)
      expect(Date.now() - started).toBeLessThan(5_000)
    }
    await othersAreUntouched()
    expect(await site.postfix.queue()).toEqual([])
  })

  test('one transaction for both: the recipient of the other domain is served at once, ours later', async () => {
    const dialog = await site.swaks(...from, '--to', `${address},good@other.example.net`, '--header', 'Subject: for both')
    expect(dialog).toMatch(/<\*\* 451 4\.3\.0 /)
    expect(dialog).toMatch(queued)
    const got = await eventually(async () => (await others.messages()).find(message => message.includes('for both')))
    expect(got.match(/^X-Rcpt-Args: .*/gm)).toEqual([expect.stringContaining('<good@other.example.net>')])
  })

  test('the list of recipients does not help another domain into trouble where the policy service is not asked', async () => {
    await postfixSet('smtpd_recipient_restrictions = reject_unauth_destination, reject_unlisted_recipient')
    await eventually(async () => ((await site.swaks(...from, '--to', address)).includes('451 4.3.0') ? true : undefined))
    await othersAreUntouched()
    await postfixSet(`smtpd_recipient_restrictions = ${shipped('smtpd_recipient_restrictions')}`)
  })

  test('back again, Postfix needs no hand: the next mail is taken', async () => {
    await site.postern.start()
    const dialog = await eventually(async () => {
      const said = await site.swaks(...from, '--to', address, '--header', 'Subject: back')
      return queued.test(said) ? said : undefined
    })
    expect(dialog).toMatch(queued)
    await eventually(async () => (await site.postern.messages('text=back'))[0])
  })

  test('Postern hangs: ours is deferred in half a minute, the other domains are untouched meanwhile', async () => {
    site.postern.signal('SIGSTOP')
    const started = Date.now()
    const ours = site.swaks(...from, '--to', address, '--timeout', '50')
    await othersAreUntouched()
    expect(Date.now() - started).toBeLessThan(9_000)
    const dialog = await ours
    expect(dialog).toMatch(/<\*\* 451 4\.3\.0 /)
    expect(Date.now() - started).toBeLessThan(30_000)
    site.postern.signal('SIGCONT')
  })

  test('nothing was bounced, and no report about it was made', async () => {
    await emptyQueue()
    expect(site.postfix.log()).not.toMatch(/status=bounced|non-delivery notification|postfix\/cleanup.*double-bounce/)
    expect((await site.postern.messages('recipient=postmaster')).length).toBe(0)
  })
})
