import { describe, expect, test } from 'vitest'
import { parseAddress } from '../../../../src/mail/address.ts'
import { type ScreeningSettings, screenEnvelope, screenMessage } from '../../../../src/policy/screening/actions.ts'
import { type Finding, type Rule, rules } from '../../../../src/policy/screening/findings.ts'
import type { Peer, Verdict } from '../../../../src/policy/verdict.ts'

const said = (verdict: Verdict): string =>
  verdict.kind === 'reject'
    ? `${verdict.reply.code} ${verdict.reply.status} ${verdict.reason}`
    : 'reason' in verdict
      ? `${verdict.kind} ${verdict.reason}`
      : verdict.kind

const set = (automatic: ScreeningSettings['automatic'], nullReversePath: 'refuse' | 'accept'): ScreeningSettings => ({
  automatic,
  'null-reverse-path': nullReversePath,
})

const refused = '550 5.7.1 message.automatic'

describe('RCPT', () => {
  test.each<[string, 'refuse' | 'accept', Peer, string]>([
    ['', 'refuse', 'origin', refused],
    ['', 'refuse', 'relay', 'accept'],
    ['', 'accept', 'origin', 'accept'],
    ['', 'accept', 'relay', 'accept'],
    ['Mailer-Daemon@b.example', 'refuse', 'origin', refused],
    ['Mailer-Daemon@b.example', 'refuse', 'relay', 'accept'],
    ['Mailer-Daemon@b.example', 'accept', 'origin', 'accept'],
    ['mailer-daemons@b.example', 'refuse', 'origin', 'accept'],
    ['list-bounces@b.example', 'refuse', 'origin', 'accept'],
    ['owner-list@b.example', 'refuse', 'origin', 'accept'],
    ['a@b.example', 'refuse', 'origin', 'accept'],
  ])('<%s>, null-reverse-path: %s, %s peer: %s', (sender, nullReversePath, peer, expected) => {
    // What the header would give away plays no part here.
    for (const automatic of ['reject', 'discard', 'tag', 'ignore'] as const) {
      expect(said(screenEnvelope(parseAddress(sender), set(automatic, nullReversePath), peer))).toBe(expected)
    }
  })
})

