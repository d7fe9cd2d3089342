/** What the map says of each kind of recipient, and what is left behind for `explain`. */
import { describe, expect, test } from 'vitest'
import { answerSocketmap } from '../../../../src/listeners/socketmap/answer.ts'
import { netstrings } from '../../../support/ask-client.ts'
import { testSite } from '../../../support/site.ts'

const id = /[0-9a-hjkmnp-tv-z]{16}/

async function lookUp(request: string, site = testSite()): Promise<{ answer: string; site: typeof site }> {
  const { found, rest } = netstrings(await answerSocketmap(site, request))
  expect(rest).toBe('')
  expect(found).toHaveLength(1)
  return { answer: found[0]!, site }
}

describe('a recipient that RCPT would accept is there, and leaves no trace', () => {
  test.each([
    'incoming+goodkey@in.test',
    'incoming+slowgoodkey@in.test',
    'robots+goodkey@in.test',
    'reply@dedicated.test',
    'open@in.test',
    'postmaster@in.test',
    'postmaster@all.test',
    'key@all.test',
    '"a key"@all.test',
    'schlüssel@all.test',
  ])('%s', async address => {
    const { answer, site } = await lookUp(`recipients ${address}`)
    expect(answer).toBe(`OK ${address}`)
    expect(site.rows).toEqual([])
  })
})

describe('a recipient that is not there leaves a trace with its reason', () => {
  test.each([
    ['nobody@in.test', 'recipient.unknown', /^550 5\.1\.1 No such recipient here /],
    ['someone@elsewhere.test', 'recipient.relay', /^550 5\.7\.1 /],
  ])('%s: %s', async (address, reason, reply) => {
    const { answer, site } = await lookUp(`recipients ${address}`)
    expect(answer).toBe('NOTFOUND ')
    expect(site.rows).toMatchObject([{ listener: 'socketmap', recipients: [address], reason, verdict: 'reject', client: null }])
    expect(site.rows[0]!.reply).toMatch(reply)
    expect(site.rows[0]!.reply).toContain(site.rows[0]!.id)
  })
})

describe('what is no address of ours can’t be asked about: not there, and never TEMP', () => {
  test.each(['@in.test', 'incoming+goodkey', 'in.test', '', 'incoming', ' ', 'a b@in.test', 'a..b@in.test', '\0@in.test', '�@in.test '])(
    '%j',
    async key => {
      const { answer, site } = await lookUp(`recipients ${key}`)
      expect(answer).toBe('NOTFOUND ')
      expect(site.logged.filter(line => line.level === 'error')).toEqual([])
    },
  )
})

test.each(['senders a@in.test', 'recipients', 'Recipients a@in.test', '', 'recipientsx a@in.test'])('another map: %j', async request => {
  expect((await lookUp(request)).answer).toBe('PERM unknown map')
})

/** A verifier that doesn't mind case is really asked, so that stores can fail. */
const really = () => {
  const site = testSite()
  const incoming = site.mailboxes.get('incoming')!
  const routes = incoming.routes.map(route => ({ ...route, verifier: { ...route.verifier!, foldsCase: true } }))
  return { ...site, mailboxes: new Map([...site.mailboxes, ['incoming', { ...incoming, routes }]]) }
}

describe('a store that is down, and our own bugs, are TEMP with the id of the trace', () => {
  test.each([
    ['incoming+Down@in.test', 'key.unavailable', /^TEMP Recipient cannot be checked now, try again later /],
    ['incoming+SlowDown@in.test', 'key.unavailable', /^TEMP Recipient cannot be checked now, try again later /],
    ['incoming+Throws@in.test', 'internal.error', /^TEMP Temporary failure, try again later /],
    ['incoming+Rejects@in.test', 'internal.error', /^TEMP Temporary failure, try again later /],
  ])('%s: %s', async (address, reason, expected) => {
    const { answer, site } = await lookUp(`recipients ${address}`, really())
    expect(answer).toMatch(expected)
    expect(answer).toMatch(id)
    expect(answer).not.toContain('secret')
    expect(site.rows).toMatchObject([{ reason, verdict: 'defer', recipients: [address] }])
    expect(answer).toContain(site.rows[0]!.id)
    const errors = site.logged.filter(line => line.level === 'error')
    expect(errors).toHaveLength(reason === 'internal.error' ? 1 : 0)
  })

  test.each([
    ['incoming+Expired@in.test', 'key.expired'],
    ['incoming+Revoked@in.test', 'key.revoked'],
    ['incoming+nosuch@in.test', 'key.unknown'],
  ])('but what the store knows is an answer: %s', async (address, reason) => {
    const { answer, site } = await lookUp(`recipients ${address}`, really())
    expect(answer).toBe('NOTFOUND ')
    expect(site.rows).toMatchObject([{ reason }])
  })
})

test('the postmaster’s caps are not for a map that knows no client', async () => {
  const site = testSite()
  const { answer } = await lookUp('recipients postmaster@in.test', { ...site, postmaster: { ...site.postmaster, used: () => 1e12 } })
  expect(answer).toBe('OK postmaster@in.test')
})

test('a trace that fails costs the trace and nothing else', async () => {
  const broken = { record: () => { throw new Error('disk') } } // biome-ignore format: one line
  const { answer, site } = await lookUp('recipients nobody@in.test', testSite({ trace: broken }) as ReturnType<typeof testSite>)
  expect(answer).toBe('NOTFOUND ')
  expect(site.logged.map(line => line.level)).toEqual(['error'])
})
