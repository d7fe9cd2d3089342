/** From the configuration to what the core works with: whom routes ask for, whom we trust, and what is off. */
import { afterEach, expect, test } from 'vitest'
import { buildSite, governors, postmasterBudget } from '../../../src/main/site.ts'
import type { OpenSite } from '../../../src/main/sites.ts'
import type { Spool } from '../../../src/spool/sqlite/options.ts'
import { scriptedAuthenticator } from '../../support/scripted-authenticator.ts'
import { testSite } from '../../support/site.ts'
import { good, load } from '../config/build.ts'

const open: OpenSite[] = []
afterEach(async () => {
  for (const site of open.splice(0)) await site.close()
})

const routes = [{ name: 'reply', key: { pattern: 'k[0-9]+' }, processor: 'app' }]
const mailboxes = [{ name: 'incoming', address: 'incoming+%{key}@incoming.example.com', routes }]
const authenticator = scriptedAuthenticator()

async function siteOf(change: object): Promise<OpenSite> {
  const { trace, clock, log } = testSite()
  // Only looked at when mail comes.
  const spool = {} as Spool
  const parts = {
    spool,
    trace,
    clock,
    log,
    notify: () => undefined,
    handoff: testSite().inline.handoff,
    governorOf: governors(),
    postmasterBudget: postmasterBudget(),
    authenticator,
  }
  const site = await buildSite(load({ ...good(), mailboxes, authentication: undefined, notices: undefined, ...change }), parts)
  open.push(site)
  return site
}

const asked = ({ mailboxes }: OpenSite) => [...mailboxes.values()].flatMap(({ routes }) => routes.map(({ require }) => require))

test('what is required of all routes is required of each', async () => {
  expect(new Set(asked(await siteOf({})))).toEqual(new Set([null]))
  expect(new Set(asked(await siteOf({ authentication: { require: 'authenticated' } })))).toEqual(new Set(['authenticated']))
})

test('networks of forwarders are told apart from their domains', async () => {
  const trusted = { relays: ['192.0.2.0/24'], forwarders: ['198.51.100.0/24', '2001:db8::1', 'forwarder.example'], sealers: ['s.example'] }
  const { origins } = await siteOf({ authentication: { trusted, spf: 'enforce', dmarc: 'report' } })
  expect(origins).toMatchObject({ authenticator, spf: 'enforce', dmarc: 'report', trusted: { sealers: ['s.example'] } })
  expect(origins.trusted.forwarders).toEqual(['forwarder.example'])
  expect(['198.51.100.7', '2001:db8::1', '192.0.2.1'].map(origins.trusted.isForwarder)).toEqual([true, true, false])
  expect(['192.0.2.1', '198.51.100.7'].map(origins.isRelay)).toEqual([true, false])
})

test('caps and notices are those of the configuration', async () => {
  expect((await siteOf({})).notices).toBeNull()
  const notices = { from: 'postmaster@in.test', smtp: { host: '127.0.0.1' }, per: '2h' }
  const { governor, ...site } = await siteOf({
    notices,
    limits: { 'messages-per-key': 0, 'messages-per-sender': 1, 'messages-per-pair': 0 },
  })
  expect(site.notices).toEqual({ per: 2 * 3_600_000 })
  const mail = { mailbox: 'm', key: 'k', sender: 's@example.org' }
  expect([governor.take(mail, 0), governor.take(mail, 0)]).toMatchObject([{ ok: true }, { ok: false, by: 'sender', limit: 1 }])
})
