import { describe, expect, test } from 'vitest'
import { createGovernor } from '../../../src/policy/governor/governor.ts'
import type { KeyCheck, KeyQuery } from '../../../src/transaction/ports.ts'
import type { Route } from '../../../src/transaction/site.ts'
import { beginSpf } from '../../../src/transaction/spf.ts'
import { uncheckedMessage } from '../../support/evidence.ts'
import { forged, genuine, spfFail, spfPass, unknown } from '../../support/scripted-authenticator.ts'
import { type TestSite, testSite } from '../../support/site.ts'
import { checking, good, plain } from './checking.ts'
import { begin, finish, send } from './core.ts'

const states = (site: TestSite) =>
  site.spool.kept.flatMap(({ message }) => message.deliveries.map(({ processor, state, reason }) => `${processor} ${state} ${reason}`))

describe('DMARC', () => {
  test('a genuine message is accepted, and its answer kept with it', async () => {
    const { site, asked } = checking({ message: genuine, spf: spfPass })
    const { verdicts, transaction } = await send(site, { recipients: [good], message: plain })
    expect(verdicts).toMatchObject([{ kind: 'accept' }])
    expect(site.spool.kept[0]?.message.authentication).toMatchObject({
      from: { address: 'writer@example.org', authenticated: true, how: 'dkim' },
    })
    expect(asked.message).toMatchObject([
      { client: '192.0.2.1', author: { kind: 'one', domain: 'example.org' }, subjects: 1, spf: spfPass },
    ])
    expect(transaction.decisions).toContainEqual({
      stage: 'data',
      verdict: 'tag',
      detail: 'spf=pass (example.org), dkim=pass (example.org), dmarc=pass, from=dkim (writer@example.org)',
    })
  })

  test.each([
    ['origin', 'reject', []],
    ['relay', 'discard', ['shelf discarded authentication.dmarc']],
  ] as const)('a forged one, at an %s peer: %s', async (peer, kind, kept) => {
    const { site } = checking({ message: forged })
    const { verdicts, transaction } = await send(site, { recipients: [good], message: plain, peer, perRecipient: peer === 'relay' })
    expect(verdicts).toMatchObject([{ kind, reason: 'authentication.dmarc' }])
    expect(states(site)).toEqual(kept)
    expect(transaction.decisions.map(({ detail }) => detail).join()).toContain('from not authenticated (writer@example.org)')
  })

  test('reported only, the forged one is accepted and known for what it is', async () => {
    const { site } = checking({ message: forged }, { origins: { dmarc: 'report' } })
    expect((await send(site, { recipients: [good], message: plain })).verdicts).toMatchObject([{ kind: 'accept' }])
    expect(site.spool.kept[0]?.message.authentication).toMatchObject({ from: { authenticated: false }, dmarc: { result: 'fail' } })
  })

  test('postmaster takes it all the same', async () => {
    const { site } = checking({ message: forged })
    expect((await send(site, { recipients: ['postmaster'], message: plain })).verdicts).toMatchObject([{ kind: 'accept' }])
  })

  test.each([
    ['the DNS is silent', { message: unknown }],
    ['the authenticator breaks', { message: new Error('a bug'), spf: new Error('a bug') }],
  ])('%s: later, and nothing is kept', async (_, script) => {
    const { site } = checking(script)
    const { verdicts } = await send(site, { recipients: [good], message: plain })
    expect(verdicts).toMatchObject([{ kind: 'defer', reason: 'authentication.unavailable', reply: { code: 451 } }])
    expect(site.spool).toMatchObject({ kept: [], aborted: 1 })
  })

  test('what is refused anyway is not looked at', async () => {
    const { site, asked } = checking({ message: genuine }, { route: { screening: { automatic: 'reject', 'null-reverse-path': 'refuse' } } })
    await send(site, { recipients: [good], message: `Auto-Submitted: auto-replied\r\n${plain}` })
    expect(asked).toEqual({ spf: [], message: [] })
  })
})

describe('SPF', () => {
  test('is begun once, when a recipient was accepted, and not for a client of ours', async () => {
    const { site, asked } = checking({ spf: spfPass })
    const transaction = begin(site, {})
    beginSpf(site, transaction)
    beginSpf(site, transaction)
    expect(asked.spf).toEqual([{ client: '192.0.2.1', helo: 'client.example', sender: 'writer@example.org' }])
    const ours = { ...begin(site, {}), client: { address: '127.0.0.1', name: null, helo: null, ident: null } }
    beginSpf(site, ours)
    expect(ours.spf).toBeNull()
  })

  test('of mail from a client of ours is that of whoever gave it to him', async () => {
    const { site, asked } = checking({ spf: spfPass }, { origins: { isRelay: address => address === '192.0.2.1' } })
    await send(site, {
      recipients: [good],
      message: `Received: from out.example.net (out.example.net [198.51.100.7])\r\n\tby relay; today\r\n${plain}`,
    })
    expect(asked.spf).toMatchObject([{ client: '198.51.100.7', helo: 'out.example.net' }])
    expect(asked.message).toMatchObject([{ client: '198.51.100.7' }])
  })

  test('enforced, a fail is refused', async () => {
    const { site } = checking({ spf: spfFail }, { origins: { spf: 'enforce' } })
    expect((await send(site, { recipients: [good], message: plain })).verdicts).toMatchObject([
      { kind: 'reject', reason: 'authentication.spf' },
    ])
  })
})