describe('end of data', () => {
  const finding = (rule: Rule): Finding => ({ rule, class: rules[rule], detail: '' })
  const header = (Object.keys(rules) as Rule[]).filter(rule => !['null-reverse-path', 'mailer-daemon', 'list-sender'].includes(rule))
  const automatic: Record<ScreeningSettings['automatic'], Record<Peer, string>> = {
    reject: { origin: refused, relay: 'discard message.automatic' },
    discard: { origin: 'discard message.automatic', relay: 'discard message.automatic' },
    tag: { origin: 'accept', relay: 'accept' },
    ignore: { origin: 'accept', relay: 'accept' },
  }
  const loop = { origin: '554 5.4.6 message.loop', relay: 'discard message.loop' }
  const table = header.flatMap(rule =>
    (Object.keys(automatic) as ScreeningSettings['automatic'][]).flatMap(setting =>
      (['origin', 'relay'] as const).map(peer => {
        const expected = { automatic: automatic[setting][peer], tag: 'accept', vacation: 'accept', loop: loop[peer] }[rules[rule]]
        return [rule, setting, peer, expected] as const
      }),
    ),
  )
  test.each(table)('%s, automatic: %s, %s peer: %s', (rule, setting, peer, expected) => {
    const sender = parseAddress('a@b.example')
    expect(said(screenMessage([finding(rule)], { sender, settings: set(setting, 'refuse'), peer }))).toBe(expected)
  })

  test.each<[string, 'refuse' | 'accept', Peer, string]>([
    ['', 'refuse', 'relay', 'discard message.automatic'],
    ['', 'refuse', 'origin', refused],
    ['', 'accept', 'relay', 'accept'],
    ['MAILER-DAEMON@b.example', 'refuse', 'relay', 'discard message.automatic'],
    ['MAILER-DAEMON@b.example', 'accept', 'relay', 'accept'],
    ['list-bounces@b.example', 'refuse', 'relay', 'accept'],
    ['a@b.example', 'refuse', 'relay', 'accept'],
  ])('<%s>, null-reverse-path: %s, %s peer: %s', (sender, nullReversePath, peer, expected) => {
    expect(said(screenMessage([], { sender: parseAddress(sender), settings: set('ignore', nullReversePath), peer }))).toBe(expected)
  })

  test('a loop outweighs the rest, and no setting lets it in', () => {
    const findings = [finding('auto-submitted'), finding('loop-mark')]
    expect(said(screenMessage(findings, { sender: null, settings: set('ignore', 'accept'), peer: 'origin' }))).toBe(loop.origin)
    expect(said(screenMessage(findings, { sender: null, settings: set('discard', 'refuse'), peer: 'relay' }))).toBe(loop.relay)
  })

  const vacation = (setting: ScreeningSettings['vacation'], automatic: ScreeningSettings['automatic'] = 'ignore'): ScreeningSettings => ({
    ...set(automatic, 'refuse'),
    ...(setting === undefined ? {} : { vacation: setting }),
  })
  test.each<[ScreeningSettings['vacation'], Peer, string]>([
    [undefined, 'origin', 'accept'],
    ['ignore', 'origin', 'accept'],
    ['tag', 'origin', 'accept'],
    ['discard', 'origin', 'discard message.automatic'],
    ['discard', 'relay', 'discard message.automatic'],
    ['reject', 'origin', refused],
    ['reject', 'relay', 'discard message.automatic'],
  ])('a vacation notice, vacation: %s, %s peer: %s', (setting, peer, expected) => {
    const sender = parseAddress('a@b.example')
    for (const rule of ['vacation-subject', 'vacation-field'] as const)
      expect(said(screenMessage([finding(rule)], { sender, settings: vacation(setting), peer }))).toBe(expected)
    // It says nothing of mail that gives itself away, and the other way round.
    expect(said(screenMessage([finding('auto-submitted')], { sender, settings: vacation(setting), peer }))).toBe('accept')
  })
  test('a notice that is both is judged by both', () => {
    const both = [finding('auto-submitted'), finding('vacation-subject')]
    const sender = parseAddress('a@b.example')
    expect(said(screenMessage(both, { sender, settings: vacation('discard', 'tag'), peer: 'origin' }))).toBe('discard message.automatic')
    expect(said(screenMessage(both, { sender, settings: vacation('tag', 'reject'), peer: 'origin' }))).toBe(refused)
  })

  test.each<[string, readonly Rule[], string]>([
    ['', [], 'accept'],
    ['', ['delivery-status', 'auto-submitted'], 'accept'],
    ['', ['bounce'], 'accept'],
    ['a@b.example', ['bounce', 'precedence-auto-reply'], 'accept'],
    ['mailer-daemon@b.example', ['auto-submitted'], 'accept'],
    ['', ['multipart-report'], 'discard message.automatic'],
    ['', ['auto-submitted'], 'discard message.automatic'],
    ['', ['challenge'], 'discard message.automatic'],
    ['', ['vacation-subject'], 'discard message.automatic'],
    ['', ['delivery-status', 'vacation-subject'], 'accept'],
    ['', ['delivery-status', 'loop-mark'], 'discard message.loop'],
    ['a@b.example', ['verification'], 'accept'],
    ['a@b.example', [], 'accept'],
  ])('on a route for bounces: <%s> %j: %s', (from, found, expected) => {
    const settings = { ...set('discard', 'refuse'), vacation: 'discard', bounces: true } as const
    const sender = parseAddress(from)
    expect(said(screenMessage(found.map(finding), { sender, settings, peer: 'relay' }))).toBe(expected)
    expect(said(screenEnvelope(sender, settings, 'origin'))).toBe('accept')
  })
})
