/**
 * A real Postfix that asks our listeners about recipients: what its SMTP client hears at RCPT, and what becomes of its other
 * domains while we are down. The next hop is a port where nobody listens: nothing here gets as far as a delivery.
 */
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AskListener, AskListenerOptions } from '../../src/listeners/ask-listener.ts'
import { openPolicyService } from '../../src/listeners/policy-service/listener.ts'
import { openSocketmap } from '../../src/listeners/socketmap/listener.ts'
import { createGuard } from '../../src/transaction/guard.ts'
import type { Site } from '../../src/transaction/site.ts'
import { type MailClient, mailClient } from '../support/mail-client.ts'
import { freePorts } from '../support/ports.ts'
import { removeFolder, temporaryFolder } from '../support/postern.ts'
import { type Postfix, startPostfix } from '../support/postfix.ts'
import { skipWithout } from '../support/services.ts'
import { testSite } from '../support/site.ts'

const missing = skipWithout('postfix')
const site = testSite()
const folded: string[] = []
const options = (port: number): AskListenerOptions => ({
  site: () => site,
  at: { host: '127.0.0.1', port },
  trusted: ['127.0.0.1'],
  idleTime: 300_000,
  connections: 100,
})
const guard = () => createGuard({ connections: 100, connectionsPerNetwork: 100, unknownRecipients: 2, errors: 100 }, site.clock)

let asked: Site = site
let folder: string
let postfix: Postfix
let ports: readonly number[]
let table: AskListener
let policy: AskListener

const map = () => `socketmap:inet:127.0.0.1:${ports[2]}:recipients`

/** A client somewhere out there: XCLIENT tells Postfix its address. */
async function client(address = '203.0.113.9'): Promise<MailClient> {
  const opened = await mailClient({ port: postfix.smtpPort })
  await opened.command(`XCLIENT ADDR=${address} NAME=out.example.org`)
  await opened.command('EHLO out.example.org')
  return opened
}

/** What Postfix answers to each recipient. */
async function rcpt(recipients: readonly string[], { sender = 'writer@example.org', from = '203.0.113.9' } = {}): Promise<string[]> {
  const one = await client(from)
  expect(await one.command(`MAIL FROM:<${sender}>`)).toMatch(/^250 /)
  const heard: string[] = []
  for (const recipient of recipients) heard.push(await one.command(`RCPT TO:<${recipient}>`))
  one.close()
  return heard
}

