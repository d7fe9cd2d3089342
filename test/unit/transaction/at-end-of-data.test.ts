import { describe, expect, test } from 'vitest'
import type { ScreeningSettings } from '../../../src/policy/screening/actions.ts'
import type { Site } from '../../../src/transaction/site.ts'
import { type TestSite, testSite } from '../../support/site.ts'
import { send } from './core.ts'

const good = 'incoming+GoodKey@in.test'
const plain = 'From: a@example.org\r\n\r\nhello\r\n'
const robot = 'From: a@example.org\r\nAuto-Submitted: auto-replied\r\nList-Id: <x.example.org>\r\n\r\nI am away\r\n'

/** The test site with other screening settings for one of its mailboxes. */
function screened(settings: Partial<ScreeningSettings>, name = 'incoming'): TestSite {
  const site = testSite()
  const mailbox = site.mailboxes.get(name)!
  const [route] = mailbox.routes
  const changed = { ...mailbox, routes: [{ ...route!, screening: { ...route!.screening, ...settings } }] }
  return { ...site, mailboxes: new Map([...site.mailboxes, [name, changed]]) }
}
const tags = (site: TestSite) => site.spool.kept[0]?.message.decisions.filter(decision => decision.verdict === 'tag').map(d => d.detail)
const states = (site: TestSite) => site.spool.kept[0]?.message.deliveries.map(({ state, reason }) => `${state} ${reason}`)

describe('automatic mail', () => {
  const told = ['auto-submitted: auto-replied', 'list-id: <x.example.org>']
  test.each([
    ['discard', 'discard', told, ['discarded message.automatic']],
    ['tag', 'accept', told, ['delivered null']],
    ['ignore', 'accept', [], ['delivered null']],
  ] as const)('%s', async (automatic, verdict, expectedTags, expectedStates) => {
    const site = screened({ automatic })
    const { verdicts } = await send(site, { recipients: [good], message: robot })
    expect(verdicts.map(v => v.kind)).toEqual([verdict])
    expect(tags(site)).toEqual(expectedTags)
    expect(states(site)).toEqual(expectedStates)
  })

  test('reject at an origin peer keeps nothing; a relay peer hears 250', async () => {
    const origin = screened({ automatic: 'reject' })
    expect((await send(origin, { recipients: [good], message: robot })).verdicts).toMatchObject([{ kind: 'reject' }])
    expect(origin.spool).toMatchObject({ kept: [], aborted: 1 })
    const relay = screened({ automatic: 'reject' })
    expect((await send(relay, { recipients: [good], message: robot, peer: 'relay' })).verdicts).toMatchObject([{ kind: 'discard' }])
    expect(states(relay)).toEqual(['discarded message.automatic'])
  })

  test('one route that wants to know is enough', async () => {
    const site = screened({ automatic: 'ignore' })
    await send(site, { recipients: [good, 'open@in.test'], message: robot, perRecipient: true })
    expect(tags(site)).toEqual(told)
  })

  test('a loop is told whatever is ignored', async () => {
    const site = screened({ automatic: 'ignore' })
    await send(site, { recipients: [good], message: `X-Loop: postern@mx.in.test\r\n${plain}`, peer: 'relay' })
    expect(tags(site)).toEqual(['loop-mark: postern@mx.in.test'])
    expect(states(site)).toEqual(['discarded message.loop'])
  })

  test('who sent it is told too, unless that is ignored', async () => {
    const list = { sender: 'list-bounces@example.org', recipients: [good], message: plain }
    const tagged = screened({})
    await send(tagged, list)
    expect(tags(tagged)).toEqual(['list-sender: list-bounces'])
    const ignored = screened({ automatic: 'ignore' })
    await send(ignored, list)
    expect(tags(ignored)).toEqual([])
  })
})

