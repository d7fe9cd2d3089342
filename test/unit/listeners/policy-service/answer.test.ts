/** What Postfix is told about a recipient (SMTPD_POLICY_README), what it costs the client, and what is left for `explain`. */
import { describe, expect, test } from 'vitest'
import type { Malformed } from '../../../../src/listeners/ask-connection.ts'
import { answerPolicy } from '../../../../src/listeners/policy-service/answer.ts'
import { createTold } from '../../../../src/listeners/policy-service/origin.ts'
import { type PolicyRequest, parseRequest } from '../../../../src/listeners/policy-service/request.ts'
import { createGuard, type Guard, type GuardLimits } from '../../../../src/transaction/guard.ts'
import { actions, request } from '../../../support/ask-client.ts'
import { type TestSite, testSite } from '../../../support/site.ts'

const guardOf = (limits: Partial<GuardLimits> = {}): Guard =>
  createGuard({ connections: 10, connectionsPerNetwork: 10, unknownRecipients: 1_000, errors: 1_000, ...limits }, () => 0)

const parsed = (text: string): PolicyRequest => {
  const found: PolicyRequest | Malformed = parseRequest(text.slice(0, -2))
  if ('malformed' in found) throw new Error(found.malformed)
  return found
}

interface Asked {
  readonly action: string
  readonly site: TestSite
}

async function ask(attributes: Readonly<Record<string, string>>, { site = testSite(), guard = guardOf() } = {}): Promise<Asked> {
  const { found, rest } = actions(await answerPolicy(site, { guard, told: createTold() }, parsed(request(attributes))))
  expect(rest).toBe('')
  expect(found).toHaveLength(1)
  return { action: found[0]!, site }
}

describe('DUNNO, and no trace:', () => {
  test.each([
    ['a good key', {}],
    ['a good key, asked about later', { recipient: 'incoming+SlowGoodKey@in.test' }],
    ['a dedicated address', { recipient: 'reply@dedicated.test' }],
    ['postmaster', { recipient: 'postmaster@in.test' }],
    ['a robot where robots may write', { recipient: 'robots+GoodKey@in.test', sender: '' }],
    ['a domain of somebody else', { recipient: 'nobody@elsewhere.test' }],
    ['a robot to somebody else', { recipient: 'nobody@elsewhere.test', sender: '' }],
    ['nonsense of somebody else', { recipient: 'a\u007fb@elsewhere.test' }],
    ['no domain', { recipient: 'x' }],
    ['no recipient', { recipient: '' }],
    ['a sender that can’t be read', { sender: 'a\u007f@@' }],
    ['a sender without a domain', { sender: 'root' }],
    ['a sender that would need quotes', { sender: 'a b@example.org' }],
    ['no client', { client_address: 'unknown', client_name: 'unknown', helo_name: '' }],
    ['SMTP without the E', { protocol_name: 'SMTP' }],
  ])('%s', async (_, attributes) => {
    const { action, site } = await ask(attributes)
    expect(action).toBe('DUNNO')
    expect(site.rows).toEqual([])
  })

  test.each(['CONNECT', 'EHLO', 'HELO', 'MAIL', 'DATA', 'END-OF-MESSAGE', 'VRFY', 'ETRN', '', 'rcpt'])('at %j', async protocol_state => {
    expect((await ask({ protocol_state, recipient: 'nobody@in.test', sender: '' })).action).toBe('DUNNO')
  })
})

const refusals: [string, Record<string, string>, RegExp, string][] = [
  ['no mailbox', { recipient: 'nobody@in.test' }, /^550 5\.1\.1 No such recipient here /, 'recipient.unknown'],
  ['an unknown key', { recipient: 'incoming+nosuch@in.test' }, /^550 5\.1\.1 No such recipient here /, 'key.unknown'],
  ['a key in the wrong case', { recipient: 'incoming+goodkey@in.test' }, /^550 5\.1\.1 No such recipient here /, 'key.unknown'],
  ['an expired key', { recipient: 'incoming+Expired@in.test' }, /^550 5\.1\.1 This address has expired /, 'key.expired'],
  ['a revoked key', { recipient: 'incoming+Revoked@in.test' }, /^550 5\.1\.1 This address was withdrawn /, 'key.revoked'],
  ['a null reverse-path', { sender: '' }, /^550 5\.7\.1 Automatic mail is not accepted/, 'message.automatic'],
  ['mailer-daemon', { sender: 'MAILER-DAEMON@example.org' }, /^550 5\.7\.1 Automatic mail is not accepted/, 'message.automatic'],
  ['mailer-daemon without a domain', { sender: 'MAILER-DAEMON' }, /^550 5\.7\.1 Automatic mail/, 'message.automatic'],
  ['an address of ours that is none', { recipient: 'a\u0001b@in.test' }, /^501 5\.1\.3 Recipient address not/, 'recipient.syntax'],
  ['the same in other case', { recipient: 'a\u0001b@IN.test' }, /^501 5\.1\.3 Recipient address not/, 'recipient.syntax'],
  ['a store that is down', { recipient: 'incoming+Down@in.test' }, /^DEFER_IF_PERMIT 4\.4\.3 Recipient cannot be/, 'key.unavailable'],
  ['the same, later', { recipient: 'incoming+SlowDown@in.test' }, /^DEFER_IF_PERMIT 4\.4\.3 Recipient cannot/, 'key.unavailable'],
  ['a bug', { recipient: 'incoming+Throws@in.test' }, /^DEFER_IF_PERMIT 4\.3\.0 Temporary failure/, 'internal.error'],
  ['the same, later', { recipient: 'incoming+Rejects@in.test' }, /^DEFER_IF_PERMIT 4\.3\.0 Temporary failure/, 'internal.error'],
  ['too large for postmaster', { recipient: 'postmaster@in.test', size: '2001' }, /^DEFER_IF_PERMIT 4\.2\.2 /, 'recipient.postmaster-full'],
]