describe('a key that is bound', () => {
  const keys = (answer: (query: KeyQuery) => KeyCheck): Partial<Route> => ({ verifier: { verify: answer } })
  const senders = (...list: string[]) => keys(() => ({ kind: 'valid', claims: { senders: list } }))

  test.each([
    ['to the author', { message: genuine }, senders('writer@example.org'), 'accept', undefined],
    ['to his domain', { message: genuine }, senders('example.org'), 'accept', undefined],
    ['to another', { message: genuine }, senders('boss@example.org'), 'reject', 'sender.not-bound'],
    ['to nobody', { message: genuine }, senders(), 'reject', 'sender.not-bound'],
    ['to the author, who is not proved', {}, senders('writer@example.org'), 'reject', 'authentication.required'],
    ['to another, with none required', { message: genuine }, { ...senders('boss@example.org'), require: 'none' }, 'accept', undefined],
  ] as const)('%s', async (_, script, route, kind, reason) => {
    const { site } = checking(script, { route })
    const [verdict] = (await send(site, { recipients: [good], message: plain })).verdicts
    expect(verdict).toMatchObject(reason === undefined ? { kind } : { kind, reason })
  })

  test('by a hash is asked again with the author, as of a time when it was good', async () => {
    const queries: KeyQuery[] = []
    const route = keys(query => {
      queries.push(query)
      const claims = { senderHash: true, expires: 5_000 } as const
      if (query.at >= 5_000) return { kind: 'expired', expired: 5_000 }
      return { kind: 'valid', claims: query.author === undefined ? claims : { ...claims, senders: [query.author] } }
    })
    let now = 4_000
    const { site } = checking({ message: genuine }, { route, site: { clock: () => now } })
    const sending = send(site, { recipients: [good], message: plain })
    now = 6_000
    expect((await sending).verdicts).toMatchObject([{ kind: 'accept' }])
    expect(queries.map(({ author }) => author)).toEqual([undefined, 'writer@example.org'])
  })

  test('by a hash, its store down by then: later', async () => {
    const route = keys(({ author }) =>
      author === undefined ? { kind: 'valid', claims: { senderHash: true } } : { kind: 'unavailable', cause: 'down' },
    )
    const { site } = checking({ message: genuine }, { route })
    expect((await send(site, { recipients: [good], message: plain })).verdicts).toMatchObject([
      { kind: 'defer', reason: 'key.unavailable' },
    ])
  })

  test.each([
    ['the sender it was bound to', ['writer@example.org'], genuine, 'accept'],
    ['another', ['boss@example.org'], genuine, 'discard'],
    ['somebody who is not proved', ['writer@example.org'], uncheckedMessage, 'discard'],
  ] as const)('and expired in a relay’s queue lets in %s: %o', async (_, senders, message, kind) => {
    const now = Date.UTC(2026, 0, 1, 12)
    const hour = 3_600_000
    const route = keys(() => ({ kind: 'expired', expired: now - hour, claims: { senders } }))
    const { site } = checking({ message }, { route, site: { clock: () => now } })
    const received = `Received: from a by b; ${new Date(now - 2 * hour).toUTCString()}\r\n${plain}`
    const { verdicts } = await send(site, { recipients: [good], message: received, peer: 'relay', perRecipient: true, ident: 'q1' })
    expect(verdicts).toMatchObject([{ kind }])
  })

  test.each([
    ['its sender', 'writer@example.org', 'accept'],
    ['another', 'boss@example.org', 'discard'],
  ] as const)('by a hash, and expired by its store’s own clock while it waited, lets in %s: %s %s', async (_, bound, kind) => {
    const now = Date.UTC(2026, 0, 1, 12)
    const hour = 3_600_000
    const route = keys(({ author }) => {
      const claims = author === undefined ? {} : { senders: author === bound ? [author] : [] }
      return { kind: 'expired', expired: now - hour, claims: { senderHash: true, ...claims } }
    })
    const { site } = checking({ message: genuine }, { route, site: { clock: () => now } })
    const received = `Received: from a by b; ${new Date(now - 2 * hour).toUTCString()}\r\n${plain}`
    const { verdicts } = await send(site, { recipients: [good], message: received, peer: 'relay', perRecipient: true, ident: 'q1' })
    expect(verdicts).toMatchObject([{ kind }])
  })

  test('lets nobody in where nothing is checked', async () => {
    const { site } = checking({}, { route: senders('writer@example.org'), origins: { authenticator: null } })
    expect((await send(site, { recipients: [good], message: plain })).verdicts).toMatchObject([
      { kind: 'reject', reason: 'authentication.required' },
    ])
  })
})

