/** SPF at RCPT: what Postfix is told of a client beside the recipient, and how often. */
import { expect, test, vi } from 'vitest'
import { answerPolicy } from '../../../../src/listeners/policy-service/answer.ts'
import { createTold } from '../../../../src/listeners/policy-service/origin.ts'
import { parseRequest } from '../../../../src/listeners/policy-service/request.ts'
import type { Spf } from '../../../../src/policy/authentication/evidence.ts'
import { createGuard } from '../../../../src/transaction/guard.ts'
import type { Site } from '../../../../src/transaction/site.ts'
import { request } from '../../../support/ask-client.ts'
import { scriptedAuthenticator, spfFail, spfPass } from '../../../support/scripted-authenticator.ts'
import { testSite } from '../../../support/site.ts'

function asking(spf: Spf | Error | Promise<Spf>, origins: Partial<Site['origins']> = {}) {
  const scripted = scriptedAuthenticator(spf instanceof Promise ? {} : { spf })
  const authenticator = spf instanceof Promise ? { ...scripted, spf: () => spf } : scripted
  const base = testSite()
  const site = testSite({ origins: { ...base.origins, authenticator, ...origins } })
  const limits = { connections: 10, connectionsPerNetwork: 10, unknownRecipients: 1_000, errors: 1_000 }
  const parts = { guard: createGuard(limits, () => 0), told: createTold() }
  const ask = async (attributes: Readonly<Record<string, string>> = {}): Promise<string> => {
    const question = parseRequest(request({ instance: '1.2', ...attributes }).slice(0, -2))
    if ('malformed' in question) throw new Error(question.malformed)
    return answerPolicy(site, parts, question)
  }
  return { ask, site, asked: scripted.asked.spf }
}

const field = /^action=PREPEND Received-SPF: (\w+)[^\n]*\n\n$/

test('Received-SPF is put before a message, once for all its recipients', async () => {
  const { ask } = asking(spfPass)
  expect((await ask()).match(field)?.[1]).toBe('pass')
  expect(await ask({ recipient: 'incoming+SlowGoodKey@in.test' })).toBe('action=DUNNO\n\n')
  expect(await ask({ instance: '1.3' })).toMatch(field)
  expect(await ask({ instance: '' })).toBe('action=DUNNO\n\n')
})

test('a fail is refused only where that is enforced', async () => {
  expect((await asking(spfFail).ask()).match(field)?.[1]).toBe('fail')
  const { ask, site } = asking(spfFail, { spf: 'enforce' })
  expect(await ask()).toMatch(/^action=550 5\.7\.23 SPF .* \w{16}\n\n$/)
  expect(site.rows).toMatchObject([
    { verdict: 'reject', reason: 'authentication.spf', listener: 'policy', recipients: ['incoming+GoodKey@in.test'] },
  ])
})

test('softfail, trouble and a trusted forwarder are not refused', async () => {
  expect((await asking({ ...spfFail, result: 'softfail' }, { spf: 'enforce' }).ask()).match(field)?.[1]).toBe('softfail')
  expect((await asking(new Error('a bug'), { spf: 'enforce' }).ask()).match(field)?.[1]).toBe('temperror')
  const { origins } = testSite()
  const trusted = { ...origins.trusted, isForwarder: () => true }
  expect((await asking(spfFail, { spf: 'enforce', trusted }).ask()).match(field)?.[1]).toBe('fail')
  const named = { ...origins.trusted, forwarders: ['forwarder.example'] }
  const { ask } = asking(spfFail, { spf: 'enforce', trusted: named })
  expect((await ask({ client_name: 'out.forwarder.example' })).match(field)?.[1]).toBe('fail')
  expect(await ask({ client_name: 'unknown', reverse_client_name: 'out.forwarder.example' })).toMatch(/^action=550 5\.7\.23/)
})

test.each([
  ['of an unknown recipient', { recipient: 'incoming+nobody@in.test' }],
  ['of postmaster', { recipient: 'postmaster@in.test' }],
  ['of a client of ours', { client_address: '127.0.0.1' }],
  ['of no client', { client_address: 'unknown' }],
])('SPF is not asked for mail %s', async (_, attributes) => {
  const { ask, asked } = asking(spfFail, { spf: 'enforce' })
  expect(await ask(attributes)).not.toMatch(/PREPEND|5\.7\.23/)
  expect(asked).toEqual([])
})

test('Postfix does not wait for a DNS that takes long', async () => {
  vi.useFakeTimers()
  try {
    const { ask } = asking(new Promise(() => {}), { spf: 'enforce' })
    const answer = ask()
    await vi.advanceTimersByTimeAsync(4_000)
    expect((await answer).match(field)?.[1]).toBe('temperror')
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})