describe('a dedicated address', () => {
  const references = (...keys: string[]) => `References: ${keys.map(key => `<reply-${key}@app.test>`).join(' ')}\r\n${plain}`
  test.each([
    ['the first key that verifies', ['nonsense', 'Expired', 'GoodKey'], 'accept', undefined],
    ['none at all', [], 'reject', 'key.missing'],
    ['unknown ones only', ['nonsense'], 'reject', 'key.missing'],
    ['an expired one', ['nonsense', 'Expired'], 'reject', 'key.expired'],
    ['one that cannot be looked up', ['Expired', 'Down'], 'defer', 'key.unavailable'],
    ['a good one behind one that cannot be looked up', ['Down', 'SlowGoodKey'], 'accept', undefined],
  ])('with %s', async (_, keys, kind, reason) => {
    const site = testSite()
    const { verdicts } = await send(site, { recipients: ['reply@dedicated.test'], message: references(...keys) })
    expect(verdicts).toEqual([expect.objectContaining(reason === undefined ? { kind } : { kind, reason })])
    expect(site.spool.kept).toHaveLength(kind === 'accept' ? 1 : 0)
    if (kind === 'accept') expect(site.spool.kept[0]!.message.deliveries[0]!.key).toBe(keys.at(-1))
  })

  test('at a relay peer a missing key is a discard, and one that cannot be looked up still defers', async () => {
    const mail = (message: string) => send(testSite(), { recipients: ['reply@dedicated.test'], message, peer: 'relay' })
    expect((await mail(plain)).verdicts).toMatchObject([{ kind: 'discard', reason: 'key.missing' }])
    expect((await mail(references('Down'))).verdicts).toMatchObject([{ kind: 'defer' }])
  })
})

describe('postmaster', () => {
  const post = (site: TestSite, octets: number) => send(site, { recipients: ['postmaster@in.test'], message: plain.padEnd(octets, 'x') })
  test.each([
    [2_000, 'accept'],
    [2_001, 'defer'],
  ])('a message of %i octets', async (octets, kind) => {
    expect((await post(testSite(), octets)).verdicts.map(v => v.kind)).toEqual([kind])
  })

  test('only what was kept counts against a network', async () => {
    const site = testSite()
    site.spool.failing = 'commit'
    await post(site, 100)
    site.spool.failing = null
    for (let i = 0; i < 3; i++) expect((await post(site, 100 + i)).verdicts.map(v => v.kind)).toEqual(['accept'])
    expect((await post(site, 200)).transaction.recipients).toEqual([])
  })
})

describe('what counts as the same delivery', () => {
  const dated = `Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n${plain}`
  const keptOf = async (...recipients: string[]) => {
    const site = testSite()
    for (const recipient of recipients) await send(site, { recipients: [recipient], message: dated })
    return site.spool.kept.length
  }
  test.each([
    ['the same address', good, good, 1],
    ['the fixed part in another case', good, 'INCOMING+GoodKey@In.Test', 1],
    ['an address without a key in another case', 'open@in.test', 'Open@IN.test', 1],
    ['postmaster in another case', 'postmaster@in.test', 'PostMaster@in.test', 1],
    ['another mailbox with the same key', good, 'robots+GoodKey@in.test', 2],
    ['another key of the same mailbox', good, 'incoming+SlowGoodKey@in.test', 2],
    ['another address', good, 'open@in.test', 2],
  ])('%s', async (_, first, second, kept) => expect(await keptOf(first, second)).toBe(kept))

  test('the case of a key counts', async () => {
    const any: Site['mailboxes'] = new Map(
      [...testSite().mailboxes].map(([name, mailbox]) => [
        name,
        {
          ...mailbox,
          routes: mailbox.routes.map(route => ({ ...route, verifier: { verify: () => ({ kind: 'valid' as const, claims: {} }) } })),
        },
      ]),
    )
    const site = testSite({ mailboxes: any })
    for (const recipient of ['incoming+abc@in.test', 'incoming+ABC@in.test']) await send(site, { recipients: [recipient], message: dated })
    expect(site.spool.kept).toHaveLength(2)
  })

  test('a mailbox name and a key cannot be confused with others', async () => {
    const { newMessage } = await import('../../../src/transaction/new-message.ts')
    const { parseHeader } = await import('../../../src/mail/header-fields.ts')
    const { accept } = await import('../../../src/policy/verdict.ts')
    const { begin } = await import('./core.ts')
    const site = testSite()
    const [route] = site.mailboxes.get('incoming')!.routes
    const material = (mailbox: string, key: string) => {
      const transaction = begin(site, {})
      const grant = { kind: 'key', route: route!, key, claims: {} } as const
      transaction.recipients.push({ address: 'x@in.test', mailbox, grant })
      const received = { head: new Uint8Array(0), octets: 0, flawed: false, oversize: false }
      const plan = {
        settled: [{ verdict: accept, grant }],
        header: parseHeader(Buffer.from(dated), 1000),
        received,
        kept: [0],
        postmaster: site.postmaster,
        answer: null,
        machine: 'none',
        notices: null,
      } as const
      return newMessage(transaction, plan).deliveries[0]!.idempotency.material
    }
    const materials = [
      material('a', 'bc'),
      material('ab', 'c'),
      material('a:b', 'c'),
      material('a', 'b:c'),
      material('a', 'b@C'),
      material('a', 'b@c'),
    ]
    expect(new Set(materials).size).toBe(materials.length)
  })
})