describe('a refusal says its reason’s reply with the id of its trace:', () => {
  test.each(refusals)('%s', async (_, attributes, expected, reason) => {
    const { action, site } = await ask(attributes)
    expect(action).toMatch(expected)
    expect(action).not.toContain('secret')
    const sender = attributes.sender ?? 'writer@example.org'
    expect(site.rows).toMatchObject([{ listener: 'policy', reason, client: '192.0.2.7', helo: 'mail.example.org', count: 1 }])
    expect(site.rows[0]!.recipients).toEqual([attributes.recipient ?? 'incoming+GoodKey@in.test'])
    expect(site.rows[0]!.sender?.replace(/@$/, '')).toBe(sender)
    expect(action).toContain(site.rows[0]!.id)
    expect(site.rows[0]!.reply).toContain(action.replace('DEFER_IF_PERMIT ', ''))
  })

  test('only a bug is logged as an error, with its details', async () => {
    for (const [, attributes, , reason] of refusals) {
      const errors = (await ask(attributes)).site.logged.filter(line => line.level === 'error')
      expect(errors).toHaveLength(reason === 'internal.error' ? 1 : 0)
    }
  })

  test('a bug before there is a transaction is the listener’s to answer', () => {
    const site = testSite({ newId: () => { throw new Error('no ids') } }) // biome-ignore format: one line
    expect(() => answerPolicy(site, { guard: guardOf(), told: createTold() }, parsed(request()))).toThrow('no ids')
  })
})

describe('SIZE', () => {
  test.each([
    ['2000', 'DUNNO'],
    ['0', 'DUNNO'],
    ['', 'DUNNO'],
    ['many', 'DUNNO'],
    ['-1', 'DUNNO'],
    ['99999999999999999999', 'DUNNO'],
  ])('%j for postmaster', async (size, expected) => {
    expect((await ask({ recipient: 'postmaster@in.test', size })).action).toBe(expected)
  })
})

describe('what a verifier is told', () => {
  test('is the envelope and the client, as Postfix knows them', async () => {
    const site = testSite()
    const asked: object[] = []
    const incoming = site.mailboxes.get('incoming')!
    const verify = (query: object) => {
      asked.push(query)
      return { kind: 'unknown' } as const
    }
    const verifier = { verify }
    const mailboxes = new Map([['incoming', { ...incoming, routes: [{ ...incoming.routes[0]!, verifier }] }]])
    await ask({ recipient: 'Incoming+A"b c@IN.test', sender: 'x y@example.org' }, { site: { ...site, mailboxes } })
    expect(asked).toMatchObject([
      { key: 'A"b c', recipient: '"Incoming+A\\"b c"@IN.test', sender: '"x y"@example.org', client: '192.0.2.7' },
    ])
  })
})

describe('budgets of the true client', () => {
  const unknown = { recipient: 'incoming+nosuch@in.test' }
  const many = async (count: number, attributes: Record<string, string>, guard: Guard): Promise<Asked> => {
    let last = await ask(attributes, { guard })
    for (let i = 1; i < count; i++) last = await ask(attributes, { guard })
    return last
  }

  test('over twice the unknown recipients the session ends, and good recipients still pass', async () => {
    const guard = guardOf({ unknownRecipients: 3 })
    expect((await many(6, unknown, guard)).action).toMatch(/^550 5\.1\.1 /)
    const { action, site } = await ask(unknown, { guard })
    expect(action).toMatch(/^421 4\.7\.1 Too many unknown recipients/)
    expect(site.rows).toMatchObject([{ reason: 'connection.harvesting', verdict: 'defer', recipients: [unknown.recipient] }])
    expect(action).toBe(site.rows[0]!.reply)
    expect((await ask({}, { guard })).action).toBe('DUNNO')
    expect((await ask({ ...unknown, client_address: '192.0.3.1' }, { guard })).action).toMatch(/^550 /)
    expect((await ask({ ...unknown, client_address: '192.0.2.250' }, { guard })).action).toMatch(/^421 /)
  })

  test.each(['127.0.0.1', '127.9.9.9', '::1', 'unknown', ''])('not charged: client_address=%s', async client_address => {
    expect((await many(9, { ...unknown, client_address }, guardOf({ unknownRecipients: 1 }))).action).toMatch(/^550 /)
  })

  test.each([
    ['nobody@elsewhere.test', /^DUNNO/],
    ['incoming+Down@in.test', /^DEFER/],
    ['incoming+Expired@in.test', /^550/],
  ])('not charged: %s', async (recipient, expected) => {
    expect((await many(9, { recipient }, guardOf({ unknownRecipients: 1, errors: 1 }))).action).toMatch(expected)
  })

  test('an address that is none is an error', async () => {
    const guard = guardOf({ errors: 2 })
    const nonsense = { recipient: 'a\u0001@in.test' }
    expect((await many(2, nonsense, guard)).action).toMatch(/^501 /)
    expect((await ask(nonsense, { guard })).action).toMatch(/^421 4\.7\.0 Too many errors/)
  })
})
