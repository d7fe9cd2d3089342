import { describe, expect, test } from 'vitest'
import type { Authentication } from '../../../../src/policy/authentication/answer.ts'
import type { Facts } from '../../../../src/policy/authentication/judge.ts'
import { mayNotify, type NoticeFacts } from '../../../../src/policy/notice/may-notify.ts'
import { answer, arc, dkim, dmarc, evidence, spf, trusting } from '../authentication/found.ts'

const ask = (found: Authentication | null, more: Partial<NoticeFacts> = {}): string | null =>
  mayNotify(found, { sender: found?.mailFrom.address ?? 'writer@author.example', list: false, requireTls: false, machine: 'none', ...more })

const pass = spf({ result: 'pass' })
const signed = evidence({ dkim: [dkim()], dmarc: dmarc({ result: 'pass' }) })

describe('who may be told', () => {
  test.each<[string, Partial<Facts>, string | null]>([
    ['a sender whom SPF knows', { spf: pass }, 'writer@author.example'],
    ['a sender whom SPF knows, with a forged From', { spf: pass, evidence: evidence({ dmarc: dmarc() }) }, 'writer@author.example'],
    ['a sender who is the signed author', { evidence: signed }, 'writer@author.example'],
    ['… in a domain spelled otherwise', { evidence: signed, sender: 'writer@AUTHOR.example' }, 'writer@AUTHOR.example'],
    ['not another one of that domain', { evidence: signed, sender: 'victim@author.example' }, null],
    ['not another spelling of the local part', { evidence: signed, sender: 'Writer@author.example' }, null],
    ['not somebody else', { evidence: signed, sender: 'victim@victim.example' }, null],
    ['nobody unknown', {}, null],
    ['nobody on SPF softfail', { spf: spf({ result: 'softfail' }) }, null],
    ['nobody on the word of a sealer', { evidence: evidence({ arc: arc() }), trusted: trusting({ sealers: ['sealer.example'] }) }, null],
    ['nobody on the word of a forwarder', { evidence: evidence({ dmarc: dmarc() }), trusted: trusting({ isForwarder: () => true }) }, null],
    ['not the null reverse-path', { sender: '', spf: spf({ result: 'pass', identity: 'helo' }) }, null],
    ['not where HELO was checked', { spf: spf({ result: 'pass', identity: 'helo' }) }, null],
    ['not where there are two From', { author: { kind: 'several' }, evidence: signed }, null],
    ['not a machine', { spf: pass, machine: 'auto-reply' }, null],
  ])('%s', (_, more, expected) => expect(ask(answer(more))).toBe(expected))

  test.each<[string, Partial<NoticeFacts>]>([
    ['a list', { list: true }],
    ['REQUIRETLS', { requireTls: true }],
    ['an answer to an answer', { machine: 'auto-reply' }],
    ['a bounce', { machine: 'bounce' }],
    ['a list by its fields', { machine: 'list' }],
    ['verification mail of a service', { machine: 'verification' }],
    ['another sender than the one judged', { sender: 'victim@author.example' }],
    ['what is no address', { sender: 'writer' }],
  ])('never %s', (_, more) => expect(ask(answer({ spf: pass }), more)).toBeNull())

  test('nobody whose From only says how, and not that', () => {
    const found = answer({ evidence: signed })
    expect(ask({ ...found, from: { ...found.from, authenticated: false } })).toBeNull()
  })
  test('nobody where nothing was checked', () => expect(ask(null)).toBeNull())
})

describe('local parts', () => {
  const told = (localPart: string): boolean => ask(answer({ sender: `${localPart}@author.example`, spf: pass })) !== null
  test.each([
    ...['MAILER-DAEMON', 'postmaster', 'no-reply', 'noreply', 'No_Reply', 'no.reply', 'noreply+123', 'do-not-reply', 'donotreply'],
    ...['notifications-noreply', 'noreply-calendar', 'project.no-reply', 'ne-pas-repondre', 'nobody'],
    ...[
      'bounce',
      'bounces',
      'bounce-123',
      'bounces+456',
      'bounces_x',
      'owner',
      'owner-list',
      'list-owner',
      'list-request',
      'list-bounces+x',
    ],
    ...['SRS0=HHH=TT=victim.example=jo', 'SRS1=HHH=first.example==HHH=TT=victim.example=jo', 'prvs=0123456789=jo', 'news-jo=ours.example'],
    ...['jo+caf_=key=ours.example', 'return-5-jo', 'errors+x'],
  ])('%s is not told', localPart => expect(told(localPart)).toBe(false))
  test.each([
    ...['jo', 'reply', 'jo.reply', 'owners', 'bouncer', 'request', 'jo+no', 'noreplyer', 'daemonic', 'rooter', 'returns', 'casino-reply'],
  ])('%s is told', localPart => expect(told(localPart)).toBe(true))
})
