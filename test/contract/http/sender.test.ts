import { expect, test } from 'vitest'
import { someAuthentication, someSignature } from '../../support/authentications.ts'
import { someDelivery, someMessage } from '../../support/fake-desk.ts'
import { openSite } from './harness.ts'

// What a message's page and the API say of its sender, of mail that was put aside, and of notices.
const about = { recipient: 'incoming+abc@incoming.example.com', reason: 'application.failed' } as const
const aNotice = (more: Parameters<typeof someDelivery>[0] = {}) =>
  someDelivery({
    id: 9,
    recipient: 'jane@sender.example',
    processor: '(notice)',
    reason: 'application.failed',
    about,
    state: 'queued',
    ...more,
  })

/** The section of a page under this heading. */
const section = (body: string, heading: string): string => body.split(`<h2>${heading}</h2>`)[1]?.split('</section>')[0] ?? ''

test('a message shows who sent it: each check, its result and whose it is', async () => {
  const site = await openSite()
  const usual = someAuthentication()
  const authentication = someAuthentication({
    from: { ...usual.from, how: 'arc', through: 'forwarder.example' },
    mailFrom: { address: '', authenticated: false },
    spf: { ...usual.spf, result: 'softfail', domain: 'relay.example' },
    dkim: [someSignature({ detail: 'good' }), someSignature({ result: 'fail', domain: 'list.example', aligned: false, signed: null })],
    dmarc: { ...usual.dmarc, result: 'fail', override: 'arc=forwarder.example' },
    arc: { result: 'pass', instance: 2, sealer: 'forwarder.example', dmarc: { result: 'pass', from: 'sender.example' }, detail: '' },
    forwarder: 'mx.forwarder.example',
    unknown: ['from', 'forwarder'],
    machine: 'list',
  })
  site.desk.messages.push(someMessage({ id: 'm1', authentication }), someMessage({ id: 'm2' }))
  const shown = section((await site.get('/messages/m1')).body, 'Who sent it')
  for (const part of [
    '<dt>From</dt><dd>jane@sender.example<span class="sub"><span class="badge authenticated">authenticated</span> by ARC through forwarder.example</span></dd>',
    '<dt>MailFrom</dt><dd>&lt;&gt;<span class="sub">not authenticated</span></dd>',
    '<dt>SPF</dt><dd><span class="badge softfail">softfail</span> relay.example<span class="sub">ip4:192.0.2.0/24</span></dd>',
    '<span class="badge pass">pass</span> sender.example (s1, rsa-sha256), of the author’s domain<span class="sub">good</span>',
    '<span class="badge fail">fail</span> list.example (s1, rsa-sha256)</span>',
    '<span class="badge fail">fail</span> p=reject of sender.example<span class="sub">counts as none: arc=forwarder.example</span>',
    '<span class="badge pass">pass</span> 2 sets, the last of forwarder.example; says dmarc=pass of sender.example',
    '<dt>Not signed</dt><dd>content-type</dd>',
    '<dt>Age of the signature</dt><dd>5 seconds</dd>',
    '<dt>Forwarder</dt><dd>mx.forwarder.example</dd>',
    '<dt>No answer for now</dt><dd>could have come out better: from, forwarder</dd>',
    '<dt>Automatic</dt><dd>list</dd>',
  ])
    expect(shown).toContain(part)
  expect(section((await site.get('/messages/m2')).body, 'Who sent it')).toContain('Not checked.')
})