describe.skipIf(missing !== null)(`Postfix asks${missing === null ? '' : ` (${missing})`}`, () => {
  beforeAll(async () => {
    folder = await temporaryFolder('asks')
    ports = await freePorts(4)
    const mailboxes = new Map(site.mailboxes)
    const robots = mailboxes.get('robots')!
    // The mailbox `all` has a store that minds no case, so that the map asks it.
    const verifier = { ...robots.routes[0]!.verifier!, foldsCase: true }
    mailboxes.set('all', {
      ...robots,
      name: 'all',
      routes: [
        {
          ...robots.routes[0]!,
          verifier: {
            ...verifier,
            verify: query => {
              folded.push(query.key)
              return query.key === 'good'
                ? { kind: 'valid', claims: {} }
                : query.key === 'down'
                  ? { kind: 'unavailable', cause: 'secret' }
                  : { kind: 'unknown' }
            },
          },
        },
      ],
    })
    asked = { ...site, mailboxes }
    table = await openSocketmap({ ...options(ports[2]!), site: () => asked })
    policy = await openPolicyService({ ...options(ports[3]!), guard: guard() })
    postfix = await startPostfix({
      folder: path.join(folder, 'postfix'),
      smtpPort: ports[0]!,
      lmtpPort: ports[1]!,
      settings: {
        relay_domains: 'in.test, all.test, other.test',
        myorigin: 'in.test',
        relay_recipient_maps: `inline:{ { anyone@other.test = x } }, ${map()}`,
        recipient_delimiter: '+',
        smtpd_restriction_classes: 'ask',
        ask: `check_policy_service inet:127.0.0.1:${ports[3]}`,
        smtpd_relay_restrictions: 'reject_unauth_destination',
        smtpd_recipient_restrictions: 'check_recipient_access inline:{in.test=ask}',
        smtpd_authorized_xclient_hosts: '127.0.0.1',
        smtpd_error_sleep_time: '0',
        smtpd_soft_error_limit: '100',
        smtpd_hard_error_limit: '200',
        smtpd_policy_service_try_limit: '1',
      },
    })
  })
  afterAll(async () => {
    await postfix?.stop()
    await Promise.all([table?.close(0), policy?.close(0)])
    if (folder !== undefined) await removeFolder(folder)
  })

  const refused = (address: string, text: string) =>
    new RegExp(`^550 5\\.1\\.1 <${address.replace('+', '\\+')}>: Recipient address rejected: ${text} `)

  test('what the policy service refuses, the client hears at RCPT with our text and the id of the trace', async () => {
    const heard = await rcpt(['incoming+Expired@in.test', 'incoming+Revoked@in.test', 'incoming+Down@in.test', 'incoming+Throws@in.test'])
    expect(heard[0]).toMatch(refused('incoming+Expired@in.test', 'This address has expired'))
    expect(heard[1]).toMatch(refused('incoming+Revoked@in.test', 'This address was withdrawn'))
    expect(heard[2]).toMatch(/^450 4\.4\.3 <incoming\+Down@in\.test>: Recipient address rejected: Recipient cannot be checked now/)
    expect(heard[3]).toMatch(/^450 4\.3\.0 .* Temporary failure, try again later /)
    for (const reply of heard) expect(site.rows.some(row => reply.endsWith(row.id))).toBe(true)
    expect(heard.join()).not.toContain('secret')
  })

  test('a good key passes, with its case; in the wrong case it is unknown', async () => {
    const [good, wrong] = await rcpt(['incoming+GoodKey@in.test', 'Incoming+GOODKEY@in.test'])
    expect(good).toMatch(/^250 2\.1\.5 /)
    expect(wrong).toMatch(refused('Incoming+GOODKEY@in.test', 'No such recipient here'))
  })

  test('a robot is refused at RCPT, unless the route wants robots', async () => {
    const [no, yes] = await rcpt(['incoming+GoodKey@in.test', 'robots+GoodKey@in.test'], { sender: '' })
    expect(no).toMatch(/^550 5\.7\.1 .*: Automatic mail is not accepted at this address /)
    expect(yes).toMatch(/^250 /)
    expect((await rcpt(['incoming+GoodKey@in.test'], { sender: 'MAILER-DAEMON' }))[0]).toMatch(/^550 5\.7\.1 /)
  })

  test('who guesses too much is disconnected; another network is not', async () => {
    const guesses = ['1', '2', '3', '4'].map(key => `incoming+${key}@in.test`)
    const heard = await rcpt(guesses, { from: '198.51.100.7' })
    expect(heard.every(reply => reply.startsWith('550 5.1.1 '))).toBe(true)
    const one = await client('198.51.100.8')
    await one.command('MAIL FROM:<writer@example.org>')
    expect(await one.command('RCPT TO:<incoming+GoodKey@in.test>')).toMatch(/^250 /)
    expect(await one.command('RCPT TO:<incoming+5@in.test>')).toMatch(/^421 4\.7\.1 .*Too many unknown recipients/)
    await expect(one.command('NOOP')).rejects.toThrow('closed')
    expect((await rcpt(guesses, { from: '192.0.2.1' }))[0]).toMatch(/^550 /)
  })

  test('the table alone: unknown 550, down 451, known 250, each asked once and in lower case', async () => {
    folded.length = 0
    const heard = await rcpt(['nosuch+extension@all.test', 'down@all.test', 'GOOD@all.test', 'postmaster@all.test', 'anyone@other.test'])
    expect(heard[0]).toMatch(/^550 5\.1\.1 .*User unknown/)
    expect(heard[1]).toMatch(/^451 4\.3\.0 .*Temporary lookup failure/)
    for (const reply of heard.slice(2)) expect(reply).toMatch(/^250 /)
    expect(folded).toEqual(['nosuch+extension', 'down', 'good'])
  })

  test('an address that needs quotes is the same for both', async () => {
    const [quoted] = await rcpt(['"incoming+a b"@in.test'])
    expect(quoted).toMatch(/^550 5\.1\.1 .*No such recipient here/)
    expect(site.rows.at(-1)!.recipients).toEqual(['"incoming+a b"@in.test'])
  })

  test('postmap asks the table as Postfix does', async () => {
    const ask = (key: string) => postfix.command('postmap', '-q', key, map()).catch(error => `${error.code} ${error.stderr}`.trim())
    expect(await ask('incoming+goodkey@in.test')).toBe('incoming+goodkey@in.test\n')
    expect(await ask('open@in.test')).toBe('open@in.test\n')
    for (const key of ['nobody@in.test', '@in.test', 'in.test', 'incoming', 'x@elsewhere.test', 'a b']) expect(await ask(key)).toBe('1')
    expect(await ask('down@all.test')).toMatch(/^1 .*(?:temporary|Recipient cannot be checked)/i)
    const other = await postfix
      .command('postmap', '-q', 'a@in.test', map().replace('recipients', 'senders'))
      .catch(error => `${error.stderr}`)
    expect(other).toMatch(/unknown map/)
  })

  test('the policy service down: our domain is deferred, the others are not; and back', async () => {
    await policy.close(1_000)
    const [ours, known, others] = await rcpt(['incoming+GoodKey@in.test', 'good@all.test', 'anyone@other.test'])
    expect(ours).toMatch(/^451 4\.3\.5 /)
    expect(known).toMatch(/^250 /)
    expect(others).toMatch(/^250 /)
    policy = await openPolicyService({ ...options(ports[3]!), guard: guard() })
    expect((await rcpt(['incoming+GoodKey@in.test']))[0]).toMatch(/^250 /)
    expect(await postfix.queue()).toEqual([])
  })

  test('the table down: what a map in front of it knows is taken, all else deferred; and back', async () => {
    await table.close(1_000)
    const [ours, known, others] = await rcpt(['good@all.test', 'anyone@other.test', 'someone@other.test'])
    expect(ours).toMatch(/^451 4\.3\.0 /)
    expect(known).toMatch(/^250 /)
    expect(others).toMatch(/^451 4\.3\.0 /)
    table = await openSocketmap({ ...options(ports[2]!), site: () => asked })
    expect((await rcpt(['good@all.test']))[0]).toMatch(/^250 /)
  })
})