test('mail over the caps is held', async () => {
  const governor = createGovernor({ perKey: 2, perSender: 0, perPair: 0, entries: 10 })
  const { site } = checking({ message: genuine }, { site: { governor } })
  for (const n of [1, 2, 3]) await send(site, { recipients: [good], message: plain.replace('<1@', `<${n}@`) })
  expect(states(site)).toEqual(['shelf delivered null', 'shelf delivered null', 'shelf held message.rate'])
})

test.each([100, 1_000_000])('a second From behind what is looked at of the header, in chunks of %i octets: nobody', async chunk => {
  const { site, asked } = checking({}, { site: { limits: { ...testSite().limits, messageSize: 1 << 20 } } })
  const message = plain.replace('\r\n\r\n', `\r\n${`X: ${'x'.repeat(900)}\r\n`.repeat(300)}From: boss@example.org\r\n\r\n`)
  await send(site, { recipients: [good], message, chunk })
  expect(asked.message).toMatchObject([{ author: { kind: 'malformed' } }])
})

test('the same message, proved and not, is two', async () => {
  const { site: proved } = checking({ message: genuine })
  const { site: unproved } = checking({})
  for (const site of [proved, unproved]) await send(site, { recipients: [good], message: plain })
  const material = (site: TestSite) => site.spool.kept[0]!.message.deliveries[0]!.idempotency.material
  expect(material(proved)).not.toBe(material(unproved))
})

describe('a notice', () => {
  const route = { verifier: { verify: (): KeyCheck => ({ kind: 'valid', claims: { senders: ['boss@example.org'] } }) } }
  const notices = { per: 86_400_000 }
  const relay = { recipients: [good, 'incoming+Other@in.test'], message: plain, peer: 'relay', perRecipient: true } as const

  test('goes to a writer who is proved, once for one reason, with the message that was discarded', async () => {
    const { site } = checking({ message: genuine }, { route, site: { notices } })
    await send(site, relay)
    expect(site.spool.kept[0]?.message.notify).toBe('writer@example.org')
    expect(states(site)).toEqual([
      'shelf discarded sender.not-bound',
      'shelf discarded sender.not-bound',
      '(notice) queued sender.not-bound',
    ])
    expect(site.spool.kept[0]?.message.deliveries[2]).toMatchObject({
      recipient: 'writer@example.org',
      about: { recipient: good, reason: 'sender.not-bound' },
      idempotency: { alone: true, window: notices.per },
    })
  })

  test('goes also to whom something else than his name stood against', async () => {
    const { site } = checking({ message: genuine }, { site: { notices } })
    await send(site, { ...relay, recipients: ['reply@dedicated.test'] })
    expect(states(site)).toEqual(['shelf discarded key.missing', '(notice) queued key.missing'])
  })

  test('never goes to a writer who asked for TLS all the way', async () => {
    const { site } = checking({ message: genuine }, { route, site: { notices } })
    await finish(site, { ...begin(site, relay), requireTls: true }, relay)
    expect(states(site)).toEqual(['shelf discarded sender.not-bound', 'shelf discarded sender.not-bound'])
  })

  test.each([
    ['a writer who is not proved', {}, { notices }, relay],
    ['anybody where notices are off', { message: genuine }, {}, relay],
    ['the null reverse-path', { message: genuine }, { notices }, { ...relay, sender: '' }],
    ['an origin peer, which heard the refusal', { message: genuine }, { notices }, { ...relay, peer: 'origin' }],
    ['a machine', { message: genuine }, { notices }, { ...relay, message: `Auto-Submitted: auto-generated\r\n${plain}` }],
    ['a list', { message: genuine }, { notices }, { ...relay, message: `List-Id: <x.example.org>\r\n${plain}` }],
    [
      'a list that only its List-Unsubscribe gives away',
      { message: genuine },
      { notices },
      { ...relay, message: `List-Unsubscribe: <x:y>\r\n${plain}` },
    ],
  ] as const)('never goes to %s', async (_, script, more, mail) => {
    const { site } = checking(script, { route, site: more })
    await send(site, mail)
    expect(states(site).filter(state => state.startsWith('(notice)'))).toEqual([])
  })
})