test('what a stranger wrote into the checks is text, and bounded', async () => {
  const site = await openSite()
  const evil = `<b onclick="x">\u202e${'y'.repeat(5_000)}`
  const authentication = someAuthentication({
    from: { address: evil, domain: evil, authenticated: true, how: 'arc', through: evil },
    mailFrom: { address: evil, authenticated: true },
    spf: { result: 'fail', identity: 'helo', domain: evil, detail: evil, queries: 0 },
    dkim: Array.from({ length: 500 }, () => someSignature({ domain: evil, selector: evil, algorithm: evil, detail: evil })),
    dmarc: { result: 'fail', policy: 'reject', domain: evil, organisation: evil, spfAligned: false, detail: evil, override: evil },
    forwarder: evil,
    arc: { result: 'fail', instance: 3, sealer: evil, dmarc: { result: evil, from: evil }, detail: evil },
    unsigned: Array(500).fill(evil),
    signedRecipients: Array(500).fill(evil),
  })
  site.desk.messages.push(someMessage({ id: 'm1', authentication }))
  const shown = section((await site.get('/messages/m1')).body, 'Who sent it')
  expect(shown).not.toMatch(/<b |\u202e/)
  expect(shown.length).toBeLessThan(40_000)
  expect(shown).toContain('490 more are in the API.')
  expect(shown).toContain('and 470 more')
})

test.each(['held', 'discarded'] as const)('mail that is %s says why, and can be released', async state => {
  const site = await openSite()
  site.desk.messages.push(someMessage({ id: 'm1', deliveries: [someDelivery({ state, reason: 'authentication.dmarc' })] }))
  const shown = section((await site.get('/messages/m1')).body, 'Deliveries')
  expect(shown).toContain('not handed over')
  expect(shown).toContain('<code>authentication.dmarc</code> – DMARC failed')
  expect(shown).toContain('<button>Release</button>')
})

test('a notice is shown as one, on the page of its message and in the list', async () => {
  const site = await openSite()
  site.desk.messages.push(someMessage({ id: 'm1', deliveries: [someDelivery({ id: 8, state: 'failed' }), aNotice()] }))
  const shown = section((await site.get('/messages/m1')).body, 'Deliveries')
  const card = shown.split('class="card"')[2]!
  expect(card).toContain('Notice to <span class="address">jane@sender.example</span>')
  expect(card).toContain('about <span class="address">incoming+abc@incoming.example.com</span>: <code>application.failed</code> – ')
  expect(card).not.toMatch(/<dt>(Mailbox|Key|Route)/)
  const list = (await site.get('/?state=queued')).body
  expect(list).toContain(
    '<b>notice</b> about <span class="address">incoming+abc@incoming.example.com</span>: <code>application.failed</code>',
  )
  expect((await site.get('/?state=failed')).body).not.toContain('<b>notice</b>')
})

test('a message is replayed without its notices; one of those by its number', async () => {
  const site = await openSite()
  const sent = aNotice({ state: 'delivered' })
  site.desk.messages.push(someMessage({ id: 'm1', deliveries: [someDelivery({ id: 8, state: 'failed' }), sent] }))
  const { body } = await site.get('/messages/m1')
  expect(body).not.toContain('Replay all')
  expect((await site.post('/messages/m1/replay')).headers.location).toBe('/messages/m1?how=replay&count=1')
  expect(site.desk.messages[0]!.deliveries.map(({ state }) => state)).toEqual(['queued', 'delivered'])
  expect(site.notified).toEqual(['app'])
  expect((await site.post('/messages/m1/replay')).body).toContain('found is queued<')
  expect((await site.post('/messages/m1/replay', { delivery: '9' })).status).toBe(303)
  expect((await site.post('/messages/m1/replay', { delivery: '10' })).status).toBe(404)
  site.desk.messages.push(someMessage({ id: 'm2', deliveries: [sent] }))
  expect((await site.post('/messages/m2/replay')).status).toBe(409)
})

test('the API gives the answer and what a notice is about, and marks notices in the list alone', async () => {
  const site = await openSite()
  const authentication = someAuthentication()
  site.desk.messages.push(someMessage({ id: 'm1', authentication, deliveries: [someDelivery({ id: 8, state: 'failed' }), aNotice()] }))
  const message = JSON.parse((await site.get('/api/messages/m1')).body)
  expect(message.authentication).toEqual(authentication)
  expect(message.deliveries.map((one: { about: unknown }) => one.about)).toEqual([null, about])
  const rows = JSON.parse((await site.get('/api/messages')).body).messages
  expect(rows.map((row: object) => ('about' in row ? row.about : 'mail'))).toEqual([about, 'mail'])
})
